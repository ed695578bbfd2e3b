"""Faces of bones as Rigify generates them, with the real engine: where a spoken take puts lips and brows.

face_bones.py REPORT PYTHON
"""

import sys
from pathlib import Path

import bpy  # isort: skip
import addon_utils
import numpy as np

from blender_addon.engine import session
from blender_addon.face import found as faces
from blender_addon.generation import idling, running
from blender_addon.generation.settings import settings_for
from blender_addon.scene import compat, curves
from blender_addon.takes import keyframes, layers, record
from exges_core.face.rigs import BoneChannel
from tests.addon.steps import scene_parts

report, python = Path(sys.argv[1]), sys.argv[2]
here, found = Path.cwd(), {}
SECONDS, RATE_HZ = 4.0, 30
OWN_FRAME, OWN_PLACE = 40, (0.001, -0.004, 0.002)
POINTS = {
    "upper": ("DEF-lip.T.L", False),
    "lower": ("DEF-lip.B.L", False),
    "upper_half": ("DEF-lip.T.L.001", False),
    "lower_half": ("DEF-lip.B.L.001", False),
    "left": ("DEF-lip.T.L.001", True),
    "right": ("DEF-lip.T.R.001", True),
    "left_below": ("DEF-lip.B.L.001", True),
    "inner_brow": ("DEF-brow.T.L.002", True),
    "right_brow": ("DEF-brow.T.R.001", False),
    "outer_brow": ("DEF-brow.T.L.001", False),
    "upper_lid": ("DEF-lid.T.L.002", False),
    "lower_lid": ("DEF-lid.B.L.002", False),
}
"""What is measured on the bones that deform the skin -> a bone, and whether its tail is meant."""


def human(*, is_upgraded: bool) -> bpy.types.Object:
    """Rigify's own human: its face of the old kind, or the same one after Rigify's own upgrade."""
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    if is_upgraded:
        bpy.ops.pose.rigify_upgrade_face()
    before = set(bpy.data.objects)
    bpy.ops.pose.rigify_generate()
    rig = next(each for each in bpy.data.objects if each not in before and each.type == "ARMATURE")
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.data.objects.remove(metarig)
    rig.name = "New" if is_upgraded else "Old"
    return rig


def points(rig: bpy.types.Object) -> dict[str, list[float]]:
    """Where skin is that the bones move, as the head sees it: it nods."""
    head = rig.pose.bones["DEF-spine.006"]
    back = (head.matrix @ head.bone.matrix_local.inverted()).inverted()
    places: dict[str, list[float]] = {}
    target = "eyes" if "eyes" in rig.pose.bones else "eye_common"
    for name, (bone, is_tail) in {**POINTS, "target": (target, False)}.items():
        posed = rig.pose.bones[bone]
        places[name] = [round(each, 6) for each in back @ (posed.tail if is_tail else posed.head)]
    return places


def shown(rig: bpy.types.Object, frames: range) -> list[dict[str, list[float]]]:
    rows = []
    for frame in frames:
        scene.frame_set(frame)
        rows.append(points(rig))
    return rows


def make(rig: bpy.types.Object, **settings: object) -> bpy.types.Action:
    given = {"audio": str(here / "speech.wav"), "transcript": str(here / "speech.json"), "face": True, "seed": 4}
    chosen = settings_for(scene.name, rig.name, {**given, **settings})
    return running.Making(chosen, sequencer=scene.name, engine=session.engine_for(bpy.context)).now()


def places_of(take: bpy.types.Action) -> dict[tuple[str, int], curves.Keys]:
    """A take's curves of locations, of bones of the face alone."""
    paths = {f'pose.bones["{each.bone}"].location' for each in channels() if each.moves}
    kept = [each for each in compat.own_curves(take) if each.data_path in paths]
    return {(each.data_path, each.array_index): curves.read(each) for each in kept}


def same_outside(new: bpy.types.Action, old: bpy.types.Action, first: int, last: int) -> tuple[int, int]:
    """How many curves of face bones are the same outside of a range, to the bit, and how many there are."""
    fresh, same = places_of(new), 0
    for place, keys in places_of(old).items():
        outside = keys.where((keys.frames < first) | (keys.frames > last))
        there = fresh[place].where((fresh[place].frames < first) | (fresh[place].frames > last))
        same += all(outside.floats[name].tobytes() == there.floats[name].tobytes() for name in curves.FLOATS)
    return same, len(places_of(old))


def inner_brow(one: bpy.types.Action) -> np.ndarray:
    """A brow's curves on the frames of a range."""
    frames = np.arange(62, 98)
    keys = [each for (path, _), each in sorted(places_of(one).items()) if "brow.T.L.003" in path]
    return np.stack([np.interp(frames, each.frames, each.values) for each in keys])


def with_own_keys() -> None:
    """Keys of one's own on a lip and on the jaw are met where few keys are written; lips still shut."""
    lip = rig.pose.bones["lip.B"]
    lip.location = OWN_PLACE
    lip.keyframe_insert("location", frame=OWN_FRAME)
    thin = make(rig, tolerance_deg=1.0)
    scene.frame_set(OWN_FRAME)
    found["own"] = [list(lip.location), list(OWN_PLACE)]
    found["thin"] = {"shown": shown(rig, range(*record.frames_of(thin)))}
    found["keys"] = [sum(len(each.frames) for each in places_of(one).values()) for one in (take, thin)]
    keyframes.remove_take(rig, thin.name)


def as_layers() -> None:
    """The face is a layer with all that its bones do."""
    record.show(rig, take.name)
    scene.exges.character = rig
    found["split"] = list(bpy.ops.exges.split_take())
    layer = layers.layers_of(rig, take)[layers.FACE]
    inside = {each.data_path.rpartition(".")[0] for each in compat.own_curves(layer.action)}
    found["layer"] = sorted(inside) == sorted(f'pose.bones["{each.bone}"]' for each in channels())


def channels() -> tuple[BoneChannel, ...]:
    return faces.face_of(rig).bones.channels


scene_parts.enable(python)
addon_utils.enable("rigify", default_set=True)
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = RATE_HZ, 1.0
scene_parts.talk(here / "speech.wav", python, SECONDS)
for is_upgraded in (False, True):
    rig = human(is_upgraded=is_upgraded)
    scene.frame_set(0)
    rest = points(rig)
    seen = faces.face_of(rig)
    take = make(rig)
    start, stop = record.frames_of(take)
    told = record.report(take)
    found[rig.name] = {
        "parts": {each.bone: each.part for each in seen.bones.channels},
        "alone": dict(seen.bones.left_alone),
        "missing": list(seen.missing),
        "rest": rest,
        "shown": shown(rig, range(start, stop)),
        "told": {"face": told["face"], "warnings": told["warnings"], "keys": list(told)},
    }
    if not is_upgraded:
        part = make(rig, seed=5, part=(60, 100), base=take.name)
        found["range"] = same_outside(part, take, 60, 99)
        found["range_moved"] = float(np.abs(inner_brow(part) - inner_brow(take)).max())
        keyframes.remove_take(rig, part.name)
        image = idling.mirror(scene, rig.name, take.name)
        found["mirrored"] = shown(rig, range(start, stop))
        keyframes.remove_take(rig, image.name)
        with_own_keys()
        as_layers()
    else:
        keyframes.remove_take(rig, take.name)
        (found["removed"],) = shown(rig, range(70, 71))
scene_parts.leave(report, found)
