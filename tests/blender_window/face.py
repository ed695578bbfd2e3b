"""The face in the tab: found or not, on, mapped by hand, a viseme clicked on and off, phones. Walked by panels.py."""

import math
import time
from collections.abc import Iterator

import bpy

Steps = Iterator[float]
MESHES = ("Head", "Eyes", "Teeth", "Brows")
LANGUAGES = ("de_DE", "ja_JP", "zh_HANS", "en_US")
LONGEST_DRAW_S = 0.002
"""So long a panel of the face may take to be drawn, with four meshes of 52 keys, all of them listed."""
AREAS = {"brow": (0.055, 0.11), "eye": (0.015, 0.055), "cheek": (-0.02, 0.02), "nose": (-0.02, 0.02)}
"""Part of a face -> its heights on the head, in metres; all else is the mouth's."""
MOUTH = (-0.11, -0.02)


def walk(states: object) -> Steps:
    """Walk; `states` is what panels.py walks with."""
    face = _Face(states)
    for step in (
        face.none,
        face.found,
        face.by_hand,
        face.shown,
        face.languages,
        face.drawn_fast,
        face.made,
        face.dialog,
    ):
        states.walk.found["at"] = f"panels: faces: {step.__name__}"
        yield from step()


def add_face(rig: bpy.types.Object) -> None:
    """Hang four small meshes with ARKit's keys on a rig's head: the head's move, so that they can be seen."""
    from exges_core.face.names import ARKIT_NAMES

    place = rig.matrix_world @ rig.pose.bones["head"].head
    for name in MESHES:
        mesh = bpy.data.meshes.new(name)
        points, sides = _ball(0.11 if name == "Head" else 0.03)
        mesh.from_pydata(points, [], sides)
        thing = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(thing)
        thing.parent, thing.location = rig, (place.x, place.y - 0.02, place.z + 0.1)
        thing.shape_key_add(name="Basis")
        for key in ARKIT_NAMES:
            block = thing.shape_key_add(name=key)
            if name == "Head":
                _shape(block, key)
    keys = bpy.data.objects["Head"].data.shape_keys
    bpy.data.objects["Head"].shape_key_add(name="Smirk")
    keys.key_blocks["cheekPuff"].lock_shape = True
    for side in ("Left", "Right"):
        keys.key_blocks[f"noseSneer{side}"].driver_add("value").driver.expression = "0"


def _ball(radius_m: float) -> tuple[list[tuple[float, float, float]], list[tuple[int, ...]]]:
    rows, columns = 24, 32
    points = [
        (
            radius_m * math.sin(math.pi * (row + 0.5) / rows) * math.sin(2 * math.pi * column / columns),
            -radius_m * math.sin(math.pi * (row + 0.5) / rows) * math.cos(2 * math.pi * column / columns),
            radius_m * math.cos(math.pi * (row + 0.5) / rows),
        )
        for row in range(rows)
        for column in range(columns)
    ]
    sides = [
        (at, at + columns, (column + 1) % columns + (row + 1) * columns, (column + 1) % columns + row * columns)
        for row in range(rows - 1)
        for column in range(columns)
        for at in (row * columns + column,)
    ]
    return points, sides


def _shape(block: bpy.types.ShapeKey, key: str) -> None:
    low, high = next((heights for part, heights in AREAS.items() if key.startswith(part)), MOUTH)
    way = (0.0, 0.0, -0.05) if "Open" in key or "Down" in key else (0.0, -0.03, 0.015)
    side = 1 if key.endswith("Left") else -1 if key.endswith("Right") else 0
    for point in block.data:
        x, y, z = point.co
        if low < z < high and y < 0.0 and x * side >= 0.0:
            point.co = tuple(value + move for value, move in zip((x, y, z), way, strict=True))


class _Face:
    def __init__(self, states: object) -> None:
        self.states, self.walk = states, states.walk

    @property
    def rig(self) -> bpy.types.Object:
        return bpy.data.objects["rig"]

    def values(self) -> list[list[float]]:
        return [[each.value for each in bpy.data.objects[name].data.shape_keys.key_blocks] for name in MESHES]

    def none(self) -> Steps:
        """Without a face: grey, with the reason; then a face of bones, as Rigify makes it."""
        from bl_ext.user_default.exges.ui import readiness

        scene = bpy.context.scene
        bpy.context.view_layer.layer_collection.children[0].exclude = False
        plain = bpy.data.objects.new("Plain", bpy.data.armatures.new("Plain"))
        scene.collection.objects.link(plain)
        scene.exges.character = plain
        yield from self.states.shot("face_none")
        self.walk.check("faceless_says_why", readiness.why_no_face(bpy.context).startswith("No face"))
        bpy.data.objects.remove(plain)
        scene.exges.character, self.rig.exges.part = self.rig, "WHOLE"
        yield from self.states.shot("face_of_bones")

    def found(self) -> Steps:
        """With one: off, then on; every fold is open."""
        from bl_ext.user_default.exges.ui.panels import face as face_panel

        folded = face_panel.folded

        def opened(layout: bpy.types.UILayout, identifier: str, text: str, icon: str) -> bpy.types.UILayout | None:
            return folded(layout, f"{identifier}_open", text, icon, is_closed=False)

        add_face(self.rig)
        bpy.ops.ed.undo_push(message="A face")
        yield from self.states.shot("face_found")
        face_panel.folded = opened
        self.rig.exges.face, self.rig.exges.face_happy, self.rig.exges.face_brows = True, 0.4, 1.25
        yield from self.states.shot("face_on")
        face_panel.folded = folded

    def by_hand(self) -> Steps:
        self.states.call("edit_face_key", key="Head/Smirk", shape="mouthLeft")
        self.states.call("edit_face_key", key="Teeth/jawForward", shape="")
        yield from self.states.shot("face_by_hand")

    def shown(self) -> Steps:
        """Click a viseme on; off again, by everything that has to put the face back."""
        from bl_ext.user_default.exges.face import visemes

        rest, button = self.values(), 'bpy.ops.exges.preview_viseme(viseme="O")'
        window, area, region = self.walk.view()

        def click() -> Steps:
            yield from self.walk.click(window, region, button)

        def click_again() -> Steps:
            self.walk.tool("xdotool", "click", "1")  # the mouse is there still; to search takes a key, which ends it
            yield 2.0

        def press(keys: str) -> Steps:
            self.walk.tool("xdotool", "mousemove", *self.walk.place_in(window, area.regions[-1], 200, 300))
            self.walk.tool("xdotool", "key", keys)
            yield 1.0

        def other_tab() -> Steps:
            region.active_panel_category = "Item"
            yield from self.walk.wait_for(lambda: not visemes.Shown.name, 15.0)

        def sidebar_closed() -> Steps:
            area.spaces.active.show_region_ui = False
            yield from self.walk.wait_for(lambda: not visemes.Shown.name, 15.0)

        def saved() -> Steps:
            bpy.ops.wm.save_as_mainfile(filepath=str(self.walk.HERE / "face.blend"), copy=True)
            yield 0.5

        ways = {"click": click_again, "escape": lambda: press("Escape"), "undo": lambda: press("ctrl+z")}
        ways |= {"other_tab": other_tab, "sidebar_closed": sidebar_closed, "saved": saved}
        for name, put_back in ways.items():
            yield from click()
            self.walk.check(f"viseme_is_shown_before_{name}", visemes.Shown.name == "O" and self.values() != rest)
            if name == "click":
                yield 2.0
                self.walk.check("viseme_stays", visemes.Shown.name == "O")
                yield from self.walk.shot("panels_face_viseme", rest_s=0.5)
            yield from put_back()
            self.walk.check(f"face_is_back_after_{name}", not visemes.Shown.name and self.values() == rest)
            area.spaces.active.show_region_ui = True
            yield 1.0
            region.active_panel_category = "ExGes"
            yield 1.0
            if name == "undo":
                self.walk.tool("xdotool", "key", "ctrl+shift+z")
                yield 1.0

    def made(self) -> Steps:
        """A take with a face; its phones as markers."""
        before = len(self.walk.takes())
        yield from self.states.made()
        self.walk.check("a_take_with_a_face", len(self.walk.takes()) == before + 1)
        self.states.call("add_phones")
        self.walk.check("phones_are_marked", len(bpy.context.scene.timeline_markers) > 10)
        yield from self.states.shot("face_take")
        self.states.call("remove_phones")

    def dialog(self) -> Steps:
        """The dialog that assigns a key; the last step, for it stays."""
        window, area, region = self.walk.view()
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.exges.edit_face_key("INVOKE_DEFAULT", key="Head/Smirk")
        yield from self.walk.shot("panels_face_dialog", rest_s=1.0)

    def languages(self) -> Steps:
        """At the sidebar's own width, in every language."""
        for language in LANGUAGES:
            bpy.context.preferences.view.language = language
            yield from self.states.shot(f"face_{language}")

    def drawn_fast(self) -> Steps:
        """Draw with everything listed, and measure each panel's own work."""
        from bl_ext.user_default.exges.ui.panels import face as face_panel

        folded, longest = face_panel.folded, {}
        face_panel.folded = lambda layout, identifier, text, icon: folded(
            layout, f"{identifier}_open", text, icon, is_closed=False
        )
        for panel in face_panel.CLASSES:
            for name in ("draw", "draw_header_preset", "draw_header"):
                self._measured(panel, name, longest)
        _window, _area, region = self.walk.view()
        for _turn in range(40):
            region.tag_redraw()
            yield 0.1
        told = {name: sorted(taken)[len(taken) // 2] for name, taken in longest.items() if taken}
        self.walk.found["face_draw_ms"] = {name: round(1000 * each, 3) for name, each in told.items()}
        self.walk.check("face_is_drawn_fast", told and sum(told.values()) < LONGEST_DRAW_S)

    @staticmethod
    def _measured(panel: type, name: str, longest: dict[str, list[float]]) -> None:
        original, taken = getattr(panel, name, None), longest.setdefault(f"{panel.__name__}.{name}", [])
        if original is None:
            return

        def drawn(self: object, context: object) -> None:
            begun_s = time.thread_time()
            original(self, context)
            taken.append(time.thread_time() - begun_s)

        setattr(panel, name, drawn)
