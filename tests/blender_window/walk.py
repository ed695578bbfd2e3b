"""What a newcomer does, in a real Blender window: started by run.py, driven by one timer, watched by screenshots."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy

HERE = Path("/tmp/exges-window")
sys.path.insert(0, str(HERE))
MODULE = "bl_ext.user_default.exges"
SETTINGS = json.loads((HERE / "settings.json").read_text())
found: dict[str, object] = {"blender": bpy.app.version_string, "checks": {}, "seconds": {}, "error": ""}
LONGEST_S = 0.2
"""So long the add-on may hold Blender's window up at most."""
Steps = Iterator[float]
known: dict[str, tuple[int, ...]] = {}
"""Where buttons were found before."""


def check(name: str, holds: object) -> None:
    found["checks"][name] = bool(holds)


def tool(*command: str) -> None:
    subprocess.run(command, check=False, timeout=60, capture_output=True)


def shot(name: str, *, rest_s: float = 4.0) -> Steps:
    """Take a picture of the whole display, once everything has been drawn and panels have come to rest."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            area.tag_redraw()
    yield rest_s
    tool("import", "-window", "root", str(HERE / f"{name}.png"))


def place_in(window: bpy.types.Window, region: bpy.types.Region, x: int, y: int) -> tuple[str, str]:
    """Return a region's point in the display's coordinates, whose origin is at the top left."""
    return str(window.x + region.x + x), str(SETTINGS["size"][1] - (window.y + region.y + y))


def find_button(window: bpy.types.Window, region: bpy.types.Region, operator: str) -> Steps:
    """Search a region from top to bottom with the mouse: Ctrl C over a button copies what it does."""
    heights = range(region.height - 10, 8, -11)
    for part, places in ((0.6, known.get(operator, ())), (0.6, heights), (0.35, heights)):
        for y in places:
            tool("xdotool", "mousemove", *place_in(window, region, int(region.width * part), y))
            yield 0.06
            bpy.context.window_manager.clipboard = ""
            tool("xdotool", "key", "ctrl+c")
            yield 0.12
            if bpy.context.window_manager.clipboard.startswith(operator):
                known[operator] = (y, y + 11, y - 11, y + 22, y - 22)
                return True
    found["error"] += f"no button {operator}; "
    return False


def click(window: bpy.types.Window, region: bpy.types.Region, operator: str) -> Steps:
    """Click a button with the mouse."""
    is_there = yield from find_button(window, region, operator)
    if is_there:
        tool("xdotool", "click", "1")
    yield 0.5
    return is_there


def view() -> tuple[bpy.types.Window, bpy.types.Area, bpy.types.Region]:
    window = bpy.context.window_manager.windows[0]
    area = next(each for each in window.screen.areas if each.type == "VIEW_3D")
    return window, area, next(each for each in area.regions if each.type == "UI")


def takes() -> list[str]:
    return sorted(action.name for action in bpy.data.actions if "exges_take" in action)


def tracks() -> list[str]:
    data = bpy.data.objects["rig"].animation_data
    return [track.name for track in data.nla_tracks] if data else []


def watch_slices() -> None:
    """Measure from now on how long the add-on holds Blender up: processor seconds, for this computer may be busy."""
    from bl_ext.user_default.exges.generation import running
    from bl_ext.user_default.exges.ui.operators import generate as generate_buttons
    from bl_ext.user_default.exges.ui.operators import words as word_buttons
    from bl_ext.user_default.exges.ui.panels import bone_map as bone_map_panel
    from bl_ext.user_default.exges.ui.panels import face as face_panel
    from bl_ext.user_default.exges.ui.panels import gestures as gestures_panel
    from bl_ext.user_default.exges.ui.panels import main
    from bl_ext.user_default.exges.ui.panels import score as score_panel
    from bl_ext.user_default.exges.ui.panels import takes as takes_panel
    from bl_ext.user_default.exges.ui.panels import words as words_panel

    longest = found["longest_s"] = {"modal": 0.0, "invoke": 0.0, "draw": 0.0}

    def watch(cls: type, name: str, kind: str) -> None:
        original = getattr(cls, name)

        def measured(*arguments: object) -> object:
            begun_s = time.thread_time()
            try:
                return original(*arguments)
            finally:
                longest[kind] = max(longest[kind], round(time.thread_time() - begun_s, 3))

        def drawn(self: object, context: object) -> object:  # Blender counts the arguments
            return measured(self, context)

        def handled(self: object, context: object, event: object) -> object:
            return measured(self, context, event)

        setattr(cls, name, drawn if kind == "draw" else handled)

    step, answered_s = running.Making.step, dict[int, float]()

    def stepped(self: object) -> bool:
        """Measure by the clock how long it is from the engine's answer to the take."""
        is_done = step(self)
        if self.job is not None and self.job.result is not None:
            begun_s = answered_s.setdefault(id(self), time.monotonic())
            if is_done:
                found["seconds"].setdefault("applying", []).append(round(time.monotonic() - begun_s, 3))
        return is_done

    running.Making.step = stepped
    for name in ("modal", "invoke"):
        watch(generate_buttons.ExgesGenerate, name, name)
        watch(generate_buttons.ExgesVariations, name, name)
        watch(word_buttons.ExgesHearWords, name, name)
    for panel in (
        *main.CLASSES,
        *bone_map_panel.CLASSES,
        *words_panel.CLASSES,
        *main.LATER,
        *face_panel.CLASSES,
        *score_panel.CLASSES,
        *gestures_panel.CLASSES,
        *takes_panel.CLASSES,
    ):
        for name in ("draw", "draw_header_preset"):
            if hasattr(panel, name):
                watch(panel, name, "draw")


def wait_for(done: object, limit_s: float) -> Steps:
    start_s = time.monotonic()
    while not done():
        if time.monotonic() - start_s > limit_s:
            found["error"] += f"waited {limit_s} s in vain; "
            return
        yield 0.3


def preferences_window() -> Steps:
    """Place the preferences' window, which there is no window manager to do, and return it with its main region."""
    name = ("search", "--name", "Preferences", "windowmove", "250", "10", "windowsize", "860", "780")
    tool("xdotool", *name)
    yield 2.0
    window = bpy.context.window_manager.windows[-1]
    area = next(each for each in window.screen.areas if each.type == "PREFERENCES")
    return window, area, next(each for each in area.regions if each.type == "WINDOW")


def install() -> Steps:
    bpy.context.preferences.view.show_splash = False
    tool("xdotool", "mousemove", "700", "700", "click", "1")
    yield 1.0
    bpy.ops.screen.userpref_show()
    bpy.context.preferences.active_section = "EXTENSIONS"
    yield 2.0
    window, area, region = yield from preferences_window()
    at = region.width - 150, region.height - 40
    tool("xdotool", "mousemove", *place_in(window, region, *at))
    yield 1.0
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.wm.call_menu(name="USERPREF_MT_extensions_settings")
    yield 1.0
    for below in (108, 112):  # onto Install from Disk
        tool("xdotool", "mousemove", *place_in(window, region, at[0], at[1] - below))
        yield 0.3
    yield from shot("install", rest_s=0.5)  # before its tooltip comes
    tool("xdotool", "key", "Escape")
    yield 1.0
    with bpy.context.temp_override(window=window):
        bpy.ops.wm.window_close()
    yield 1.0
    bpy.ops.extensions.package_install_files(
        filepath=str(HERE / "exges.zip"), repo="user_default", enable_on_install=True
    )
    check("installed", MODULE in bpy.context.preferences.addons)
    watch_slices()
    yield 1.0


CANCEL_AT = ("610", "564")
"""Of the display: where Cancel is while the environment is made; to search for it would take longer than that."""


def begin_environment(window: bpy.types.Window, region: bpy.types.Region) -> Steps:
    """Begin to create the environment, from the network, and cancel; nothing is pictured where there is no network."""
    from bl_ext.user_default.exges.ui.operators import environment as environment_buttons

    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.torch_index = "default"  # torch's own index may be out of reach where a mirror is not
    yield from click(window, region, "bpy.ops.exges.create_environment")
    yield from wait_for(lambda: environment_buttons.State.creation is not None, 20.0)
    creation = environment_buttons.State.creation
    check("creation_started", creation is not None)
    if creation is None:
        return
    yield from wait_for(lambda: environment_buttons.State.creation is None or creation.fraction > 0.12, 200.0)
    if environment_buttons.State.creation is not None:
        yield from shot("creating", rest_s=1.0)
        tool("xdotool", "mousemove", *CANCEL_AT)
        yield 0.5
        tool("xdotool", "click", "1")
        yield from wait_for(lambda: environment_buttons.State.creation is None, 600.0)
        # Where the network is fast it may be there before the button is found.
        check(
            "creation_ended", "cancelled" in environment_buttons.State.last_text or Path(preferences.python).is_file()
        )
    found["begun_creation_said"], preferences.torch_index = environment_buttons.State.last_text, ""


def engine() -> Steps:
    """Show the preferences; create the environment there, or choose the one that was given."""
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.engine, preferences.shows_first_steps = "OWN", False  # zero_setup.py pictures those
    from bl_ext.user_default.exges.ui.operators import environment as environment_buttons

    bpy.ops.preferences.addon_show(module=MODULE)
    yield 2.0
    window, _area, region = yield from preferences_window()
    yield from shot("preferences")
    preferences.base_python = SETTINGS["base_python"]
    if not SETTINGS["wheels"]:
        yield from begin_environment(window, region)
    preferences.python = SETTINGS["python"]
    preferences.wheels = SETTINGS["wheels"]
    start_s = time.monotonic()
    if SETTINGS["wheels"]:
        yield from click(window, region, "bpy.ops.exges.create_environment")
        yield from wait_for(lambda: environment_buttons.State.creation is not None, 10.0)
        creation = environment_buttons.State.creation
        check("creation_started", creation is not None)
        if creation is None:
            raise RuntimeError(f"not started: {environment_buttons.State.last_text}")
        yield from wait_for(lambda: creation.fraction > 0.8, 600.0)
        yield from shot("creating")
        yield from wait_for(lambda: environment_buttons.State.creation is None, 900.0)
        found["creation_said"] = environment_buttons.State.last_text
        preferences.show_options = False
    else:
        yield from click(window, region, "bpy.ops.exges.check")
        yield from wait_for(lambda: bool(json.loads(preferences.findings or "[]")), 300.0)
    found["seconds"]["environment"] = round(time.monotonic() - start_s, 1)
    (HERE / "engine.json").write_text(json.dumps(preferences.python))
    check("engine_chosen", Path(preferences.python).is_file())
    check(
        "findings", any(each["name"] == "denoiser" and each["ok"] for each in json.loads(preferences.findings or "[]"))
    )
    tool("xdotool", "mousemove", *place_in(window, region, 20, 20))
    yield from shot("engine_ready")
    with bpy.context.temp_override(window=window):
        bpy.ops.wm.window_close()
    yield 1.0


def character() -> Steps:
    """A Rigify human and a sound strip, as a newcomer makes them."""
    import addon_utils

    addon_utils.enable("rigify", default_set=True)
    window, area, _region = view()
    with bpy.context.temp_override(window=window, area=area):
        bpy.data.objects.remove(bpy.data.objects["Cube"])
        bpy.ops.object.armature_human_metarig_add()
        bpy.ops.pose.rigify_generate()
        metarig, rig = bpy.data.objects["metarig"], bpy.data.objects["rig"]
        metarig.hide_set(True)
    scene = bpy.context.scene
    strip = scene.sequence_editor_create().sequences.new_sound("Speech", str(HERE / "speech.flac"), 1, 1)
    strip.frame_final_duration = 120  # five seconds: whoever walks here has a slow computer
    scene.frame_end = 130
    below = next(each for each in window.screen.areas if each.type == "DOPESHEET_EDITOR")
    below.ui_type = "SEQUENCE_EDITOR"  # so that the strip is seen
    yield 1.0
    x, y = below.x + below.width // 3, SETTINGS["size"][1] - (below.y + below.height)
    for action in (("mousemove", x, y), ("mousedown", 1), ("mousemove", x, y - 60), ("mousemove", x, y - 110)):
        tool("xdotool", *map(str, action))  # drag the edge up
        yield 0.3
    tool("xdotool", "mouseup", "1")
    yield 1.0
    with bpy.context.temp_override(
        window=window, area=below, region=next(each for each in below.regions if each.type == "WINDOW")
    ):
        bpy.ops.sequencer.view_all()
    space = area.spaces.active
    space.show_region_ui = True
    space.region_3d.view_distance, space.region_3d.view_location = 4.2, (0.0, 0.0, 0.95)
    space.region_3d.view_rotation = (0.76, 0.62, 0.12, 0.14)
    space.overlay.show_cursor = False
    bpy.ops.ed.undo_push(message="A Rigify human")
    yield 1.0
    rig.select_set(False)
    window.view_layer.objects.active = rig
    scene.exges.character = rig
    region = view()[2]
    region.active_panel_category = "ExGes"
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo_push(message="ExGes settings")
        bpy.ops.wm.save_as_mainfile(filepath=str(HERE / "scene.blend"), copy=True)
    yield from shot("panel_ready")


SPEECH_AT = ("832", "186")
"""Of the display: the header of the tab's Speech panel."""
HEADER_BELOW = 32
"""So far below the button that gets a model the header of Words is."""


def model() -> Steps:
    """Open Speech and Words, and get the speech model by its button."""
    from bl_ext.user_default.exges.engine import preferences as engine_preferences
    from bl_ext.user_default.exges.engine import speech_models
    from bl_ext.user_default.exges.ui.operators import speech_models as model_buttons

    window, _area, region = view()
    bpy.context.scene.sequence_editor.sequences_all["Speech"].frame_final_duration = 520  # all of it: more words
    tool("xdotool", "mousemove", *SPEECH_AT, "click", "1")
    yield 1.5
    check("model_is_offered", (yield from find_button(window, region, "bpy.ops.exges.get_model")))
    y = known["bpy.ops.exges.get_model"][0]
    tool("xdotool", "mousemove", *place_in(window, region, region.width // 3, y - HEADER_BELOW), "click", "1")
    yield 1.5
    tool("xdotool", "mousemove", *place_in(window, region, 8, 8))
    yield from shot("model_offered")
    check("clicked_get_model", (yield from click(window, region, "bpy.ops.exges.get_model")))
    yield from shot("model_dialog", rest_s=1.5)
    start_s = time.monotonic()
    tool("xdotool", "key", "Return")
    yield from wait_for(lambda: model_buttons.State.fetching is not None, 20.0)
    fetching = model_buttons.State.fetching
    check("model_is_fetched", fetching is not None)
    tool("xdotool", "mousemove", *place_in(window, region, 8, 8))
    yield from wait_for(lambda: model_buttons.State.fetching is None or fetching.progress.fraction > 0.2, 200.0)
    yield from shot("model_fetching", rest_s=0.3)
    yield from wait_for(lambda: model_buttons.State.fetching is None, 300.0)
    found["seconds"]["model"] = round(time.monotonic() - start_s, 1)
    found["model_said"] = model_buttons.State.last_text
    here = speech_models.here(engine_preferences.model_places(bpy.context))
    check("model_is_here", speech_models.MOONSHINE.is_here and here[0] == "moonshine")
    yield from shot("model_here")


def words() -> Steps:
    """Hear the words, go to a doubtful one, and close Speech again."""
    from bl_ext.user_default.exges.engine import session
    from bl_ext.user_default.exges.takes import heard_words

    window, _area, region = view()
    check("clicked_hear_words", (yield from click(window, region, "bpy.ops.exges.hear_words")))
    yield from wait_for(lambda: session.Running.current is not None, 20.0)
    yield from wait_for(lambda: session.Running.current is None, 300.0)
    found["words_said"] = session.Running.last_message
    heard = heard_words.of(bpy.data.objects["rig"])
    check("words_are_heard", heard is not None and heard.asr == "moonshine" and len(heard.words) > 40)
    found["heard"] = [] if heard is None else [[each.text, each.start_s, each.confidence] for each in heard.words]
    tool("xdotool", "mousemove", *place_in(window, region, region.width // 2, region.height // 2))
    yield 0.5
    tool("xdotool", "click", "--repeat", "8", "--delay", "200", "5")  # down to the end of the list
    tool("xdotool", "mousemove", *place_in(window, region, 8, 8))
    yield from shot("words")
    yield from click(window, region, "bpy.ops.exges.go_to_frame")
    frames = [heard.frame_of(each, 24.0) for each in heard.doubtful] if heard is not None else []
    check("a_click_goes_to_a_doubtful_word", bpy.context.scene.frame_current in frames)
    bpy.context.scene.frame_set(1)
    bpy.context.scene.sequence_editor.sequences_all["Speech"].frame_final_duration = 120
    tool("xdotool", "mousemove", *place_in(window, region, region.width // 2, region.height // 2))
    yield 0.5
    tool("xdotool", "click", "--repeat", "12", "--delay", "200", "4")  # up again
    yield 1.0
    tool("xdotool", "mousemove", *SPEECH_AT, "click", "1")  # closed again, for Generate to be in sight
    yield 1.0


def hand() -> tuple[float, ...]:
    rig = bpy.data.objects["rig"]
    evaluated = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return tuple(evaluated.pose.bones["DEF-hand.L"].head)


def generate() -> Steps:
    """Click Generate with the mouse and see it move."""
    from bl_ext.user_default.exges.engine import session

    window, _area, region = view()
    start_s = time.monotonic()
    check("clicked_generate", (yield from click(window, region, "bpy.ops.exges.generate")))
    yield from wait_for(lambda: session.Running.current is not None, 20.0)
    yield from wait_for(
        lambda: session.Running.current is None or session.Running.current.progress.fraction > 0.1,
        400,
    )
    is_running, process = session.Running.current is not None, session.Running.engine._process
    if is_running:  # a take of five seconds is soon made: the engine rests for the picture
        os.kill(process.pid, signal.SIGSTOP)
    yield from shot("generating", rest_s=2.0)
    check("pictured_while_generating", is_running and session.Running.current is not None)
    if is_running:
        os.kill(process.pid, signal.SIGCONT)
    yield from wait_for(lambda: session.Running.current is None, 600.0)
    found["seconds"]["generate"] = round(time.monotonic() - start_s, 1)
    found["said"] = session.Running.last_message
    check("one_take", len(takes()) == 1)
    places = []
    for frame in (10, 40, 70, 100):
        bpy.context.scene.frame_set(frame)
        places.append(hand())
    travelled = sum(sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) ** 0.5 for p, q in itertools.pairwise(places))
    found["hand_travelled_m"] = round(travelled, 3)
    check("it_moves", travelled > 0.05)
    yield from shot("take")


def undo() -> Steps:
    window, area, _region = view()
    tool("xdotool", "mousemove", *place_in(window, area.regions[-1], 200, 300))
    tool("xdotool", "key", "ctrl+z")
    yield 2.0
    check("undo_removes_the_take", takes() == [] and tracks() == [])
    tool("xdotool", "key", "ctrl+shift+z")
    yield 2.0
    check("redo_brings_it_back", len(takes()) == 1)


def cancel() -> Steps:
    from bl_ext.user_default.exges.engine import session

    window, _area, region = view()
    before = takes()
    process = session.Running.engine._process
    os.kill(process.pid, signal.SIGSTOP)  # it is warm now, knows the words, and is quicker than a key
    yield from click(window, region, "bpy.ops.exges.generate")
    yield from wait_for(lambda: session.Running.current is not None, 20.0)
    start_s = time.monotonic()
    tool("xdotool", "key", "Escape")
    yield 0.5
    os.kill(process.pid, signal.SIGCONT)
    yield from wait_for(lambda: session.Running.current is None, 30.0)
    found["seconds"]["cancel"] = round(time.monotonic() - start_s, 1)
    found["cancel_said"] = session.Running.last_message
    check("cancelled", "cancelled" in session.Running.last_message and takes() == before)


def kill() -> Steps:
    from bl_ext.user_default.exges.engine import session

    window, _area, region = view()
    before = takes()
    process = session.Running.engine._process
    os.kill(process.pid, signal.SIGSTOP)
    yield from click(window, region, "bpy.ops.exges.generate")
    yield from wait_for(lambda: session.Running.current is not None, 20.0)
    yield 1.0
    os.kill(process.pid, signal.SIGKILL)
    yield from wait_for(lambda: session.Running.current is None, 30.0)
    found["kill_said"] = session.Running.last_message
    check("killed_is_told", "signal 9" in session.Running.last_message and takes() == before)
    yield from shot("engine_killed")
    yield from click(window, region, "bpy.ops.exges.generate")
    yield from wait_for(lambda: session.Running.current is not None, 20.0)
    yield from wait_for(lambda: session.Running.current is None, 600.0)
    check("next_click_works", len(takes()) == len(before) + 1)
    bpy.context.scene.frame_set(100)
    yield from shot("two_takes")


def never_held_up() -> Steps:
    check("never_held_up", max(found["longest_s"].values()) < LONGEST_S)
    yield 0.0


def first_minute() -> Steps:
    """From the tab to a moving character with as few clicks as it takes, each noted with its time."""
    import first_minute as steps

    yield from steps.walk(SimpleNamespace(**globals()))  # Blender runs this file as no module


def panels() -> Steps:
    """Every panel, open, in every state."""
    import panels as steps

    yield from steps.walk(SimpleNamespace(**globals()))


def zero_setup() -> Steps:
    """From the zip to a moving character, offline."""
    import zero_setup as steps

    yield from steps.walk(SimpleNamespace(**globals()))


def everything() -> Steps:
    parts = (install, engine, character, model, words, generate, undo, cancel, kill, never_held_up)
    if SETTINGS["zero_setup"]:
        parts = (zero_setup, never_held_up)
    elif SETTINGS["first_minute"]:
        parts = (install, first_minute, never_held_up)
    elif SETTINGS["panels"]:
        parts = (panels,)
    for part in parts:
        found["at"] = part.__name__
        start_s = time.monotonic()
        yield from part()
        found["seconds"][f"part_{part.__name__}"] = round(time.monotonic() - start_s, 1)


steps = everything()


def tick() -> float | None:
    try:
        return next(steps)
    except StopIteration:
        pass
    except Exception:  # noqa: BLE001 - whatever it is, it goes into the report
        found["error"] += traceback.format_exc()
        tool("import", "-window", "root", str(HERE / "at_the_error.png"))
    (HERE / "found.json").write_text(json.dumps(found))
    os._exit(0)


bpy.app.timers.register(tick, first_interval=2.0, persistent=True)
