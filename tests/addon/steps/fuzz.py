"""Random clicks in random order: buttons, settings, deletions, saving and loading; no traceback, whatever happens.

fuzz.py REPORT PYTHON CALLS SEED
"""

import contextlib
import io
import random
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy  # isort: skip

from blender_addon.scene import compat
from blender_addon.takes import gestures, keyframes, record
from blender_addon.ui import readiness
from blender_addon.ui.panels import bone_map as bone_map_panel
from blender_addon.ui.panels import gestures as gestures_panel
from blender_addon.ui.panels import main as main_panel
from blender_addon.ui.panels import takes as takes_panel
from blender_addon.ui.panels import words as words_panel
from tests.addon.steps import paper, scene_parts

report, python, calls, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
here, dice = Path.cwd(), random.Random(seed)
found: dict[str, object] = {"tracebacks": [], "calls": 0, "finished": {}, "refused": {}, "no_reason": []}
PANELS = (
    *main_panel.CLASSES,
    *bone_map_panel.CLASSES,
    *words_panel.CLASSES,
    *main_panel.LATER,
    *gestures_panel.CLASSES,
    *takes_panel.CLASSES,
)
OPERATORS = (
    *("use_active", "edit_map", "reset_map", "save_map", "load_map", "choose_bones", "count_keys", "go_to_frame"),
    *("step_segment", "pin_gesture", "no_gesture", "ban_gesture", "forget_wishes", "preview_gesture", "end_preview"),
    *("show_take", "flip_takes", "delete_take", "mark_take", "reuse_settings", "add_words", "remove_words", "cancel"),
    *("words_to_text", "paste_transcript", "choose_recogniser", "cancel_model"),
)
scene_parts.talk(here / "speech.wav", python, 2.0)


def scene_anew() -> None:
    scene_parts.enable(python)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = dice.choice(((24, 1.0), (30, 1.0), (24, 1.001), (60, 1.0)))
    for name in ("Anna", "Ben"):
        scene_parts.body(name).exges.transcript = str(here / "speech.json")
    scene.exges.character = bpy.data.objects["Anna"]
    scene_parts.give_speech(bpy.data.objects["Anna"], here / "speech.wav", dice.randint(-5, 30))


def character() -> bpy.types.Object | None:
    return readiness.character_of(bpy.context)


def arguments(name: str) -> dict[str, object]:
    take = record.shown(character())
    found_takes = keyframes.takes_of(character()) if character() else ()
    segments = gestures.of_take(take)
    clips = [each.clip for segment in segments for each in segment.candidates] or [0]
    given = {
        "take": dice.choice([each.name for each in found_takes] or ["none"]) if dice.random() < 0.9 else "nonsense",
        "segment": dice.randint(-1, len(segments)),
        "clip": dice.choice(clips) if dice.random() < 0.9 else -3,
        "frame": dice.randint(-20, 120),
        "step": dice.choice((-1, 0, 1)),
        "joint": dice.choice(("left_elbow", "head", "pelvis", "left_index1", "tail")),
        "text": dice.choice(("", "one two three", "\N{SNOWMAN}")),
        "recogniser": dice.choice(("auto", "pocketsphinx", "moonshine", "whisper:base", "none", "nonsense")),
        "bone": dice.choice(("left_elbow", "head", "", "nonsense", "right_wrist")),
    }
    known = getattr(bpy.ops.exges, name).get_rna_type().properties.keys()
    return {key: value for key, value in given.items() if key in known}


def press(name: str) -> None:
    operator = getattr(bpy.ops.exges, name)
    try:
        result = operator(**arguments(name))
        kind = "finished" if "FINISHED" in result else "refused"
    except RuntimeError as error:
        kind = "refused"
        if "Traceback" in str(error) or not str(error).strip():
            found["tracebacks"].append(f"{name}: {error}")
    found[kind][name] = found[kind].get(name, 0) + 1


def some(names: Sequence[str]) -> set[str]:
    return {each for each in names if dice.random() < 0.3}


def turn_a_setting() -> None:
    thing = character()
    owner = thing.exges if thing is not None and dice.random() < 0.85 else bpy.context.scene.exges
    names = [each.identifier for each in owner.bl_rna.properties if not each.is_readonly and each.identifier != "name"]
    name = dice.choice(names)
    prop = owner.bl_rna.properties[name]
    if prop.type == "BOOLEAN":
        value: object = dice.random() < 0.5
    elif prop.type == "INT":
        value = dice.choice((-7, 0, 1, 12, 40, 2**31 - 1))
        value = min(max(value, prop.hard_min), prop.hard_max)
    elif prop.type == "FLOAT":
        value = dice.uniform(prop.hard_min, min(prop.hard_max, 10.0))
    elif prop.type == "ENUM":
        value = some(prop.enum_items.keys()) if prop.is_enum_flag else dice.choice(prop.enum_items.keys())
    elif prop.type == "POINTER":
        value = dice.choice([*(each for each in bpy.data.objects if each.type == "ARMATURE"), None])
        value = None if name == "speaker_object" else value
        value = dice.choice([*bpy.data.texts, None]) if name == "transcript_text" else value
    elif name == "transcript":
        value = dice.choice((str(here / "speech.json"), str(here / "speech.json"), "/nowhere/at/all.txt"))
    elif name == "library":
        value = dice.choice(("", "", str(here / "nobase")))
    else:
        value = dice.choice(("", "Speech", "\N{SNOWMAN}", str(here / "speech.wav"), "x" * 300))
    setattr(owner, name, value)


def disturb() -> None:
    """What an animator does besides: keys, frames, names, deletions, markers, modes, files."""
    scene, thing = bpy.context.scene, character()
    kind = dice.randint(0, 9)
    if kind == 0:
        scene.frame_set(dice.randint(-10, 100))
    elif kind == 1 and thing is not None:
        bone = thing.pose.bones[dice.choice(("left_elbow", "head", "pelvis"))]
        bone.keyframe_insert(dice.choice(("rotation_quaternion", "location")), frame=dice.randint(0, 60))
    elif kind == 2:
        scene.timeline_markers.new("m", frame=dice.randint(0, 80)).select = dice.random() < 0.5
    elif kind == 3:
        scene.use_preview_range = dice.random() < 0.5
        scene.frame_preview_start = dice.randint(0, 30)
        scene.frame_preview_end = scene.frame_preview_start + dice.randint(1, 40)
    elif kind == 4 and thing is not None:
        thing.name = dice.choice(("Anna", "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "Anna.001"))
    elif kind == 5 and len(bpy.data.actions):
        bpy.data.actions.remove(dice.choice(list(bpy.data.actions)))
    elif kind == 6 and thing is not None:
        bone = dice.choice(list(thing.pose.bones))
        bone.rotation_mode = dice.choice(("QUATERNION", "XYZ", "ZXY", "AXIS_ANGLE"))
        bone.lock_rotation[dice.randint(0, 2)] = dice.random() < 0.2
    elif kind == 7 and dice.random() < 0.3:
        bpy.ops.wm.save_as_mainfile(filepath=str(here / "fuzz.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(here / "fuzz.blend"))
    elif kind == 8 and dice.random() < 0.1 and thing is not None:
        bpy.data.objects.remove(thing)
    elif kind == 9 and dice.random() < 0.15:
        scene_anew()


def tidy() -> None:
    """Settings as they are at first, so that buttons work again after nonsense was set."""
    anyone = next((each for each in bpy.data.objects if each.type == "ARMATURE"), None)
    if anyone is None:
        return scene_anew()
    bpy.context.scene.exges.character = character() or anyone
    for owner in (bpy.context.scene.exges, character().exges):
        for name in [each.identifier for each in owner.bl_rna.properties]:
            if name not in {"character", "rna_type", "name"}:
                owner.property_unset(name)
    character().exges.transcript = str(here / "speech.json")
    if not compat.HAS_SOUND:
        scene_parts.give_speech(character(), here / "speech.wav", 1)
    press("generate")
    return None


def one() -> None:
    chance = dice.random()
    if chance < 0.03:
        press(dice.choice(("generate", "generate", "hear_words")))
    elif chance < 0.06:
        tidy()
    elif chance < 0.72:
        press(dice.choice(OPERATORS))
    elif chance < 0.88:
        turn_a_setting()
    else:
        disturb()


def guarded(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception:  # noqa: BLE001 - whatever it is, it is what this looks for
        found["tracebacks"].append(traceback.format_exc(limit=8))


scene_anew()
press("generate")
heard = io.StringIO()
with contextlib.redirect_stderr(heard), contextlib.redirect_stdout(heard):
    for number in range(calls):
        guarded(one)
        found["calls"] = number + 1
        if number % 5 == 0:
            guarded(lambda: paper.draw_all(PANELS))
        if not bpy.context.scene.objects:
            scene_anew()
found["tracebacks"] += [line for line in heard.getvalue().splitlines() if line.startswith("Traceback")]
found["texts"] = paper.draw_all(PANELS)
bpy.ops.preferences.addon_disable(module=scene_parts.MODULE)
found["left"] = [name for name in dir(bpy.types) if name.upper().startswith("EXGES")]
scene_parts.leave(report, found)
