"""Rigs whose rest shows no person standing straight, and the standing poses that lead back; several tests use them."""

from dataclasses import replace

import numpy as np
from rig.families import Family
from rig.motions import true_map

from exges_core.motion.rotations import matrix_from_quat, quat_from_matrix, quat_from_rotvec, quat_inverse
from exges_core.rig.retarget import Retargeter
from exges_core.rig.retarget_chain import Chain
from exges_core.rig.stance import Stance, Stood

SEATED = {"left_hip": [-80, 10, 0], "right_hip": [-80, -10, 0], "left_knee": [85, 0, 0], "right_knee": [85, 0, 0]}
CROSSED = {"left_shoulder": [30, -50, -60], "left_elbow": [0, -110, 0], "right_shoulder": [35, 50, 60]}
TILTED = {"pelvis": [35, 20, 10], "neck": [-20, 0, 0], "right_wrist": [0, 40, 30]}
ODD = {"seated": SEATED, "crossed": CROSSED | {"right_elbow": [0, 105, 0]}, "tilted": TILTED}


def turned(each: Family, degrees: dict[str, list[int]], location: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Stance:
    """The stance that turns joints by rotation vectors in the rig's axes, each before those above it turn."""
    turns = {}
    for joint, vector in degrees.items():
        rest = quat_from_matrix(each.rig.rest_matrix[each.rig.index(each.truth[joint])])
        turn = matrix_from_quat(rest).T @ np.deg2rad(vector)
        turns[each.truth[joint]] = quat_from_rotvec(turn)
    return Stance(turns_wxyz=turns, location=np.array(location) * each.unit)


def stood(each: Family, stance: Stance) -> Stood:
    retargeter = Retargeter(rig=each.rig, rig_map=true_map(each))
    return Stood(chain=Chain(rig=each.rig, rig_map=retargeter.rig_map, bones=retargeter.bones), stance=stance)


def odd_and_way_back(each: Family, kind: str) -> tuple[Family, Stance]:
    """The family with an odd rest, and the stance that leads from there to its own one."""
    there = stood(each, turned(each, ODD[kind], (0.05, -0.3, 0.1)))
    names = [bone for bone, _ in there.chain.driven]
    turns = dict(zip(names, quat_inverse(there.basis_wxyz), strict=True))
    pelvis = each.rig.index(each.truth["pelvis"])
    shift = each.rig.rest_matrix[pelvis] @ there.stance.location
    back = Stance(turns_wxyz=turns, location=-there.rig.rest_matrix[pelvis].T @ shift)
    return replace(each, rig=there.rig), back
