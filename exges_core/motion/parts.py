"""Parts of the body by the names that people use: which joints each has. Plain data."""

from __future__ import annotations

from collections.abc import Mapping

from exges_core.motion.skeleton import HEAD, LEFT_ARM, LEFT_HAND, LEGS, RIGHT_ARM, RIGHT_HAND, SPINE, joint_index

LOWER_BODY = "lower_body"
PARTS: Mapping[str, tuple[int, ...]] = {
    LOWER_BODY: (0, *LEGS),
    "trunk": SPINE,
    "head": HEAD,
    "left_arm": (*LEFT_ARM, *LEFT_HAND),
    "right_arm": (*RIGHT_ARM, *RIGHT_HAND),
    "left_hand": (joint_index("left_wrist"), *LEFT_HAND),
    "right_hand": (joint_index("right_wrist"), *RIGHT_HAND),
}
"""Name -> joints. Where the body is goes with the lower body; an arm has its collar and its hand, a hand its wrist."""


def side_of(part: str) -> str:
    """Return whose hand a part has: left, right or '' for none.

    >>> side_of("left_arm"), side_of("head")
    ('left', '')
    """
    side, _, rest = part.partition("_")
    return side if rest in ("arm", "hand") else ""
