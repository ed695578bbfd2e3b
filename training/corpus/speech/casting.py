"""Which voice speaks a take: the speaker's own, or a guest's. Decided by the take's turn alone; no sound here.

A way of moving and a voice are not one thing: now and then one of Kokoro's voices speaks for a speaker. Test takes are
spoken by the held-out voices in turn, and nothing else is.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import whole_number
from training.corpus.speech.voices import HELD_OUT_VOICE, HELD_OUT_VOICES, KOKORO_VOICES

KOKORO_SHARE = 0.1
"""Share of training and validation takes that Kokoro speaks."""
_GUESTS = tuple(voice for voice in KOKORO_VOICES if not voice.is_held_out)


def guest_voice(split: str, turn: int, kokoro_share: float) -> str | None:
    """Return the guest who speaks the take of a turn within its split, or None: the speaker's own voice does.

    Of every `1 / kokoro_share` turns one is a guest's, at a place drawn for each of them, so that every speaker has
    guests; the guests take turns, too.
    """
    if split == "test":
        return HELD_OUT_VOICES[turn % len(HELD_OUT_VOICES)].id if kokoro_share > 0 else HELD_OUT_VOICE.id
    if kokoro_share <= 0:
        return None
    period = max(1, round(1 / kokoro_share))
    block, place = divmod(turn, period)
    drawn = whole_number(np.random.default_rng([71, len(split), block]), 0, period)
    return _GUESTS[block % len(_GUESTS)].id if place == drawn else None
