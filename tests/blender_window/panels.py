"""Every panel of the tab, open, in every state it has, each pictured: `run.py --panels`. Walked by walk.py."""

import os
import signal
from collections.abc import Iterator
from types import SimpleNamespace

import bpy

Steps = Iterator[float]


def walk(window_walk: SimpleNamespace) -> Steps:
    """Walk; each picture is named after its state."""
    yield from _install(window_walk)
    yield from window_walk.shot("panels_nothing", rest_s=3.0)
    yield from window_walk.character()
    preferences = bpy.context.preferences.addons[window_walk.MODULE].preferences
    preferences.python = window_walk.SETTINGS["python"]
    states = _States(window_walk)
    for state in (
        states.before_a_take,
        states.lacking,
        states.held_parts,
        states.postures,
        states.busy_take,
        states.layers,
        states.own_keys,
        states.editing,
        states.mirrored,
        states.idle,
        states.undone,
        states.faces,
    ):
        if window_walk.SETTINGS["states"] and state.__name__ not in window_walk.SETTINGS["states"]:
            continue
        window_walk.found["at"] = f"panels: {state.__name__}"
        yield from state()


def _install(window_walk: SimpleNamespace) -> Steps:
    """Install the extension with all its panels open."""
    bpy.context.preferences.view.show_splash = False
    window_walk.tool("xdotool", "mousemove", "300", "300", "click", "1")
    yield 1.0
    bpy.ops.extensions.package_install_files(
        filepath=str(window_walk.HERE / "exges.zip"), repo="user_default", enable_on_install=True
    )
    from bl_ext.user_default.exges import registration

    panels = [each for each in registration._CLASSES if issubclass(each, bpy.types.Panel)]
    for each in reversed(panels):
        bpy.utils.unregister_class(each)
    for each in panels:
        each.bl_options = set(getattr(each, "bl_options", ())) - {"DEFAULT_CLOSED"}
        bpy.utils.register_class(each)
    window_walk.check("installed", window_walk.MODULE in bpy.context.preferences.addons)
    _window, area, region = window_walk.view()
    area.spaces.active.show_region_ui = True
    yield 1.0
    region.active_panel_category = "ExGes"
    yield 1.0


class _States:
    """What an animator goes through, state by state."""

    def __init__(self, window_walk: SimpleNamespace) -> None:
        self.walk = window_walk
        self.watch()

    @property
    def rig(self) -> bpy.types.Object:
        return bpy.data.objects["rig"]

    def call(self, operator: str, **options: object) -> None:
        """Call a button as its click would."""
        window, area, region = self.walk.view()
        with bpy.context.temp_override(window=window, area=area, region=region):
            getattr(bpy.ops.exges, operator)("EXEC_DEFAULT", **options)
            bpy.ops.ed.undo_push(message=operator)

    def can(self, operator: str) -> bool:
        window, area, region = self.walk.view()
        with bpy.context.temp_override(window=window, area=area, region=region):
            return getattr(bpy.ops.exges, operator).poll()

    def why_not(self) -> str:
        from bl_ext.user_default.exges.ui.operators import generate

        window, area, region = self.walk.view()
        with bpy.context.temp_override(window=window, area=area, region=region):
            return generate.disabled_reason(bpy.context)

    def made(self, operator: str = "generate") -> Steps:
        """Call a button that drives the engine, and wait."""
        from bl_ext.user_default.exges.engine import session

        window, area, region = self.walk.view()
        with bpy.context.temp_override(window=window, area=area, region=region):
            getattr(bpy.ops.exges, operator)("INVOKE_DEFAULT")
        yield 0.3
        yield from self.walk.wait_for(lambda: session.Running.current is None, 600.0)
        yield 0.5

    def before_a_take(self) -> Steps:
        self.walk.check("generate_can", self.can("generate"))
        yield from self.shot("before")

    def lacking(self) -> Steps:
        """Settings with which nothing can be made, and those that switch others off."""
        settings = self.rig.exges
        settings.source, settings.use_score, settings.use_retrieval = "FILE", False, False
        yield from self.noted("no_file")
        settings.source, settings.use_score, settings.use_retrieval = "STRIP", True, True
        settings.part, settings.bake, settings.use_keys = "MARKERS", "FEWER", False
        yield from self.noted("no_markers")
        settings.part, settings.bake, settings.use_keys = "WHOLE", "EVERY", True
        settings.score = "/nowhere/score.json"
        yield from self.noted("no_score")
        settings.score = ""
        bpy.context.scene.sequence_editor.sequences_all["Speech"].mute = True
        yield from self.noted("muted_strip")
        bpy.context.scene.sequence_editor.sequences_all["Speech"].mute = False

    def held_parts(self) -> Steps:
        self.call("seated")
        self.call("add_held")
        self.rig.exges.held[1].part = "right_hand"
        self.rig.exges.held[1].is_whole = False
        self.rig.exges.held[1].last = 60
        yield from self.shot("held")
        self.call("remove_held", place=0)
        yield from self.shot("held_one")

    def postures(self) -> Steps:
        self.call("gesture_about_pose")
        self.call("use_standing_pose")
        settings = self.rig.exges
        settings.sets_knees_deg = settings.sets_lean_deg = settings.sets_stance_m = True
        settings.knees_deg, settings.lean_deg, settings.stance_m = 35.0, 12.0, 0.4
        yield from self.shot("postures")
        self.walk.check("posture_can_be_made", self.can("generate"))
        settings.sets_knees_deg = settings.sets_lean_deg = settings.sets_stance_m = False
        self.call("forget_posture")
        self.call("forget_standing_pose")

    def busy_take(self) -> Steps:
        yield from self.made()
        self.walk.check("one_take", len(self.walk.takes()) == 1)
        yield from self.shot("busy_take")
        self.call("remove_held", place=0)
        yield from self.made()
        self.walk.check("two_takes", len(self.walk.takes()) == 2)
        yield from self.shot("two_takes")

    def layers(self) -> Steps:
        self.call("split_take")
        yield from self.shot("split")
        from bl_ext.user_default.exges.takes import layers, record

        found = layers.layers_of(self.rig, record.shown(self.rig))
        found["left arm"].strip.mute = True
        self.call("animate_layer", part="head")
        self.call("add_layer", part="right arm")
        yield from self.shot("layer_off")
        self.call("upper_body_only")
        yield from self.shot("upper_body")
        self.call("join_layers")

    def own_keys(self) -> Steps:
        bone = self.rig.pose.bones["upper_arm_fk.R"]
        bone.rotation_mode = "QUATERNION"
        bone.keyframe_insert("rotation_quaternion", frame=40)
        yield from self.shot("own_key")
        self.call("put_below")
        yield from self.shot("put_below")
        self.call("take_back")
        self.call("blend_keys")
        yield from self.shot("blended")

    def editing(self) -> Steps:
        self.call("edit_take")
        yield from self.shot("edited")
        self.call("back_into_strip")
        yield from self.shot("back")

    def mirrored(self) -> Steps:
        self.call("mirror_take", take="")
        yield from self.shot("mirrored")

    def idle(self) -> Steps:
        yield from self.made("idle_loop")
        yield from self.shot("idle")
        self.rig.exges.idle_frames = 20
        yield from self.shot("idle_short")
        self.rig.exges.idle_frames = 240

    def undone(self) -> Steps:
        """Undo and redo with the keys, past everything and back, and while a take is made."""
        from bl_ext.user_default.exges.engine import session

        yield from self.press("ctrl+z", "undone")
        yield from self.press("ctrl+shift+z", "redone")
        process = session.Running.engine._process
        os.kill(process.pid, signal.SIGSTOP)  # it is warm, and a take of five seconds is soon made
        window, area, region = self.walk.view()
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.exges.generate("INVOKE_DEFAULT")
        yield from self.walk.wait_for(lambda: session.Running.current is not None, 20.0)
        yield from self.press("ctrl+z", "undone_meanwhile")
        self.walk.check("undone_while_it_was_made", session.Running.current is not None)
        os.kill(process.pid, signal.SIGCONT)
        yield from self.walk.wait_for(lambda: session.Running.current is None, 600.0)
        yield from self.noted("made_meanwhile")
        for number in range(40):
            yield from self.press("ctrl+z", f"undone_{number}", is_pictured=False)
            if "rig" not in bpy.data.objects:
                break
        yield from self.noted("without_rig")
        for number in range(50):
            yield from self.press("ctrl+shift+z", f"redone_{number}", is_pictured=False)
            if len(self.walk.takes()) > 2:
                break
        yield from self.noted("all_redone")
        path = str(self.walk.HERE / "panels.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path, use_scripts=True)  # Rigify's: else a dialog asks
        yield 2.0
        yield from self.noted("reloaded")
        self.call("seated")
        yield from self.press("ctrl+z", "undone_after_reload")
        yield from self.press("ctrl+shift+z", "redone_after_reload")
        view = bpy.context.preferences.view
        for language in ("de_DE", "ja_JP", "zh_HANS"):
            view.language = language
            yield from self.shot(language)
        view.language = "en_US"
        bpy.context.view_layer.layer_collection.children[0].exclude = True
        yield from self.noted("hidden")

    def faces(self) -> Steps:
        import face

        yield from face.walk(self)

    def press(self, keys: str, name: str, *, is_pictured: bool = True) -> Steps:
        window, area, _region = self.walk.view()
        self.walk.tool("xdotool", "mousemove", *self.walk.place_in(window, area.regions[-1], 200, 300))
        drawn = len(self.said)
        self.walk.tool("xdotool", "key", keys)
        yield 0.3
        yield from self.walk.wait_for(lambda: len(self.said) > drawn, 5.0)
        yield 0.3
        if is_pictured:
            yield from self.noted(name)
        else:
            self.note(name)

    def note(self, name: str) -> None:
        found = self.walk.found.setdefault("undone", [])
        takes = self.walk.takes() if "rig" in bpy.data.objects else None
        found.append([name, self.why_not(), self.said[-1], len(self.said), takes])

    def noted(self, name: str) -> Steps:
        from bl_ext.user_default.exges.engine.session import Running

        yield from self.shot(name)
        self.note(name)
        is_busy = Running.current is not None
        self.walk.check(f"{name}_says_why", is_busy or self.said[-1] == self.why_not())

    def shot(self, name: str) -> Steps:
        """Take a picture once panels have moved to their places, which they do while the mouse does."""
        window, _area, region = self.walk.view()
        for x in (30, 60, 30):
            self.walk.tool("xdotool", "mousemove", *self.walk.place_in(window, region, x, 60))
            yield 0.3
        yield from self.walk.shot(f"panels_{name}", rest_s=1.5)

    def watch(self) -> None:
        """Note what Generate's panel says at each drawing, and whether the button is grey without a word."""
        from bl_ext.user_default.exges.engine.session import Running
        from bl_ext.user_default.exges.ui.operators import generate
        from bl_ext.user_default.exges.ui.panels import main

        self.said, told, draw, wrapped = [""], [], main.ExgesGeneratePanel.draw, main.wrapped
        self.walk.check("never_grey_without_a_word", True)

        def written(context: bpy.types.Context, layout: object, text: str, icon: str = "NONE") -> None:
            told.append((text, icon))
            wrapped(context, layout, text, icon)

        def drawn(panel: object, context: bpy.types.Context) -> None:
            told.clear()
            draw(panel, context)
            is_grey = Running.current is None and not generate.ExgesGenerate.poll(context)
            self.said.append(told[0][0] if is_grey and told else "")
            if is_grey and not told:
                self.walk.check("never_grey_without_a_word", False)

        main.wrapped, main.ExgesGeneratePanel.draw = written, drawn
