"""Segments of takes as pairs of speech and motion, cut into batches and lightly varied. Only arrays: no files."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from exges_core.arrays import Bool, Float, Int
from exges_core.audio.features import ENERGY, LOG_F0, MEL_CHANNELS, VOICEDNESS
from exges_core.retrieval.inputs import motion_inputs
from exges_core.timeline import frame_at
from training.presets_retrieval import RetrievalTraining
from training.takes import TakeArrays

SHORTEST_FRAMES = 10
LONGEST_FRAMES = 75
"""A segment that could not be kept to 2 s is cut here: attention is paid for by the frame."""


class PairBatch(NamedTuple):
    """Pairs of speech and motion, padded; masks say which frames are real. `identity`: which utterance it is."""

    audio: Float[Tensor, "batch audio_frames audio_channels"]
    is_audio: Bool[Tensor, "batch audio_frames"]
    motion: Float[Tensor, "batch motion_frames motion_inputs"]
    is_motion: Bool[Tensor, "batch motion_frames"]
    identity: Int[Tensor, "batch"]


def identity_of(text: str, fallback: str) -> int:
    """Return a number that all segments of the same words share; without words the segment is its own.

    The same words spoken twice are no negatives of each other: their gestures may well be exchanged.
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
    """

    audio: Float[np.ndarray, "frames audio_channels"]
    motion: Float[np.ndarray, "frames motion_inputs"]
    start: Int[np.ndarray, "segments"]
    stop: Int[np.ndarray, "segments"]
    take_start: Int[np.ndarray, "segments"]
    take_stop: Int[np.ndarray, "segments"]
    identity: Int[np.ndarray, "segments"]
    text: tuple[str, ...]

    @classmethod
    def of(cls, takes: Sequence[TakeArrays]) -> RetrievalSet:
        """Gather the segments of takes; those too short to hold a gesture are left out."""
        rows: list[tuple[int, int, int, int, int]] = []
        texts: list[str] = []
        offset = 0
        for take in takes:
            for number, segment in enumerate(take.segments):
                start, stop = frame_at(segment.start_s), min(frame_at(segment.end_s), take.frames)
                if stop - start < SHORTEST_FRAMES:
                    continue
                stop = min(stop, start + LONGEST_FRAMES)
                identity = identity_of(segment.text, f"{take.id} {number}")
                rows.append((offset + start, offset + stop, offset, offset + take.frames, identity))
                texts.append(segment.text)
            offset += take.frames
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
        )

    def __len__(self) -> int:
        """Return the number of segments."""
        return len(self.start)

    def pairs(self, rows: Int[np.ndarray, "batch"], *, jitter_frames: int, generator: np.random.Generator) -> PairBatch:
        """Return segments whose ends are moved at random, for speech and motion apart."""
        audio, is_audio = self._cut(self.audio, rows, jitter_frames, generator)
        motion, is_motion = self._cut(self.motion, rows, jitter_frames, generator)
        return PairBatch(audio, is_audio, motion, is_motion, torch.from_numpy(self.identity[rows]))

    def _cut(
        self, values: np.ndarray, rows: np.ndarray, jitter_frames: int, generator: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        moves = generator.integers(-jitter_frames, jitter_frames + 1, (2, len(rows)))
        start = np.clip(self.start[rows] + moves[0], self.take_start[rows], self.take_stop[rows] - SHORTEST_FRAMES)
        stop = np.clip(self.stop[rows] + moves[1], start + SHORTEST_FRAMES, self.take_stop[rows])
        frames = np.arange(int((stop - start).max()))
        is_valid = frames < (stop - start)[:, None]
        cut = values[np.minimum(start[:, None] + frames, stop[:, None] - 1)].astype(np.float32)
        cut[~is_valid] = 0.0
        return torch.from_numpy(cut), torch.from_numpy(is_valid)


def vary_speech(
    audio: Float[Tensor, "batch frames channels"], options: RetrievalTraining, *, generator: torch.Generator
) -> Float[Tensor, "batch frames channels"]:
    """Vary voice, microphone and room in feature space; ours.

    Level (all mels and energy), a linear tilt over mels, a shift along them (shorter or longer vocal tract), F0 where
    voiced, white noise, and one hidden stretch of time per clip (its mean instead).
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
    length = int(options.mask_share * frames)
    first = (torch.rand(batch, 1, generator=generator, device=device) * max(frames - length, 1)).long()
    time = torch.arange(frames, device=device)[None]
    is_hidden = (time >= first) & (time < first + length)
    return torch.where(is_hidden[..., None], audio.mean(dim=1, keepdim=True), varied)


def statistics(
    values: Float[np.ndarray, "frames channels"], *, floor: float = 0.02, stride: int = 4
) -> tuple[Float[np.ndarray, "channels"], Float[np.ndarray, "channels"]]:
    """Return mean and standard deviation (at least `floor`) per channel, from every `stride`-th frame."""
    sample = values[::stride].astype(np.float32)
    return sample.mean(axis=0), np.maximum(sample.std(axis=0), floor)
