# SPDX-License-Identifier: GPL-3.0-or-later
"""Press again, get another: whether a take asked for was made before, and the seeds of takes that were not.

What counts is all that shapes a performance: speech, settings, gestures, and the animator's own keys. While any of it
has changed since, the seed stays, and the new take shows what the change did.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, replace

import bpy

from ..scene import lookup
from ..scene.extension import stored
from ..takes import heard_words, keyframes, record, user_keys
from .settings import TakeSettings

ASKED_KEY = "exges_asked"
"""Custom property of a take: what was asked for when it was made, as `asked` has it."""
COUNT = 1_000_000
"""So many seeds are drawn from: six digits are legible in a narrow sidebar. Longer ones can be typed."""
_PLACES = frozenset({"scene", "character", "fps", "part", "base"})
"""What makes no other performance: names, and which frames of it are made."""


def asked(settings: TakeSettings) -> str:
    """Return a digest of all that shapes a performance, seed and the animator's own keys included."""
    defaults = asdict(TakeSettings(scene="", character=""))
    given = {
        name: value  # what a later version can set besides is at its default
        for name, value in asdict(settings).items()
        if name not in _PLACES and value != defaults[name]
    }
    keys = user_keys.digest(lookup.character(settings.character)) if settings.use_keys else ""
    return hashlib.sha256(json.dumps([given, keys], sort_keys=True).encode()).hexdigest()


def fresh(settings: TakeSettings, *, count: int = 1) -> tuple[TakeSettings, ...]:
    """Return settings of takes that differ in their seeds; the first keeps its own unless such a take was made."""
    takes = keyframes.takes_of(lookup.character(settings.character))
    taken = {record.remembered(take, "seed", 0) for take in takes} | {settings.seed}
    found = [] if was_made(settings) else [settings]
    while len(found) < count:
        seed = secrets.randbelow(COUNT)
        if seed not in taken:
            taken.add(seed)
            found.append(replace(settings, seed=seed))
    return tuple(found)


def was_made(settings: TakeSettings) -> bool:
    """Say whether the character has a take of just this, or Generate made it last and it was deleted."""
    character, now = lookup.character(settings.character), asked(settings)
    return stored(character).last_made == now or any(
        take.get(ASKED_KEY) == now if ASKED_KEY in take else _is_of(take, settings)
        for take in keyframes.takes_of(character)
    )


def _is_of(take: bpy.types.Action, settings: TakeSettings) -> bool:
    """Say whether a take of an earlier version, which knows no more, has this seed and speech."""
    sound = heard_words.sound_of(record.remembered(take, "speech_key", ""))
    return record.remembered(take, "seed", -1) == settings.seed and sound == settings.sound_key


def remember(settings: TakeSettings, take: str, made_of: str, *, shown: int | None) -> None:
    """Keep with a new take what it was made of; let the panel that asked for it show its seed.

    Args:
        settings: the take's.
        take: its name.
        made_of: as `asked` had it when the take was begun.
        shown: the seed that the panel showed then; one that was typed since stays. None = no panel asked.
    """
    bpy.data.actions[take][ASKED_KEY] = made_of
    if shown is None:
        return
    chosen = stored(lookup.character(settings.character))
    chosen.last_made = made_of
    if chosen.seed == shown:
        chosen.seed = settings.seed
