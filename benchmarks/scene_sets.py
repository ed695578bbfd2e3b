"""Four characters with an animation of their own, by code, on a Rigify human with a body: for `benchmarks.scenes`.

Each sits, holds, drives or walks by IK controls and constraints as an animator would key it, with the things about it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

from blender_addon.scene import compat

SECONDS, RATE = 12, 30
FRAMES = SECONDS * RATE
BOTH_HANDS_UNTIL = 150
"""The driver's left hand lets the wheel go after this frame."""
CYCLE, STEP_M = 28, 0.52
"""Of the walk: frames of two steps, and one step's length."""
_HIP_DOWN_M, _HIP_BACK_M = -0.49, 0.50
_SEAT_M, _WHEEL_M, _WHEEL_AT = (0.6, 0.5, 0.475), 0.19, (0.0, 0.15, 0.96)
_WHEEL_TILT = math.radians(60)
_HAND_BONES = ("DEF-hand.{}", "DEF-f_middle.02.{}", "DEF-thumb.02.{}")
ROOT = "root"
"""Rigify's bone that carries all others over the ground."""
FEET = tuple(f"DEF-{bone}.{side}" for bone in ("foot", "toe") for side in "LR")
HANDS = {side: tuple(bone.format(side) for bone in _HAND_BONES) for side in "LR"}


@dataclass(frozen=True, kw_only=True)
class Set:
    """One of the four.

    Attributes:
        build: keys the rig and adds the things.
        busy: what generation holds.
        stays: name -> bones or objects that must stay with the own animation, and in which frames.
        free: name -> bones that gesture.
        in_layers: the take is split, Upper Body Only; nothing is held.
    """

    build: Callable[[bpy.types.Object], None]
    busy: tuple[str, ...]
    stays: Mapping[str, tuple[tuple[str, ...], range]]
    free: Mapping[str, tuple[str, ...]]
    in_layers: bool = False


def put(
    rig: bpy.types.Object,
    bone: str,
    frame: int,
    *,
    by: tuple[float, float, float] = (0, 0, 0),
    turn: Matrix | None = None,
) -> None:
    """Key a control: moved from its rest place and turned there, both in the armature's axes."""
    posed = rig.pose.bones[bone]
    rest = posed.bone.matrix_local
    about = (turn or Matrix.Identity(3)).to_4x4()
    posed.matrix = Matrix.Translation(rest.translation + Vector(by)) @ about @ rest.to_3x3().to_4x4()
    bpy.context.view_layer.update()
    posed.keyframe_insert("location", frame=frame)
    posed.keyframe_insert(
        "rotation_quaternion" if posed.rotation_mode == "QUATERNION" else "rotation_euler", frame=frame
    )


def turned(*angles_deg: float) -> Matrix:
    """Return a rotation about the armature's axes X, Y, Z."""
    return Euler([math.radians(each) for each in angles_deg]).to_matrix()


def grip(rig: bpy.types.Object, side: str, *, forward: Vector, up: Vector, wrist: Vector) -> Matrix:
    """Return the matrix of a hand's control with fingers forward, the index above, the wrist at a place."""
    bones = rig.data.bones
    index, little = (bones[f"DEF-f_{name}.01.{side}"].head_local for name in ("index", "pinky"))
    start = bones[f"DEF-hand.{side}"].head_local
    at_rest, wanted = _axes(0.5 * (index + little) - start, index - little), _axes(forward, up)
    rest = bones[f"hand_ik.{side}"].matrix_local.to_3x3()
    return Matrix.Translation(wrist) @ (wanted @ at_rest.transposed() @ rest).to_4x4()


def _axes(along: Vector, line: Vector) -> Matrix:
    first = along.normalized()
    second = (line - first * line.dot(first)).normalized()
    return Matrix((first, second, first.cross(second))).transposed()


def curl(rig: bpy.types.Object, side: str, angle_deg: float) -> None:
    """Close a hand, for good."""
    for finger in ("index", "middle", "ring", "pinky"):
        for number in (1, 2, 3):
            bone = rig.pose.bones[f"f_{finger}.0{number}.{side}"]
            bone.rotation_mode = "XYZ"
            bone.rotation_euler = (math.radians(angle_deg), 0.0, 0.0)
            bone.keyframe_insert("rotation_euler", frame=1)


def thing(name: str, mesh: bpy.types.Mesh, colour: tuple[float, float, float], at: Matrix) -> bpy.types.Object:
    """Add an object with a mesh."""
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*colour, 1.0)
    mesh.materials.append(material)
    found = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(found)
    found.matrix_world = at
    return found


def _ring(rows: list[tuple[float, float]], *, count: int = 24, is_closed: bool = False) -> bpy.types.Mesh:
    """Return a surface of revolution about Z: rows of radius and height."""
    angles = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    points = [(r * math.cos(a), r * math.sin(a), z) for r, z in rows for a in angles]
    last = len(rows) if is_closed else len(rows) - 1
    faces = [
        tuple((row + dr) % len(rows) * count + (each + dc) % count for dr, dc in ((0, 0), (0, 1), (1, 1), (1, 0)))
        for row in range(last)
        for each in range(count)
    ]
    mesh = bpy.data.meshes.new("Ring")
    mesh.from_pydata(points, [], faces)
    return mesh


def _seat(rig: bpy.types.Object) -> None:
    """Sit the character on a box: pelvis and feet keyed, the trunk sways and a foot taps."""
    wide, deep, high = _SEAT_M
    mesh = bpy.data.meshes.new("Box")
    corners = [(x * wide / 2, y * deep / 2, z * high) for x in (-1, 1) for y in (-1, 1) for z in (0, 1)]
    mesh.from_pydata(corners, [], [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
    thing("Box", mesh, (0.35, 0.24, 0.16), Matrix.Translation((0.0, _HIP_BACK_M + 0.06, 0.0)))
    for frame in range(1, FRAMES + 31, 30):
        sway = math.sin(frame / 40.0)
        put(rig, "torso", frame, by=(0.01 * sway, _HIP_BACK_M, _HIP_DOWN_M), turn=turned(2.0 * sway, 0.0, 3.0 * sway))
        put(rig, "foot_ik.L", frame, by=(0.06, 0.0, 0.0))
    for frame in range(1, FRAMES + 11, 10):
        tap = 12.0 if frame // 10 % 4 == 1 else 0.0
        put(rig, "foot_ik.R", frame, by=(-0.08, -0.06, 0.0006 * tap), turn=turned(-tap, 0.0, 0.0))


def _hold_cup(rig: bpy.types.Object) -> None:
    """Raise the right forearm with a cup in the hand, which is lifted once; feet stand."""
    curl(rig, "R", 42.0)
    for side in "LR":
        put(rig, f"foot_ik.{side}", 1, by=(0.03 if side == "L" else -0.03, 0.0, 0.0))
    forward = Vector((0.35, -0.9, 0.1))
    for frame, raised in ((1, 0.0), (120, 0.01), (165, 0.16), (210, 0.16), (260, 0.0), (FRAMES, 0.01)):
        wrist = Vector((-0.2 + 0.2 * raised, -0.3 + 0.3 * raised, 1.28 + raised))
        posed = rig.pose.bones["hand_ik.R"]
        up = Vector((0.0, -0.8 * raised, 1.0))
        posed.matrix = grip(rig, "R", forward=forward, up=up, wrist=wrist)
        bpy.context.view_layer.update()
        posed.keyframe_insert("location", frame=frame)
        posed.keyframe_insert("rotation_quaternion", frame=frame)
    bpy.context.scene.frame_set(1)
    hand = rig.pose.bones["DEF-hand.R"].matrix.translation
    palm = hand + 0.1 * forward.normalized() + Vector((0.045, 0.0, -0.045))
    rows = [(0.0, 0.0), (0.03, 0.0), (0.036, 0.095), (0.032, 0.095), (0.028, 0.01)]
    cup = thing("Cup", _ring(rows), (0.85, 0.12, 0.1), Matrix.Identity(4))
    cup.parent, cup.parent_type, cup.parent_bone = rig, "BONE", "DEF-hand.R"
    bpy.context.view_layer.update()
    cup.matrix_world = Matrix.Translation(palm)


def _drive(rig: bpy.types.Object) -> None:
    """Sit behind a wheel that turns; both hands hang on it by constraints, a foot is on the gas."""
    _seat(rig)
    circle = np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False)
    rows = [(_WHEEL_M + 0.014 * math.cos(each), 0.014 * math.sin(each)) for each in circle]
    tilted = Matrix.Translation(_WHEEL_AT) @ Matrix.Rotation(_WHEEL_TILT, 4, "X")
    wheel = thing("Wheel", _ring(rows, count=40, is_closed=True), (0.1, 0.1, 0.12), tilted)
    up, forward = tilted.to_3x3() @ Vector((0, 1, 0)), tilted.to_3x3() @ Vector((0, 0, -1))
    for side, sign in (("L", 1.0), ("R", -1.0)):
        curl(rig, side, 55.0)
        rim = tilted @ Vector((sign * (_WHEEL_M + 0.03), 0.0, 0.0))
        handle = bpy.data.objects.new(f"Grip {side}", None)
        bpy.context.scene.collection.objects.link(handle)
        handle.parent = wheel
        bpy.context.view_layer.update()
        handle.matrix_world = grip(rig, side, forward=forward, up=up, wrist=rim - 0.085 * forward)
        follow = rig.pose.bones[f"hand_ik.{side}"].constraints.new("COPY_TRANSFORMS")
        follow.target = handle
    for frame in range(1, FRAMES + 21, 20):
        angle = math.radians(22.0) * math.sin(frame / 25.0) * math.sin(frame / 61.0)
        wheel.rotation_euler = (tilted @ Matrix.Rotation(angle, 4, "Z")).to_euler()
        wheel.keyframe_insert("rotation_euler", frame=frame)


def _walk(rig: bpy.types.Object) -> None:
    """Walk over the ground: one cycle of feet, trunk and arms that repeats, the root bone goes on evenly."""
    for side, sign in (("L", 1.0), ("R", -1.0)):
        rig.pose.bones[f"upper_arm_parent.{side}"]["IK_FK"] = 1.0
        for frame in range(1, CYCLE + 2):
            share = ((frame - 1) / CYCLE + (0.0 if sign > 0.0 else 0.5)) % 1.0
            _step(rig, side, frame, share)
            swing = 22.0 * math.cos(2.0 * math.pi * share)
            arm = turned(swing, 0.0, 0.0) @ turned(0.0, 33.0 * sign, 0.0)
            put_turn(rig, f"upper_arm_fk.{side}", frame, arm)
            put_turn(rig, f"forearm_fk.{side}", frame, turned(swing - 22.0, 0.0, 0.0) @ turned(0.0, 33.0 * sign, 0.0))
    for frame in range(1, CYCLE + 2):
        phase = 2.0 * math.pi * (frame - 1) / CYCLE
        bob = -0.055 - 0.015 * math.cos(2.0 * phase)
        put(rig, "torso", frame, by=(0.015 * math.sin(phase), 0.0, bob), turn=turned(3.0, 0.0, -5.0 * math.cos(phase)))
        put_turn(rig, "chest", frame, turned(0.0, 0.0, 6.0 * math.cos(phase)))
    own = rig.animation_data.action
    for curve in compat.curves_of(own):
        curve.modifiers.new("CYCLES")
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
    for frame in (1, FRAMES + 31):
        put(rig, "root", frame, by=(0.0, -2.0 * STEP_M * (frame - 1) / CYCLE, 0.0))
    for curve in compat.curves_of(own):
        if '"root"' in curve.data_path:
            for key in curve.keyframe_points:
                key.interpolation = "LINEAR"


def _step(rig: bpy.types.Object, side: str, frame: int, share: float) -> None:
    """Key a foot of the cycle: it stands for the first half, against the root, and swings forward for the other."""
    if share < 0.5:
        put(rig, f"foot_ik.{side}", frame, by=(0.0, STEP_M * (2.0 * share - 0.5), 0.0))
        return
    swing = 2.0 * share - 1.0
    ease = swing * swing * (3.0 - 2.0 * swing)
    lift = math.sin(math.pi * swing)
    pitch = turned(45.0 * math.sin(math.pi * min(1.0, 1.4 * swing)) * (1.0 - swing), 0.0, 0.0)
    put(rig, f"foot_ik.{side}", frame, by=(0.0, STEP_M * (0.5 - ease), 0.11 * lift), turn=pitch)


def put_turn(rig: bpy.types.Object, bone: str, frame: int, turn: Matrix) -> None:
    """Key a control's turn in the armature's axes, where its parents have it."""
    posed = rig.pose.bones[bone]
    place = posed.matrix.translation.copy()
    posed.matrix = Matrix.Translation(place) @ (turn @ posed.bone.matrix_local.to_3x3()).to_4x4()
    bpy.context.view_layer.update()
    posed.keyframe_insert(
        "rotation_quaternion" if posed.rotation_mode == "QUATERNION" else "rotation_euler", frame=frame
    )


_ALL = range(1, FRAMES + 1)
_HEAD = {"head": ("DEF-spine.006",)}
SETS: Mapping[str, Set] = {
    "seated": Set(
        build=_seat,
        busy=("lower_body",),
        stays={"feet": (FEET, _ALL), "pelvis": (("DEF-spine",), _ALL)},
        free={"left hand": HANDS["L"], "right hand": HANDS["R"], **_HEAD},
    ),
    "cup": Set(
        build=_hold_cup,
        busy=("lower_body", "right_arm"),
        stays={"right hand": (HANDS["R"], _ALL), "cup": (("Cup",), _ALL), "feet": (FEET, _ALL)},
        free={"left hand": HANDS["L"], **_HEAD},
    ),
    "driving": Set(
        build=_drive,
        busy=("lower_body", "right_arm", f"left_arm:1-{BOTH_HANDS_UNTIL}"),
        stays={
            "feet": (FEET, _ALL),
            "right hand": (HANDS["R"], _ALL),
            "left hand": (HANDS["L"], range(1, BOTH_HANDS_UNTIL + 1)),
        },
        free={"left hand": HANDS["L"], **_HEAD},
    ),
    "walking": Set(
        build=_walk,
        busy=(),
        stays={"feet": (FEET, _ALL)},
        free={"left hand": HANDS["L"], "right hand": HANDS["R"], **_HEAD},
        in_layers=True,
    ),
}
