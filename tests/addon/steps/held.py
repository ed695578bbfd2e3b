"""A Rigify human that sits on IK legs with an IK hand on something: what it does while parts are held."""

import os
import sys
from pathlib import Path

import bpy  # isort: skip - addon_utils is found only after it
import addon_utils
import numpy as np
from mathutils import Euler, Matrix, Vector

from blender_addon.engine import client, preferences
from blender_addon.generation import running
from blender_addon.generation.settings import settings_for
from blender_addon.takes import keyframes, record
from blender_addon.ui import readiness
from exges_core.errors import ExgesError
from tests.addon.steps import scene_parts

report, python, root = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
here, found = Path.cwd(), {}
START, COUNT = 11, 72
FAR = 0.988
"""Of an arm's length: how far off a hand is that its trunk has to lean for."""
BEYOND = 1.2
"""Likewise, of one that this rig's IK stretches."""
scene_parts.enable(python)
os.environ["PYTHONPATH"] = root  # for the engine: its environment need not have exges installed
addon_utils.enable("rigify", default_set=True)
bpy.ops.object.armature_human_metarig_add()
bpy.ops.pose.rigify_generate()
rig = next(each for each in bpy.data.objects if each.type == "ARMATURE" and "rig_id" in each.data)
scene, bones = bpy.context.scene, rig.pose.bones
scene.render.fps, scene.frame_end = 24, START + COUNT
scene_parts.talk(here / "speech.wav", python, COUNT / 24)
PARTS = {"feet": ("ORG-foot.L", "ORG-foot.R", "ORG-toe.L", "ORG-toe.R"), "left": ("ORG-hand.L", "ORG-f_middle.02.L")}
PARTS |= {"right": ("ORG-hand.R",), "head": ("ORG-spine.006",)}


def key(frame: int) -> None:
    for name in ("torso", "foot_ik.L", "foot_ik.R", "hand_ik.L"):
        bones[name].keyframe_insert("location", frame=frame)
        bones[name].keyframe_insert("rotation_quaternion", frame=frame)


bones["torso"].location = (0.0, 0.0, -0.45)
bones["foot_ik.L"].location = bones["foot_ik.R"].location = (0.0, -0.4, 0.0)
bones["hand_ik.L"].location = (-0.3, -0.3, 0.2)
key(START)
bones["torso"].rotation_quaternion = Euler((0.1, 0.0, 0.05)).to_quaternion()
bones["foot_ik.L"].location = (0.03, -0.38, 0.05)
key(START + COUNT)


def places() -> dict[str, np.ndarray]:
    rows = []
    for frame in range(START, START + COUNT):
        scene.frame_set(frame)
        posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        rows.append({part: [list(posed[name].head) for name in names] for part, names in PARTS.items()})
    scene.frame_set(START)
    return {part: np.array([row[part] for row in rows]) for part in PARTS}


def take(*busy: str, **settings: object) -> None:
    asked = {"audio": str(here / "speech.wav"), "start_frame": START, "asr": "none", "seed": 3, "busy": busy}
    making = running.Making(
        settings_for(scene.name, rig.name, {**asked, **settings}), sequencer=scene.name, engine=engine
    )
    while not making.step():
        pass


engine = client.Engine(client.command_of(python), environment=preferences.engine_environment(bpy.context))
own = places()
scene.frame_set(37)
for name, busy, tolerance_deg in (
    ("seated", ("lower_body", "left_arm"), 0.0),
    ("fewer", ("lower_body", "left_arm"), 1.0),
    ("range", ("lower_body", f"left_arm:{START + 24}-{START + 48}"), 0.0),
    ("free", (), 0.0),
):
    take(*busy, tolerance_deg=tolerance_deg)
    now = places()
    off = {part: np.linalg.norm(now[part] - own[part], axis=-1) for part in PARTS}
    found[name] = {part: float(each.max()) for part, each in off.items()}
    found[name]["left inside"] = float(off["left"][24:49].max())
    found[name] |= {f"{part} moves": float(np.ptp(now[part], axis=0).max()) for part in PARTS}
found["frame"] = scene.frame_current
# A hand so far out that the trunk has to lean less; on this rig the pelvis hangs on the trunk's lower end.
for made in keyframes.takes_of(rig):
    keyframes.remove_take(rig, made.name)
rests = [rig.data.bones[f"ORG-{name}.L"].head_local for name in ("upper_arm", "forearm", "hand")]
length = (rests[1] - rests[0]).length + (rests[2] - rests[1]).length


def key_far_hand(frame: int, share: float) -> None:
    scene.frame_set(frame)
    place = bones["ORG-upper_arm.L"].head + share * length * Vector((0.1, -1.0, 0.0)).normalized()
    bones["hand_ik.L"].matrix = Matrix.Translation(place) @ bones["hand_ik.L"].bone.matrix_local.to_3x3().to_4x4()
    bones["hand_ik.L"].keyframe_insert("location", frame=frame)
    bones["hand_ik.L"].keyframe_insert("rotation_quaternion", frame=frame)


def told() -> list[str]:
    """What the newest take says of arms that its character's own animation stretches."""
    return [each for each in record.report(keyframes.takes_of(rig)[-1])["warnings"] if "stretches" in each]


key_far_hand(START, FAR)
key_far_hand(START + COUNT, FAR)
own = places()
take("lower_body", "left_arm")
found["told"] = [told()]
found["far"] = {part: float(np.linalg.norm(now - own[part], axis=-1).max()) for part, now in places().items()}
for made in keyframes.takes_of(rig):
    keyframes.remove_take(rig, made.name)
key_far_hand(START, BEYOND)
key_far_hand(START + COUNT, BEYOND)
take("lower_body", "left_arm")
found["told"].append(told())
found["refused"] = {}
for text in ("tail", "left_arm:1-20", "left_arm:30-900", "left_arm:40-30"):
    try:
        take(text)
        found["refused"][text] = ""
    except ExgesError as error:
        found["refused"][text] = str(error)
bpy.context.scene.exges.character = rig
found["seated_button"] = list(bpy.ops.exges.seated()) + list(bpy.ops.exges.seated()) + list(bpy.ops.exges.add_held())
found["added_held"] = [rig.exges.held[1].part, rig.exges.held[1].is_whole]
rig.exges.held[1].part, rig.exges.held[1].is_whole, rig.exges.held[1].first = "left_arm", False, 30
found["asked"] = list(readiness.take_settings(bpy.context).busy)
bpy.ops.exges.remove_held(place=0)
found["left_over"] = [each.part for each in rig.exges.held]
rig.exges.held.clear()
found["reused"] = [*bpy.ops.exges.reuse_settings(take=keyframes.takes_of(rig)[-1].name)]
found["reused"] += readiness.take_settings(bpy.context).busy
engine.stop()
scene_parts.leave(report, found)
