"""Which voice speaks a take: the speaker's own, or a guest's. Decided by the take's turn alone; no sound here.

A way of moving and a voice are not one thing: now and then one of Kokoro's voices speaks for a speaker. Test takes are
spoken by the held-out voices in turn, and nothing else is.
"""

from __future__ import annotations

import numpy as np

from training.corpus.speech.voices import held_out_voices, kokoro_voices

KOKORO_SHARE = 0.1
"""Share of training and validation takes that Kokoro speaks."""


def guest_voice(split: str, turn: int, kokoro_share: float) -> str | None:
    """Return the guest who speaks the take of a turn within its split, or None: the speaker's own voice does.

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
    drawn = int(np.random.default_rng([71, len(split), block]).integers(period))
    guests = [voice for voice in kokoro_voices() if not voice.is_held_out]
    return guests[block % len(guests)].id if place == drawn else None
