"""A judge that tells a motion's own sound from another's: a small matcher that nothing which generates is trained with.

Two towers of convolutions see 84 channels of sound and a motion's course. Their answers are centred over the window
before they meet, so that whose voice and whose way of moving it is cannot tell a pair: timing alone can. What it sees
of a motion decides what it judges: the instants of strokes alone, or the paths of wrists and head, where it hears above
all how hands ride on the voice (the corpus has it by rule, and a network learns that long before it learns strokes).
Only the network, its inputs and what its scores mean; training is elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor, nn

from exges_core import checkpoint
from exges_core.arrays import Array, Float
from exges_core.audio.features import AUDIO_CHANNELS
from exges_core.errors import CheckpointError, message
from exges_core.metrics.listening.wrists import CUTOFF_HZ, WRISTS, movement_peaks_s, wrist_speeds_m_per_s
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import velocity_m_per_s
from exges_core.motion.rotations import quat_inverse, quat_multiply, rotvec_from_quat
from exges_core.motion.skeleton import joint_index
from exges_core.motion.smooth import low_pass
from exges_core.tensors import array_of, vector_norm

KIND = "judge"
Sees = Literal["strokes", "paths"]
MOTION_CHANNELS: Mapping[Sees, int] = {"strokes": 2, "paths": 17}
"""strokes: of each wrist, its movements' peaks under a Gaussian. paths: of both wrists place (m), velocity and speed
(m/s) about the pelvis, of the head its turning (rad/s)."""
_STROKE_FRAMES = 3.0


@dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """Sizes of the judge.

    Attributes:
        sees: what it is shown of a motion (`MOTION_CHANNELS`).
        width, layers: of either tower; layer k looks 2^k frames apart.
        embedding: channels per frame in which sound and motion meet.
        window_frames: of a judgement.
    """

    sees: Sees = "strokes"
    width: int = 48
    layers: int = 4
    embedding: int = 24
    window_frames: int = 256


class Tower(nn.Module):
    """Residual dilated convolutions over frames."""

    def __init__(self, inputs: int, config: JudgeConfig, dropout: float) -> None:
        super().__init__()
        # The ends are held, not silent: a course that never changes must not change there.
        self.enter = nn.Conv1d(inputs, config.width, 3, padding=1, padding_mode="replicate")
        self.layers = nn.ModuleList(
            nn.Conv1d(config.width, config.width, 5, padding=2 * 2**layer, dilation=2**layer, padding_mode="replicate")
            for layer in range(config.layers)
        )
        self.leave = nn.Conv1d(config.width, config.embedding, 1)
        self.dropout = nn.Dropout1d(dropout)

    def forward(self, frames: Float[Tensor, "batch frames channels"]) -> Float[Tensor, "batch frames embedding"]:
        """Return what the frames are like."""
        state = self.enter(self.dropout(frames.transpose(1, 2)))
        for layer in self.layers:
            state = state + nn.functional.gelu(layer(self.dropout(nn.functional.gelu(state))))
        return self.leave(state).transpose(1, 2)


class JudgeNetwork(nn.Module):
    """Both towers, and the scale that makes cosines logits."""

    def __init__(self, config: JudgeConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.sound = Tower(AUDIO_CHANNELS, config, dropout)
        self.motion = Tower(MOTION_CHANNELS[config.sees], config, dropout)
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(
        self, motion: Float[Tensor, "moved frames motion"], sound: Float[Tensor, "heard frames sound"]
    ) -> Float[Tensor, "moved heard"]:
        """Return the cosine of every motion's course with every sound's: 0 where a motion stands still."""
        return _centred(self.motion(motion)) @ _centred(self.sound(sound)).T


def _centred(course: Float[Tensor, "batch frames embedding"]) -> Float[Tensor, "batch values"]:
    """Return unit vectors of courses about their means over time; a course that never changes is 0."""
    about = (course - course.mean(dim=1, keepdim=True)).flatten(1)
    return about / vector_norm(about, dim=1, keepdim=True).clamp_min(1e-4)


def judged_motion(clip: MotionClip, sees: Sees) -> Float[Array, "frames channels"]:
    """Return what a judge sees of a motion at 30 fps: no root, no legs, no fingers, no jaw."""
    return (_strokes(clip) if sees == "strokes" else _paths(clip)).astype(np.float32)


def _strokes(clip: MotionClip) -> Float[Array, "frames 2"]:
    speeds = wrist_speeds_m_per_s(clip)
    impulses = np.zeros_like(speeds)
    for side in (0, 1):
        peaks = np.round(movement_peaks_s(speeds[:, side], clip.frame_rate_hz) * clip.frame_rate_hz)
        impulses[peaks.astype(np.int64), side] = 1.0
    return gaussian_filter1d(impulses, _STROKE_FRAMES, axis=0)


def _paths(clip: MotionClip) -> Float[Array, "frames 17"]:
    pose, rate = clip.pose(), clip.frame_rate_hz
    wrists = low_pass(pose.positions_m[:, WRISTS] - pose.positions_m[:, :1], rate_hz=rate, cutoff_hz=CUTOFF_HZ)
    velocity = velocity_m_per_s(wrists, rate)
    head = pose.world_quat_wxyz[:, joint_index("head")]
    step = rotvec_from_quat(quat_multiply(quat_inverse(head[:-1]), head[1:])) * rate
    turning = low_pass(np.concatenate([step, step[-1:]])[: clip.frames], rate_hz=rate, cutoff_hz=CUTOFF_HZ)
    flat = [wrists.reshape(clip.frames, 6), velocity.reshape(clip.frames, 6)]
    return np.concatenate([*flat, np.linalg.norm(velocity, axis=-1), turning], axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedJudge:
    """A trained judge.

    Attributes:
        motion_mean, motion_std: of the motion's channels over the training takes.
        name, sha256, provenance: of the file.
    """

    config: JudgeConfig
    network: JudgeNetwork
    motion_mean: Float[Array, "channels"]
    motion_std: Float[Array, "channels"]
    name: str
    sha256: str
    provenance: Mapping[str, Any]

    @torch.inference_mode()
    def scores(
        self,
        motions: Float[Array, "moved frames channels"],
        sounds: Float[Array, "heard frames 84"],
    ) -> Float[Array, "moved heard"]:
        """Return how well every motion (`judged_motion`) fits every sound (`audio_features`), -1 to 1."""
        moved = torch.as_tensor(((motions - self.motion_mean) / self.motion_std).astype(np.float32))
        heard = torch.as_tensor(np.ascontiguousarray(sounds, np.float32))
        # Rounded, so that courses that never change tie.
        return np.round(array_of(self.network(moved, heard)).astype(np.float64), 6)


def own_against_exchanged(
    judge: LoadedJudge, clips: Sequence[MotionClip], sounds: Sequence[Float[Array, "_ 84"]]
) -> Float[Array, "clips"]:
    """Return of each clip how often its own sound fits better than another clip's: AUC, 0.5 by chance; ours.

    Clips and sounds are cut into windows of the judge's length (half overlapping); a window's own sound is compared
    with every window of all other clips' sounds, ties count half. NaN for a clip shorter than a window.

    Args:
        judge: trained on other takes.
        clips: at 30 fps.
        sounds: features of each clip's sound; the longer of either is trimmed.
    """
    motions: list[Array] = []
    heard: list[Array] = []
    owner: list[int] = []
    window = judge.config.window_frames
    for number, (clip, sound) in enumerate(zip(clips, sounds, strict=True)):
        moved = judged_motion(clip, judge.config.sees)
        for start in range(0, min(clip.frames, len(sound)) - window + 1, window // 2):
            motions.append(moved[start : start + window])
            heard.append(sound[start : start + window])
            owner.append(number)
    if not motions:
        return np.full(len(clips), np.nan)
    whose = np.array(owner)
    scores = judge.scores(np.stack(motions), np.stack(heard))
    own = np.diag(scores)[:, None]
    wins = np.where(scores < own, 1.0, np.where(scores == own, 0.5, 0.0))
    is_other = whose[:, None] != whose[None, :]
    rows = (wins * is_other).sum(axis=1) / np.maximum(is_other.sum(axis=1), 1)
    is_judged = is_other.any(axis=1)
    return np.array([_mean_or_nan(rows[(whose == number) & is_judged]) for number in range(len(clips))])


def _mean_or_nan(values: Array) -> float:
    return float(values.mean()) if len(values) else float("nan")


def load_judge(path: Path) -> LoadedJudge:
    """Read a judge.

    Raises:
        CheckpointError: if the file cannot be used.
    """
    found = checkpoint.load(path, kind=KIND)
    config = checkpoint.config_from(JudgeConfig, found.config, where=str(path))
    scale = array_of(JudgeNetwork(JudgeConfig()).scale)
    weights = replace(
        found, tensors={"scale": scale, **{name: each for name, each in found.tensors.items() if "." in name}}
    )
    network = checkpoint.network_of(lambda: JudgeNetwork(config), weights, where=str(path))
    return LoadedJudge(
        config=config,
        network=network.eval().requires_grad_(False),
        motion_mean=_statistic(found, "motion_mean", config.sees, path),
        motion_std=_statistic(found, "motion_std", config.sees, path),
        name=found.name,
        sha256=found.sha256,
        provenance=found.provenance,
    )


def _statistic(found: checkpoint.Checkpoint, name: str, sees: Sees, path: Path) -> Float[Array, "channels"]:
    array = found.tensors.get(name)
    if array is None or array.shape != (MOTION_CHANNELS[sees],):
        got = "none" if array is None else f"shape {array.shape}"
        do = "Use a file written by training.train_judge of this version."
        raise CheckpointError(message(expected=f"{name} of a judge", got=got, where=str(path), do=do))
    return array.astype(np.float32)


def save_judge(
    path: Path,
    config: JudgeConfig,
    weights: Mapping[str, Tensor],
    motion_mean: Float[Array, "channels"],
    motion_std: Float[Array, "channels"],
    provenance: Mapping[str, object],
) -> None:
    """Write a judge as float16 (what is only for training is left out).

    Raises:
        OutputError: if the file cannot be written.
    """
    tensors = {name: array_of(each.half()) for name, each in weights.items() if "." in name}
    tensors |= {"motion_mean": motion_mean.astype(np.float32), "motion_std": motion_std.astype(np.float32)}
    checkpoint.save(path, tensors, kind=KIND, config=asdict(config), provenance=provenance)
