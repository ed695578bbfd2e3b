"""Zero set-up: drop the zip, press Add Example, watch; no network, nothing else installed. Walked by walk.py.

The drop itself is what Blender makes of it (`extensions.package_install_files` with the file as its url): no file
manager runs beside it. Everything else is done with the mouse and the keyboard.
"""

import itertools
import json
import time
from collections.abc import Iterator
from types import SimpleNamespace

import bpy
from mathutils import Euler

Steps = Iterator[float]
MINUTES_S = 180.0
ARROW_AT = ("792", "128")
"""Of the display: the arrow that opens the choice of engines."""
PICTURED_AT = 72
"""A frame of the example's take on which she looks up, and both hands say something."""
VIEW_RAD = (1.42, 0.0, 0.75)
"""From the front and her left, with the first scene's cube behind her."""


def walk(window_walk: SimpleNamespace) -> Steps:
    """Walk; `found["clicks"]` lists what was clicked and the seconds that had passed when it had done its work."""
    found, begun_s = window_walk.found, time.monotonic()
    clicks: list[tuple[str, float]] = found.setdefault("clicks", [])

    def note(what: str) -> None:
        clicks.append((what, round(time.monotonic() - begun_s, 1)))

    yield from _drop(window_walk, note)
    yield from _open_tab(window_walk, note)
    yield from _add_example(window_walk, note)
    window_walk.check("three_minutes", time.monotonic() - begun_s < MINUTES_S)
    window_walk.check("six_clicks", len(clicks) < 6)
    yield from _watch(window_walk, note)
    yield from _preferences(window_walk)


def _drop(window_walk: SimpleNamespace, note: object) -> Steps:
    bpy.context.preferences.view.show_splash = False
    window, area, _region = window_walk.view()
    window_walk.tool("xdotool", "mousemove", "400", "400", "click", "1")
    yield 1.0
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.extensions.package_install_files("INVOKE_DEFAULT", url=str(window_walk.HERE / "exges.zip"))
    note("drop the zip into Blender")
    yield from window_walk.shot("zero_drop", rest_s=2.0)
    window_walk.tool("xdotool", "key", "Return")
    yield from window_walk.wait_for(lambda: window_walk.MODULE in bpy.context.preferences.addons, 120.0)
    note("OK")
    window_walk.check("installed", window_walk.MODULE in bpy.context.preferences.addons)
    window_walk.watch_slices()


def _open_tab(window_walk: SimpleNamespace, note: object) -> Steps:
    window, area, region = window_walk.view()
    window_walk.tool("xdotool", "mousemove", *window_walk.place_in(window, area.regions[-1], 300, 200))
    window_walk.tool("xdotool", "key", "n")
    yield 1.0
    window_walk.check("sidebar_is_open", area.spaces.active.show_region_ui)
    note("N: the sidebar")
    region.active_panel_category = "ExGes"
    yield 1.0
    note("tab ExGes")
    own = bpy.context.preferences.addons[window_walk.MODULE].preferences
    window_walk.found["engine"] = own.engine
    window_walk.check("built_in_is_chosen", own.engine == "BUILTIN" and not own.python)
    window_walk.check("offline", not bpy.app.online_access)
    yield from window_walk.shot("zero_panel", rest_s=2.0)


def _add_example(window_walk: SimpleNamespace, note: object) -> Steps:
    from bl_ext.user_default.exges.engine import session

    window, area, region = window_walk.view()
    yield from window_walk.click(window, region, "bpy.ops.exges.add_example")
    yield from window_walk.wait_for(lambda: session.Running.current is not None, 20.0)
    yield from window_walk.shot("zero_generating", rest_s=0.5)
    yield from window_walk.wait_for(lambda: session.Running.current is None, 600.0)
    note("Add Example")
    found, takes = window_walk.found, [each for each in bpy.data.actions if "exges_take" in each]
    found["said"], found["hello"] = session.Running.last_message, str(session.Running.engine.hello)
    window_walk.check("one_take", len(takes) == 1)
    window_walk.check("engine_is_onnx", session.Running.engine.hello.backend == "onnx")
    found["words"] = [each["text"] for each in json.loads(takes[0]["exges_report"])["words"]]
    character, hands = bpy.context.scene.exges.character, []
    for frame in range(20, 200, 4):
        bpy.context.scene.frame_set(frame)
        hands.append((character.matrix_world @ character.pose.bones["left_wrist"].head).copy())
    found["hand_travelled_m"] = round(sum((b - a).length for a, b in itertools.pairwise(hands)), 2)
    window_walk.check("it_moves", found["hand_travelled_m"] > 0.3)
    bpy.context.scene.frame_set(PICTURED_AT)
    _look_at(area, character)
    yield from window_walk.shot("zero_take", rest_s=3.0)


def _look_at(area: bpy.types.Area, character: bpy.types.Object) -> None:
    """Turn the view to a character's front, as one who came to watch does."""
    space = area.spaces.active
    across, _, up = character.matrix_world.translation
    space.region_3d.view_location, space.region_3d.view_distance = (across - 0.05, 0.0, up + 0.86), 2.6
    space.region_3d.view_rotation = Euler(VIEW_RAD).to_quaternion()
    space.overlay.show_cursor = space.overlay.show_bones = False


def _watch(window_walk: SimpleNamespace, note: object) -> Steps:
    from bl_ext.user_default.exges.engine import session

    window, area, _region = window_walk.view()
    window_walk.tool("xdotool", "mousemove", *window_walk.place_in(window, area.regions[-1], 300, 200))
    window_walk.tool("xdotool", "key", "space")
    yield 3.0
    window_walk.check("it_plays", window.screen.is_animation_playing)
    window_walk.check("engine_knows_it_plays", session.Running.busy_with == {"playing"})
    note("Space")
    yield from window_walk.shot("zero_playing", rest_s=0.5)
    window_walk.tool("xdotool", "key", "space")
    yield 2.0
    window_walk.check("it_stops", not window.screen.is_animation_playing and not session.Running.busy_with)


def _preferences(window_walk: SimpleNamespace) -> Steps:
    for name in ("zero_engines", "zero_closed"):
        window_walk.tool("xdotool", "mousemove", *ARROW_AT, "click", "1")
        yield from window_walk.shot(name, rest_s=2.0)
    bpy.ops.preferences.addon_show(module=window_walk.MODULE)
    yield 2.0
    window, _area, region = yield from window_walk.preferences_window()
    yield from window_walk.click(window, region, "bpy.ops.exges.check")
    own = bpy.context.preferences.addons[window_walk.MODULE].preferences
    yield from window_walk.wait_for(lambda: bool(json.loads(own.findings or "[]")), 60.0)
    window_walk.check("check_finds_it", all(each["ok"] for each in json.loads(own.findings or "[]")))
    window_walk.tool("xdotool", "mousemove", *window_walk.place_in(window, region, 20, 20))
    yield from window_walk.shot("zero_preferences", rest_s=2.0)
