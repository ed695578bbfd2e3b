"""Choose the voice of a take, the speaker's own or a guest's, from its index alone.

Now and then one of Kokoro's voices replaces a speaker's own, so that no manner belongs to a single voice. Test takes
use the held-out voices in turn; no other take may.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import whole_number
from training.corpus.speech.voices import held_out_voices, kokoro_voices

KOKORO_SHARE = 0.1
"""Share of training and validation takes that Kokoro speaks."""


def guest_voice(split: str, turn: int, kokoro_share: float) -> str | None:
    """Return the id of the guest voice for a take, or None if the speaker uses their own.

    Of every `1 / kokoro_share` turns one is a guest's, at a place drawn for each of them, so that every speaker has
    guests; the guests take turns, too.
    """
    if split == "test":
        held_out = held_out_voices() if kokoro_share > 0 else held_out_voices()[:1]
        return held_out[turn % len(held_out)].id
    if kokoro_share <= 0:
        return None
    period = max(1, round(1 / kokoro_share))
    block, place = divmod(turn, period)
    drawn = whole_number(np.random.default_rng([71, len(split), block]), 0, period)
    guests = [voice for voice in kokoro_voices() if not voice.is_held_out]
    return guests[block % len(guests)].id if place == drawn else None
