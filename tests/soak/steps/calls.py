"""The add-on's operators at random: any of them, with properties that fit and that do not, whatever state is found.

calls.py REPORT PYTHON COUNT SEED
"""

import contextlib
import io
import json
import math
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import bpy  # isort: skip

from blender_addon.engine import session
from blender_addon.scene import compat
from blender_addon.takes import keyframes, marks
from tests.addon.steps import scene_parts, walk

report, python, count, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
here, dice = Path.cwd(), random.Random(seed)
LEFT_OUT = {"create_environment", "remove_environment", "get_model", "check", "open_environment_log"}
"""They install, fetch or delete, or open another program; they have tests of their own."""
SLOW = {"generate", "variations", "idle_loop", "hear_words", "add_to_base", "mirror_take", "extend_end", "add_example"}
"""They ask the engine, and are called a fifth as often."""
NAMES = sorted(set(dir(bpy.ops.exges)) - LEFT_OUT) if hasattr(bpy.ops, "exges") else []
TEXTS = (
    "",
    "nonsense",
    "left_elbow",
    "head",
    "pelvis",
    "\N{SNOWMAN}",
    "x" * 400,
    "Anna",
    "../../x",
    "left_arm",
    "0",
    "//a",
)
found: dict[str, object] = {"faults": [], "calls": 0}
finished, refused, slowest = Counter[str](), Counter[str](), Counter[str]()
scene_parts.talk(here / "speech.wav", python, 2.0)


def scene_anew() -> None:
    """Two characters with a sound, one of them walking."""
    scene_parts.enable(python)
    scene = bpy.context.scene
    for name in ("Anna", "Ben"):
        scene_parts.body(name).exges.transcript = str(here / "speech.json")
    ben = bpy.data.objects["Ben"]
    ben.animation_data_create().action = walk.walk(ben)
    scene.exges.character = bpy.data.objects["Anna"]
    scene_parts.give_speech(bpy.data.objects["Anna"], here / "speech.wav", dice.randint(-5, 30))
    NAMES[:] = sorted(set(dir(bpy.ops.exges)) - LEFT_OUT)


def value_of(prop: bpy.types.Property) -> object:
    """Return a value that may or may not do."""
    actions = [each.name for each in bpy.data.actions]
    if prop.type == "BOOLEAN":
        return dice.random() < 0.5
    if prop.type == "INT":
        return dice.choice((0, 1, -1, 2, 17, 10**6, -(10**6), 2**31 - 1, -(2**31)))
    if prop.type == "FLOAT":
        return dice.choice((0.0, 1.0, -1.0, 0.5, 1e30, -1e30, math.nan, math.inf, 24.0))
    if prop.type == "ENUM":
        items = [each.identifier for each in prop.enum_items] or ["nonsense"]
        return {dice.choice(items)} if prop.is_enum_flag else dice.choice([*items, *items, "NONSENSE"])
    if prop.identifier in {"filepath", "directory", "filename"}:
        return dice.choice(
            ("", str(here / "out" / "a.bvh"), str(here / "speech.wav"), "/nowhere/at/all.json", "\0", str(here))
        )
    return dice.choice((*TEXTS, *actions, *actions))


def arguments(name: str) -> dict[str, object]:
    """Return some of an operator's properties."""
    properties = getattr(bpy.ops.exges, name).get_rna_type().properties
    chosen = [each for each in properties if each.identifier != "rna_type" and dice.random() < 0.8]
    return {each.identifier: _whole(each, value_of(each)) for each in chosen}


def _whole(prop: bpy.types.Property, value: object) -> object:
    length = getattr(prop, "array_length", 0)
    return [value] * length if length and prop.type in {"BOOLEAN", "INT", "FLOAT"} else value


def call() -> None:
    """Call an operator."""
    if dice.random() < 0.05:
        return settle()
    name = dice.choice(NAMES)
    if name in SLOW and dice.random() < 0.8:
        name = dice.choice([each for each in NAMES if each not in SLOW])
    given = arguments(name)
    began_s = time.monotonic()
    try:
        result = getattr(bpy.ops.exges, name)(**given)
        (finished if "FINISHED" in result else refused)[name] += 1
    except RuntimeError as error:
        refused[name] += 1
        if "Traceback" in str(error) or "defect" in str(error) or not str(error).strip():
            fault(f"{name}({given}): {error}")
    except (TypeError, ValueError, OverflowError):
        refused[name] += 1  # Blender's own word on a value that the property cannot have
    slowest[name] = max(slowest[name], round(time.monotonic() - began_s, 1))
    return None


def settle() -> None:
    """Bring settings back to what they are at first, and make a take: most operators need one."""
    scene, objects = bpy.context.scene, [each for each in bpy.data.objects if each.type == "ARMATURE"]
    if bpy.context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    thing = scene.exges.character = scene.exges.character or objects[0]
    for owner in (scene.exges, thing.exges):
        for each in owner.bl_rna.properties:
            if each.identifier not in {"character", "rna_type", "name"}:
                owner.property_unset(each.identifier)
    thing.exges.transcript = str(here / "speech.json")
    if not compat.HAS_SOUND:
        scene_parts.give_speech(thing, here / "speech.wav", 1)
    try:
        bpy.ops.exges.generate()
        finished["generate"] += 1
    except RuntimeError as error:
        refused["generate"] += 1
        if "defect" in str(error):
            fault(f"generate: {error}")


def unsettle() -> None:  # noqa: C901 - a list of what animators do
    """Bring the file into another state: selection, mode, frame, active object, keys, deletions, files, undo."""
    objects = [each for each in bpy.data.objects if each.type == "ARMATURE"]
    kind = dice.randint(0, 11)
    if kind == 0:
        bpy.context.scene.frame_set(dice.randint(-10, 100))
    elif kind == 1 and objects:
        bpy.context.scene.exges.character = dice.choice([*objects, None])
    elif kind == 2 and objects:
        bpy.context.view_layer.objects.active = dice.choice([*objects, None])
    elif kind == 3 and bpy.context.view_layer.objects.active is not None:
        with contextlib.suppress(RuntimeError):
            bpy.ops.object.mode_set(mode=dice.choice(("OBJECT", "POSE", "EDIT")))
    elif kind == 4 and objects:
        for bone in dice.choice(objects).pose.bones:
            owner = bone.bone if hasattr(bone.bone, "select") else bone  # Blender 5 moved it
            owner.select = dice.random() < 0.3
    elif kind == 5 and objects and dice.choice(objects).pose.bones:
        bone = dice.choice(dice.choice(objects).pose.bones)
        bone.keyframe_insert("location", frame=dice.randint(0, 60))
    elif kind == 6 and len(bpy.data.actions) and dice.random() < 0.3:
        bpy.data.actions.remove(dice.choice(list(bpy.data.actions)))
    elif kind == 7 and dice.random() < 0.4:
        bpy.ops.wm.save_as_mainfile(filepath=str(here / "soak.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(here / "soak.blend"))
    elif kind == 8:
        with contextlib.suppress(RuntimeError):
            bpy.ops.ed.undo_push(message="soak")
            bpy.ops.ed.undo()
    elif kind == 9 and objects and dice.random() < 0.1:
        bpy.data.objects.remove(dice.choice(objects))
    elif kind == 10 and objects:
        dice.choice(objects).exges.source = dice.choice(("STRIP", "FILE")) if dice.random() < 0.3 else "STRIP"
    elif kind == 11 and dice.random() < 0.1:
        scene_anew()


def look() -> None:
    """Make sure that nothing is corrupt: keys in order and finite, takes readable, no job left behind."""
    for action in bpy.data.actions:
        for curve in compat.curves_of(action):
            places = [point.co[0] for point in curve.keyframe_points]
            if places != sorted(places) or not all(
                math.isfinite(each) for point in curve.keyframe_points for each in point.co
            ):
                fault(f"{action.name}: {curve.data_path} has keys that are out of order or no numbers")
        if marks.TAKE_KEY in action:
            json.loads(action[marks.TAKE_KEY])
    for thing in bpy.data.objects:
        if thing.type == "ARMATURE":
            keyframes.takes_of(thing)
            for bone in thing.pose.bones:
                if not all(math.isfinite(each) for row in bone.matrix_basis for each in row):
                    fault(f"{thing.name}: {bone.name} is nowhere")
    if session.Running.current is not None:
        fault("a job is still under way")


def fault(text: str) -> None:
    """Note a fault with the call that it came after."""
    found["faults"].append(f"call {found['calls']}: {text}")


def guarded(action: object) -> None:
    """Do it; an exception is a fault."""
    try:
        action()
    except Exception:  # noqa: BLE001 - whatever it is, it is what this looks for
        fault(traceback.format_exc(limit=8))


scene_anew()
(here / "out").mkdir()
heard = io.StringIO()
with contextlib.redirect_stderr(heard), contextlib.redirect_stdout(heard):
    guarded(settle)
    for number in range(count):
        found["calls"] = number
        guarded(call)
        if number % 2 == 0:
            guarded(unsettle)
        if number % 10 == 0:
            guarded(look)
        if not any(each.type == "ARMATURE" for each in bpy.data.objects):
            guarded(scene_anew)
found["calls"] = count
found["faults"] += [line for line in heard.getvalue().splitlines() if line.startswith("Traceback")]
found["finished"], found["refused"] = dict(finished.most_common()), dict(refused.most_common())
found["slowest_s"] = dict(slowest.most_common(5))
found["never_called"] = sorted(set(NAMES) - {*finished, *refused})
scene_parts.leave(report, found)
