"""How the channels of a recording become one: the mean, unless they cancel, carry nothing, or one is the dialogue's.

Decided over the whole recording from sums that need no memory: the powers and products of all pairs of channels in
quarter seconds, in the band of the voice (a hum that both sides share would hide that the voice is inverted). Ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float

_BAND_RATE_HZ = 8_000
_WINDOW_S = 0.25
_EMPTY = 1e-3
"""A channel whose loudest quarter second is this share (-30 dB) of the loudest channel's carries nothing."""
_CENTRE = 10**-1.5
"""A centre channel with this share (-15 dB) of the strongest channel's power carries the dialogue."""
_INVERTED = -0.2
"""Correlation of two channels from which on their difference is louder by 1.8 dB than their mean: it is taken."""
_WHOLLY_INVERTED = -0.6
_OPPOSED = 0.8
"""Correlation in a quarter second at which the mean (or the difference) loses 10 dB."""
_COMPARABLE = 0.1
_MIXED_SHARE = 0.05
"""Share of the sound that may be lost so; beyond, the two channels are not joined at all."""
_FRONT_CENTRE, _LOW_EFFECTS = 0x4, 0x8


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which channels have a role: numbers from 0, None where there is no such channel or nobody knows."""

    centre: int | None = None
    low_effects: int | None = None

    @classmethod
    def of_mask(cls, speakers: int, channels: int) -> Layout:
        """Return the roles that a WAV file's channel mask gives."""
        if channels < 3 or speakers.bit_count() != channels:
            return cls()
        return cls(
            centre=(speakers & (_FRONT_CENTRE - 1)).bit_count() if speakers & _FRONT_CENTRE else None,
            low_effects=(speakers & (_LOW_EFFECTS - 1)).bit_count() if speakers & _LOW_EFFECTS else None,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Mix:
    """How channels are joined.

    Attributes:
        weights: what each channel is multiplied by before all are added, or None for the plain mean.
        notes: why it is not the mean, in plain words.
    """

    weights: Float[Array, "channels"] | None = None
    notes: tuple[str, ...] = ()


class ChannelSums:
    """What is summed over a recording, block by block."""

    def __init__(self, channels: int, rate_hz: int) -> None:
        self.channels = channels
        self._step = max(1, rate_hz // _BAND_RATE_HZ)
        self._window = max(2, round(_WINDOW_S * rate_hz / self._step))
        self._loudest = np.zeros(channels)
        self._products, self._level, self._against, self._along = (np.zeros((channels, channels)) for _ in range(4))

    def add(self, block: Float[Array, "samples channels"]) -> None:
        """Take one block into the sums."""
        if self.channels == 1:
            return
        band = self._band(block)
        windows = -(-band.shape[0] // self._window)
        padded = np.zeros((windows * self._window, self.channels), dtype=np.float32)
        padded[: band.shape[0]] = band
        padded = padded.reshape(windows, self._window, self.channels)
        products = (padded.transpose(0, 2, 1) @ padded).astype(np.float64)
        power = np.diagonal(products, axis1=1, axis2=2)
        level = np.sqrt(power[:, :, None] * power[:, None, :])
        correlation = products / np.maximum(level, 1e-30)
        weaker = np.minimum(power[:, :, None], power[:, None, :])
        counted = np.where(weaker >= _COMPARABLE * np.maximum(power[:, :, None], power[:, None, :]), level, 0.0)
        self._loudest = np.maximum(self._loudest, power.max(axis=0, initial=0.0))
        self._products += products.sum(axis=0)
        self._level += level.sum(axis=0)
        self._against += np.where(correlation < -_OPPOSED, counted, 0.0).sum(axis=0)
        self._along += np.where(correlation > _OPPOSED, counted, 0.0).sum(axis=0)

    def _band(self, block: Array) -> Array:
        """Return about 300 Hz to 4 kHz: averages of neighbours, then their differences."""
        size = block.shape[0] // self._step * self._step
        thin = np.zeros((size // self._step, self.channels), dtype=np.float32)
        for shift in range(self._step):
            thin += block[shift : size : self._step]
        return np.diff(thin, axis=0) / self._step

    def mix(self, layout: Layout) -> Mix:
        """Decide how the channels are joined."""
        loudest = float(self._loudest.max())
        if self.channels == 1 or loudest == 0.0:
            return Mix()
        power = self._products.diagonal()
        carrying = [number for number in range(self.channels) if self._loudest[number] > _EMPTY * loudest]
        centre = layout.centre
        if centre in carrying and len(carrying) > 1 and power[centre] >= _CENTRE * power.max():
            note = f"surround sound: its centre, channel {centre + 1} of {self.channels}, which carries speech, is used"
            return self._mixed({centre: 1}, (note,))
        used = [number for number in carrying if number != layout.low_effects] or carrying
        notes = self._note_of_empty(carrying)
        signs = self._signs(sorted(used, key=lambda number: -power[number]))
        return self._mixed(
            {number: sign for number, sign in signs.items() if sign}, (*notes, *self._notes_of_cancelling(signs))
        )

    def _signs(self, channels: list[int]) -> dict[int, int]:
        """Give each channel, loudest first, the sign that adds up with those before it; 0 where none does."""
        signs = {channels[0]: 1}
        for number in channels[1:]:
            relations = [(self._relation(number, other), sign) for other, sign in signs.items() if sign]
            demanded = {relation * sign for relation, sign in relations if relation}
            cannot = any(relation is None for relation, _ in relations)
            signs[number] = 0 if cannot or len(demanded) > 1 else next(iter(demanded), 1)
        return signs

    def _relation(self, one: int, other: int) -> int | None:
        """Return 1 for channels that add up, -1 for inverted ones, 0 for strangers, None for now this, now that."""
        level = max(float(self._level[one, other]), 1e-30)
        correlation = self._correlation(one, other)
        against, along = float(self._against[one, other]) / level, float(self._along[one, other]) / level
        if correlation < _INVERTED:
            return None if along > _MIXED_SHARE else -1
        if against > _MIXED_SHARE:
            return None
        return 1 if correlation > -_INVERTED else 0

    def _correlation(self, one: int, other: int) -> float:
        norm = float(np.sqrt(self._products[one, one] * self._products[other, other]))
        return float(self._products[one, other]) / max(norm, 1e-30)

    def _mixed(self, signs: dict[int, int], notes: tuple[str, ...]) -> Mix:
        weights = np.zeros(self.channels, dtype=np.float32)
        for number, sign in signs.items():
            weights[number] = sign / len(signs)
        is_mean = len(signs) == self.channels and all(sign == 1 for sign in signs.values())
        return Mix(weights=None if is_mean else weights, notes=notes)

    def _note_of_empty(self, carrying: list[int]) -> tuple[str, ...]:
        empty = [number for number in range(self.channels) if number not in carrying]
        if not empty:
            return ()
        return (f"{_named(empty)} of {self.channels} carr{'y' if len(empty) > 1 else 'ies'} nothing: left out",)

    def _notes_of_cancelling(self, signs: dict[int, int]) -> tuple[str, ...]:
        inverted = [number for number, sign in sorted(signs.items()) if sign < 0]
        left_out = [number for number, sign in sorted(signs.items()) if sign == 0]
        notes: list[str] = []
        if inverted and self.channels == 2:
            is_whole = self._correlation(0, 1) < _WHOLLY_INVERTED
            how = "cancel each other (one is inverted)" if is_whole else "partly cancel each other"
            notes.append(f"the two channels {how}: their difference is used")
        elif inverted:
            notes.append(f"{_named(inverted)} of {self.channels} inverted: turned over before the channels are joined")
        if left_out and self.channels == 2:
            kept = next(number for number, sign in signs.items() if sign)
            notes.append(f"the two channels cancel each other in parts: channel {kept + 1}, the louder, is used alone")
        elif left_out:
            notes.append(f"{_named(left_out)} of {self.channels} would cancel others in parts: left out")
        return tuple(notes)


def _named(numbers: list[int]) -> str:
    return f"channel{'s' if len(numbers) > 1 else ''} {', '.join(str(number + 1) for number in numbers)}"
