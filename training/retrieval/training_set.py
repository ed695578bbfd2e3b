"""Segments of takes as pairs of speech and motion, cut into batches and lightly varied. Only arrays: no files."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from exges_core.arrays import Array, Bool, Float, Int, whole_numbers
from exges_core.audio.features import ENERGY, LOG_F0, MEL_CHANNELS, VOICEDNESS
from exges_core.retrieval.encoders import SpokenWords
from exges_core.retrieval.inputs import motion_inputs
from exges_core.retrieval.spoken import gram_table, merge, spoken_frames
from exges_core.timeline import frame_at
from training.data.takes import TakeArrays
from training.retrieval.presets import RetrievalTraining

SHORTEST_FRAMES = 10
LONGEST_FRAMES = 75
"""A segment that could not be kept to 2 s is cut here: attention is paid for by the frame."""


class PairBatch(NamedTuple):
    """Pairs of speech and motion, padded; masks say which frames are real.

    `place` is the word of every frame of speech, a row of `grams` (row 0: none). `identity` says which utterance it is;
    `gestures` is 1 for every kind of gesture in it.
    """

    audio: Float[Tensor, "batch audio_frames audio_channels"]
    is_audio: Bool[Tensor, "batch audio_frames"]
    motion: Float[Tensor, "batch motion_frames motion_inputs"]
    is_motion: Bool[Tensor, "batch motion_frames"]
    place: Int[Tensor, "batch audio_frames"]
    grams: Int[Tensor, "words grams"]
    identity: Int[Tensor, "batch"]
    gestures: Float[Tensor, "batch kinds"]

    @property
    def words(self) -> SpokenWords:
        """Return the words as the speech tower takes them."""
        return SpokenWords(self.grams, self.place)

    def rows(self, rows: slice) -> PairBatch:
        """Return some of the pairs, padded as they are; the words of all stay."""
        return PairBatch(*(each if name == "grams" else each[rows] for name, each in self._asdict().items()))


def identity_of(text: str, fallback: str) -> int:
    """Return a number that all segments of the same words share; without words the segment is its own.

    Two utterances of the same words are not negatives of each other: their gestures are interchangeable.
    """
    words = re.findall(r"[\w']+", text.lower())
    return zlib.crc32((" ".join(words) if words else f"\0{fallback}").encode())


@dataclass(frozen=True, kw_only=True, eq=False)
class RetrievalSet:
    """All segments of a split.

    Attributes:
        audio, motion: features of all takes end to end, float16; motion as the motion tower's inputs.
        start, stop: frames of each segment in them.
        take_start, take_stop: frames of the take it lies in.
        identity: which utterance.
        text: its words.
        word: the word spoken at each frame, a row of `grams`; row 0 = none.
        grams: buckets of each word (`exges_core.retrieval.spoken`).
        kinds: names of gestures that are told apart, more than beats.
        gestures: 1 where a segment holds a kind, else 0.
    """

    audio: Float[Array, "frames audio_channels"]
    motion: Float[Array, "frames motion_inputs"]
    start: Int[Array, "segments"]
    stop: Int[Array, "segments"]
    take_start: Int[Array, "segments"]
    take_stop: Int[Array, "segments"]
    identity: Int[Array, "segments"]
    text: tuple[str, ...]
    word: Int[Array, "frames"]
    grams: Int[Array, "words grams"]
    kinds: tuple[str, ...]
    gestures: Float[Array, "segments kinds"]

    @classmethod
    def of(
        cls,
        takes: Sequence[TakeArrays],
        *,
        tags: Sequence[Sequence[Sequence[str]]] = (),
        kinds: Sequence[str] = (),
        buckets: int = 0,
    ) -> RetrievalSet:
        """Gather the segments of takes; those too short to hold a gesture are left out.

        Args:
            takes: with words and segments.
            tags: for every segment of every take, the names of its gestures; empty = not known.
            kinds: which of them are told apart.
            buckets: of the table of words; 0 = words are not read.
        """
        rows: list[tuple[int, int, int, int, int]] = []
        texts: list[str] = []
        names: list[Sequence[str]] = []
        offset = 0
        for position, take in enumerate(takes):
            for number, segment in enumerate(take.segments):
                start, stop = frame_at(segment.start_s), min(frame_at(segment.end_s), take.frames)
                if stop - start < SHORTEST_FRAMES:
                    continue
                stop = min(stop, start + LONGEST_FRAMES)
                identity = identity_of(segment.text, f"{take.id} {number}")
                rows.append((offset + start, offset + stop, offset, offset + take.frames, identity))
                texts.append(segment.text)
                names.append(tags[position][number] if tags else ())
            offset += take.frames
        words, places = merge([spoken_frames(take.words if buckets else (), 0.0, take.frames) for take in takes])
        table = np.array(rows, np.int64).reshape(-1, 5)
        return cls(
            audio=np.concatenate([take.audio for take in takes]).astype(np.float16),
            motion=np.concatenate([motion_inputs(take.motion).astype(np.float16) for take in takes]),
            start=table[:, 0],
            stop=table[:, 1],
            take_start=table[:, 2],
            take_stop=table[:, 3],
            identity=table[:, 4],
            text=tuple(texts),
            word=np.concatenate(places).astype(np.int32),
            grams=gram_table(words, max(buckets, 2)),
            kinds=tuple(kinds),
            gestures=_held(names, kinds),
        )

    def __len__(self) -> int:
        """Return the number of segments."""
        return len(self.start)

    def subset(self, rows: Int[Array, "some"]) -> RetrievalSet:
        """Return some of the segments; the features are shared."""
        names = ("start", "stop", "take_start", "take_stop", "identity", "gestures")
        arrays: dict[str, Any] = {name: getattr(self, name)[rows] for name in names}
        return replace(self, text=tuple(self.text[int(row)] for row in rows), **arrays)

    def pairs(self, rows: Int[Array, "batch"], *, jitter_frames: int, generator: np.random.Generator) -> PairBatch:
        """Return segments whose ends are moved at random, for speech and motion apart; words move with the speech."""
        heard, is_audio = self._frames(rows, jitter_frames, generator)
        seen, is_motion = self._frames(rows, jitter_frames, generator)
        spoken = np.where(is_audio, self.word[heard], 0)
        words, place = np.unique(np.append(0, spoken), return_inverse=True)
        return PairBatch(
            audio=torch.as_tensor(self.audio[heard].astype(np.float32) * is_audio[..., None]),
            is_audio=torch.as_tensor(is_audio),
            motion=torch.as_tensor(self.motion[seen].astype(np.float32) * is_motion[..., None]),
            is_motion=torch.as_tensor(is_motion),
            place=torch.as_tensor(place[1:].reshape(spoken.shape)),
            grams=torch.as_tensor(self.grams[words]),
            identity=torch.as_tensor(self.identity[rows]),
            gestures=torch.as_tensor(self.gestures[rows]),
        )

    def _frames(
        self, rows: Array, jitter_frames: int, generator: np.random.Generator
    ) -> tuple[Int[Array, "batch frames"], Bool[Array, "batch frames"]]:
        moves = whole_numbers(generator, -jitter_frames, jitter_frames + 1, (2, len(rows)))
        start = np.clip(self.start[rows] + moves[0], self.take_start[rows], self.take_stop[rows] - SHORTEST_FRAMES)
        stop = np.clip(self.stop[rows] + moves[1], start + SHORTEST_FRAMES, self.take_stop[rows])
        frames = np.arange(int((stop - start).max()))
        return np.minimum(start[:, None] + frames, stop[:, None] - 1), frames < (stop - start)[:, None]


def _held(names: Sequence[Sequence[str]], kinds: Sequence[str]) -> Float[Array, "segments kinds"]:
    table = np.zeros((len(names), len(kinds)), np.float32)
    for row, each in zip(table, names, strict=True):
        row[:] = [kind in each for kind in kinds]
    return table


def telling(names: Iterable[str]) -> frozenset[str]:
    """Return the gestures that carry meaning, which is all but beats."""
    return frozenset(name for name in names if not name.startswith("beat"))


def vary_words(batch: PairBatch, options: RetrievalTraining, *, generator: torch.Generator) -> PairBatch:
    """Leave out and confuse words as a recogniser does; ours.

    Whole texts are left out, too, so that the sound still counts, and the whole sound of others (its mean instead), so
    that the words count by themselves, whatever the voice.
    """
    device = batch.place.device
    pairs, words = len(batch.place), len(batch.grams)

    def chance(share: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=device) < share

    other = torch.randint(0, words, (pairs, words), generator=generator, device=device)
    heard = torch.where(chance(options.word_swap, pairs, words), other, torch.arange(words, device=device))
    heard[chance(options.word_dropout, pairs, words)] = 0
    left_out = torch.rand(pairs, generator=generator, device=device)
    heard[left_out < options.text_dropout] = 0
    heard[:, 0] = 0
    grams = batch.grams.clone()
    grams[:, 0] *= ~chance(options.spelling_dropout, words)
    is_deaf = (left_out > 1.0 - options.sound_dropout) & batch.place.any(dim=1)
    mean = batch.audio[batch.is_audio].mean(dim=0) * batch.is_audio[..., None]
    audio = torch.where(is_deaf[:, None, None], mean, batch.audio)
    return batch._replace(audio=audio, place=heard.gather(1, batch.place), grams=grams)


def vary_speech(
    audio: Float[Tensor, "batch frames channels"], options: RetrievalTraining, *, generator: torch.Generator
) -> Float[Tensor, "batch frames channels"]:
    """Vary voice, microphone and room in feature space; ours.

    Level (all mels and energy), a linear tilt over mels, a shift along them (shorter or longer vocal tract), F0 where
    voiced, white noise, one hidden band of mels and one hidden stretch of time per clip.
    """
    batch, frames, _ = audio.shape
    device = audio.device

    def spread(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=device) * 2.0 - 1.0

    varied = audio.clone()
    shift = (spread(batch) * (options.mel_shift + 0.5)).round().long()
    source = (torch.arange(MEL_CHANNELS, device=device)[None] + shift[:, None]).clamp(0, MEL_CHANNELS - 1)
    mel = audio[..., :MEL_CHANNELS].gather(2, source[:, None].expand(batch, frames, MEL_CHANNELS))
    gain = spread(batch, 1, 1) * options.gain
    slope = torch.linspace(-1.0, 1.0, MEL_CHANNELS, device=device)
    noise = torch.randn(mel.shape, generator=generator, device=device) * options.noise
    varied[..., :MEL_CHANNELS] = mel + gain + spread(batch, 1, 1) * options.tilt * slope + noise
    varied[..., ENERGY] += gain[..., 0]
    pitch = spread(batch, 1) * options.pitch_shift
    varied[..., LOG_F0] += torch.where(audio[..., VOICEDNESS] > 0.0, pitch, torch.zeros_like(pitch))
    return _partly_hidden(audio, varied, options, generator)


def _partly_hidden(audio: Tensor, varied: Tensor, options: RetrievalTraining, generator: torch.Generator) -> Tensor:
    """Put the clip's mean in the place of a band of mels and of a stretch of time (SpecAugment)."""
    batch, frames, channels = audio.shape

    def share() -> Tensor:
        return torch.rand(batch, 1, generator=generator, device=audio.device)

    is_hidden = torch.zeros(batch, frames, channels, dtype=torch.bool, device=audio.device)
    if options.mel_mask:
        width = (share() * (options.mel_mask + 1)).long()
        low = (share() * (MEL_CHANNELS - width)).long()
        channel = torch.arange(channels, device=audio.device)[None]
        is_hidden |= ((channel >= low) & (channel < low + width))[:, None]
    length = int(options.mask_share * frames)
    first = (share() * max(frames - length, 1)).long()
    time = torch.arange(frames, device=audio.device)[None]
    is_hidden |= ((time >= first) & (time < first + length))[..., None]
    return torch.where(is_hidden, audio.mean(dim=1, keepdim=True), varied)


def statistics(
    values: Float[Array, "frames channels"], *, floor: float = 0.02, stride: int = 4
) -> tuple[Float[Array, "channels"], Float[Array, "channels"]]:
    """Return mean and standard deviation (at least `floor`) per channel, from every `stride`-th frame."""
    sample = values[::stride].astype(np.float32)
    return sample.mean(axis=0), np.maximum(sample.std(axis=0), floor)
