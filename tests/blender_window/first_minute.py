"""From a fresh file to a moving character: every click that it takes, with the mouse, and when. Walked by walk.py."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy

Steps = Iterator[float]


def walk(window_walk: SimpleNamespace) -> Steps:
    """Walk; `found["clicks"]` lists what was clicked and the seconds that had passed when it had done its work."""
    found, begun_s = window_walk.found, time.monotonic()
    clicks: list[tuple[str, float]] = found.setdefault("clicks", [])

    def note(what: str) -> None:
        clicks.append((what, round(time.monotonic() - begun_s, 1)))

    own = bpy.context.preferences.addons[window_walk.MODULE].preferences
    settings = window_walk.SETTINGS
    own.engine = "OWN"
    own.base_python, own.wheels, own.python = settings["base_python"], settings["wheels"], settings["python"]
    window, area, region = window_walk.view()
    window_walk.tool("xdotool", "mousemove", *window_walk.place_in(window, area.regions[-1], 300, 200))
    window_walk.tool("xdotool", "key", "n")
    yield 1.0
    space = area.spaces.active
    window_walk.check("sidebar_is_open", space.show_region_ui)
    note("N: the sidebar")
    region.active_panel_category = "ExGes"
    yield 1.0
    note("tab ExGes")
    yield from window_walk.shot("first_panel", rest_s=2.0)
    if not own.python:
        yield from _set_up(window_walk, own)
        note("Set Up")
    yield from _add_example(window_walk)
    note("Add Example")
    yield from _generate(window_walk)
    note("Generate")
    yield from _accept(window_walk)
    note("Extend Scene End, Sync Playback")


def _set_up(window_walk: SimpleNamespace, own: bpy.types.AddonPreferences) -> Steps:
    from bl_ext.user_default.exges.ui.operators import environment as environment_buttons

    window, _area, region = window_walk.view()
    yield from window_walk.click(window, region, "bpy.ops.exges.create_environment")
    yield from window_walk.wait_for(lambda: environment_buttons.State.creation is not None, 10.0)
    creation = environment_buttons.State.creation
    window_walk.check("set_up_began", creation is not None)
    if creation is None:
        raise RuntimeError(f"not started: {environment_buttons.State.last_text}")
    told: list[tuple[float, float, float | None]] = []
    is_pictured, begun_s = False, time.monotonic()
    while environment_buttons.State.creation is not None and time.monotonic() - begun_s < 900.0:
        told.append((round(time.monotonic() - begun_s, 1), creation.fraction, creation.left_s))
        if creation.left_s is not None and creation.fraction > 0.6 and not is_pictured:
            is_pictured = True
            yield from window_walk.shot("first_set_up", rest_s=1.0)
        yield 0.5
    left = [each[2] for each in told if each[2] is not None]
    window_walk.check("bar_never_falls", [each[1] for each in told] == sorted(each[1] for each in told))
    window_walk.check("time_left_never_grows", left == sorted(left, reverse=True))
    window_walk.found["set_up"] = told[::4]
    window_walk.check("set_up_is_done", bool(own.python) and Path(own.python).is_file())


def _add_example(window_walk: SimpleNamespace) -> Steps:
    window, _area, region = window_walk.view()
    yield from window_walk.click(window, region, "bpy.ops.exges.add_example")
    yield from window_walk.wait_for(lambda: bpy.context.scene.exges.character is not None, 20.0)
    window_walk.check("example_is_chosen", bpy.context.scene.exges.character is not None)
    yield from window_walk.shot("first_example", rest_s=3.0)


def _generate(window_walk: SimpleNamespace) -> Steps:
    from bl_ext.user_default.exges.engine import session

    window, _area, region = window_walk.view()
    yield from window_walk.click(window, region, "bpy.ops.exges.generate")
    yield from window_walk.wait_for(lambda: session.Running.current is not None, 20.0)
    yield from window_walk.wait_for(lambda: session.Running.current is None, 600.0)
    window_walk.check("one_take", len(window_walk.takes()) == 1)
    window_walk.found["said"] = session.Running.last_message
    character = bpy.context.scene.exges.character
    hands = []
    for frame in (20, 60, 100, 140):
        bpy.context.scene.frame_set(frame)
        hands.append((character.matrix_world @ character.pose.bones["left_wrist"].head).copy())
    window_walk.check("it_moves", sum((b - a).length for a, b in itertools.pairwise(hands)) > 0.05)
    yield from window_walk.shot("first_take", rest_s=3.0)


def _accept(window_walk: SimpleNamespace) -> Steps:
    window, _area, region = window_walk.view()
    yield from window_walk.click(window, region, "bpy.ops.exges.extend_end")
    yield from window_walk.click(window, region, "bpy.ops.exges.sync_to_audio")
    yield 1.0
    scene = bpy.context.scene
    take = next(action for action in bpy.data.actions if "exges_take" in action)
    window_walk.check("scene_ends_with_the_take", scene.frame_end == round(take.frame_range[1]))
    window_walk.check("playback_is_synced", scene.sync_mode == "AUDIO_SYNC")
    yield from window_walk.shot("first_done", rest_s=3.0)
