"""Bones that are no joint of a body: what real characters carry around and a matcher must not fall for."""

from __future__ import annotations

from rig.families.hierarchy import Node, parse

_ON_JOINTS = {
    "spine3": """
breast_<l|r> / breast_end_<l|r> @ spine3+0.08,0.05,0.08 / spine3+0.09,0.04,0.15
cape_01 / cape_02 / cape_03 / cape_04 @ spine3+0,0.18,-0.08 / spine3+0,-0.1,-0.13 / spine3+0,-0.4,-0.17 / spine3+0,-0.7,-0.2
""",  # noqa: E501 - a table
    "head": """
hair_front / hair_front_end @ head+0,0.15,0.08 / head+0,0.2,0.12
ponytail_1 / ponytail_2 / ponytail_3 @ head+0,0.12,-0.1 / head+0,0,-0.16 / head+0,-0.15,-0.18
braid_1_<l|r> / braid_2_<l|r> / braid_3_<l|r> @ head+0.08,0.1,0 / head+0.1,0,0.02 / head+0.1,-0.12,0.04
hat @ head+0,0.2,0
""",
    "pelvis": """
tail_1 / tail_2 / tail_3 / tail_4 @ pelvis+0,0,-0.12 / pelvis+0,-0.08,-0.25 / pelvis+0,-0.2,-0.38 / pelvis+0,-0.3,-0.55
skirt_<l|r> / skirt_end_<l|r> @ pelvis+0.12,-0.02,0 / pelvis+0.18,-0.3,0
""",
    "left_shoulder": "arm_roll_left @ left_shoulder>left_elbow:0.5",
    "right_shoulder": "arm_roll_right @ right_shoulder>right_elbow:0.5",
    "left_elbow": "wrist_roll_left @ left_elbow>left_wrist:0.6",
    "right_elbow": "wrist_roll_right @ right_elbow>right_wrist:0.6",
    "left_hip": "thigh_roll_left @ left_hip>left_knee:0.5",
    "right_hip": "thigh_roll_right @ right_hip>right_knee:0.5",
    "right_wrist": "sword / sword_tip @ right_wrist+-0.09,-0.03,0.02 / right_wrist+-0.09,-0.03,0.9",
}
_AT_ROOT = """
ctl_foot_ik_<l|r> @ *_ankle
ctl_hand_ik_<l|r> @ *_wrist
ctl_pole_knee_<l|r> @ *_knee+0,0,0.5
ctl_pole_elbow_<l|r> @ *_elbow+0,0,-0.5
camera_target @ head+0,0,2
"""


def with_extras(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the bones with all extras hung on."""
    grown = list(nodes)
    for index, node in enumerate(nodes):
        if node.joint in _ON_JOINTS:
            _hang(grown, _ON_JOINTS[node.joint], index)
    root = next((index for index, node in enumerate(nodes) if node.parent < 0 and node.joint is None), -1)
    _hang(grown, _AT_ROOT, root)
    return tuple(grown)


def _hang(grown: list[Node], text: str, below: int) -> None:
    first = len(grown)
    for node in parse(text):
        parent = below if node.parent < 0 else node.parent + first
        grown.append(Node(name=node.name, parent=parent, place=node.place, joint=None))
