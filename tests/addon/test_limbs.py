"""Limbs in a rigger's words: nothing of the add-on's window is needed."""

from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.rig.bones import EYES
from tests.addon.test_addon_parts import load

limbs = load("character", "limbs")


def test_every_joint_but_the_eyes_is_in_one_limb() -> None:
    listed = [joint for joints in limbs.LIMBS.values() for joint in joints]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(JOINT_NAMES) - set(EYES)
    assert limbs.LIMBS["Left Arm"] == ("left_collar", "left_shoulder", "left_elbow", "left_wrist")
    assert limbs.LIMBS["Right Fingers"][:4] == ("right_thumb1", "right_thumb2", "right_thumb3", "right_index1")


def test_bones_are_called_as_riggers_call_them_each_by_its_own_name() -> None:
    names = [limbs.said(joint) for joint in JOINT_NAMES if joint not in EYES]
    assert len(set(names)) == len(names)
    words = {"left_elbow": "Left Forearm", "right_hip": "Right Thigh", "left_index2": "Left Index 2", "spine3": "Chest"}
    assert {joint: limbs.said(joint) for joint in words} == words
