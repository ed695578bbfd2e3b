"""What a person calls a gesture of a motion base: "open arms, both hands", "counting: two".

Its recording's words say little where somebody looks for a gesture; its kinds, hands and size say it all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from exges_core.score.records import Stroke

NAMES = {
    "apart_split": "apart",
    "around_circle": "circling, roughly",
    "back_past": "back over the shoulder",
    "beat_alternate": "beats in turn",
    "beat_chop": "chop",
    "beat_fist": "beat with the fist",
    "beat_pinch": "pinched beat",
    "beat_small": "small beat",
    "beat_strong": "strong beat",
    "brush_aside": "brushing aside",
    "build_stack": "stacking up",
    "clasp_plea": "clasped hands",
    "container": "holding a box",
    "cycle_process": "rolling on",
    "down_lower": "downwards",
    "energetic": "shaking with energy",
    "explode_open": "bursting open",
    "fidget": "fidgeting",
    "forward_future": "forwards",
    "give": "giving",
    "grasp_take": "grasping",
    "hear_ear": "hand to the ear",
    "heart_feel": "hand on the heart",
    "level_flat": "flat and level",
    "list_fingers": "counting on fingers",
    "mix_together": "mixing",
    "narrow_close": "close together",
    "negate_shake": "no, with the hand",
    "negate_sweep": "sweeping away",
    "number_show": "counting",
    "offer_palm_up": "offering palm",
    "open_spread": "open arms",
    "path_trace": "tracing a path",
    "point_down": "pointing down",
    "point_there": "pointing far",
    "point_this": "pointing near",
    "point_up": "pointing up",
    "point_you": "pointing at you",
    "present_left": "presenting, left",
    "present_right": "presenting, right",
    "press_down": "pressing down",
    "push_away": "pushing away",
    "question_open": "asking, palms up",
    "quote_marks": "quotation marks",
    "see_eyes": "hand to the eyes",
    "self_adapt": "touching oneself",
    "self_touch": "hand on the chest",
    "shrug": "shrug",
    "size_big": "that big",
    "size_long": "that long",
    "size_small": "that small",
    "size_tall": "that tall",
    "size_wide": "that wide",
    "speak_mouth": "hand at the mouth",
    "step_series": "step by step",
    "stop_hold": "stop",
    "swear_hand": "swearing hand",
    "think_touch": "thinking, hand at the chin",
    "throw_away": "throwing away",
    "turn_change": "turning over",
    "uncertain_wobble": "wobbling hand",
    "up_raise": "upwards",
    "we_sweep": "all of us",
    "weak_fade": "fading",
    "weigh_balance": "weighing up",
    "welcome_wave": "welcome",
}
"""Of the kinds that our own corpus has; any other is named as its labels call it."""
_BEATS = "beat_"
_NUMBERS = re.compile(
    r"\b(\d+|one|two|three|four|five|six|seven|eight|nine|ten|(?:first|second|third)(?:ly)?|fourth|fifth)\b"
)
_NUMBER_KINDS = {"number_show", "list_fingers"}
_SMALL, _LARGE = 0.6, 1.3
"""Sizes of strokes: about the smallest and the largest fourth of the shipped base's lie beyond."""


def name_of(kinds: Sequence[str], text: str, hands: str) -> str:
    """Return the name of a gesture.

    Args:
        kinds: of its strokes, in order; beats count only where there is nothing else.
        text: what its speaker said: the number that is counted.
        hands: as `hands_of` says them, for a gesture whose kind nobody knows.
    """
    told = list(dict.fromkeys(kind for kind in kinds if not kind.startswith(_BEATS))) or list(dict.fromkeys(kinds))
    if not told:
        return f"gesture, {hands}" if hands else "posture"
    return " + ".join(_one(kind, text) for kind in told[:2])


def _one(kind: str, text: str) -> str:
    name = NAMES.get(kind, kind.replace("_", " "))
    number = _NUMBERS.search(text.lower()) if kind in _NUMBER_KINDS else None
    return f"{name}: {number[0]}" if number else name


def hands_of(strokes: Sequence[Stroke]) -> str:
    """Return which hands make strokes and how large the largest is: "both hands, large"; "" if there is none."""
    if not strokes:
        return ""
    hands = {stroke.hand for stroke in strokes}
    hand = f"{hands.pop()} hand" if len(hands) == 1 and "both" not in hands else "both hands"
    size = max(stroke.size for stroke in strokes)
    return f"{hand}, small" if size < _SMALL else f"{hand}, large" if size > _LARGE else hand
