"""What keys cost, with the shipped weights: errors at hard keys, wrist jerk around them: `python -m benchmarks.keys`.

Keys are poses of other takes at random frames (about one in two seconds): an animator's hardest wishes, for nothing in
the speech leads up to them. Jerk is `metrics.contact`'s; the ratio is its 99th percentile within five frames of a key
over the same percentile of the same take without keys. `wanted` is the same ratio for the takes the keys are from: keys
a few frames apart on a fast stroke ask for its jerk.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from tyro.conf import Positional, arg

from exges_core import assets
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import read_waveform
from exges_core.control.masks import GROUPS, ORIGIN, ROOT_GROUP, Observed, from_clip, nothing
from exges_core.diffusion import longform
from exges_core.diffusion.finish import finish
from exges_core.engine import Engine
from exges_core.metrics.contact import jerk_m_per_s3
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import clip_from_features, features_from_clip, home_anchor
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import quat_angle, quat_inverse, quat_multiply
from exges_core.motion.skeleton import ARMS, HANDS, joint_index

NEAR_FRAMES = 5
WRISTS = [joint_index("left_wrist"), joint_index("right_wrist")]
KINDS = ("frame-wise", "joint-level", "trajectory", "mixed")


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to measure."""

    motions: Annotated[Positional[Path], arg(metavar="FOLDER", help="Takes (.npz) whose poses become keys.")]
    speech: Path = assets.DEMO_SPEECH
    takes: int = 10
    duration_s: float = 20.0
    keys: int = 10
    gap: Annotated[int, arg(help="At least so many frames between keys.")] = 1


def random_mask(kind: str, frames: int, keys: int, gap: int, generator: np.random.Generator) -> np.ndarray:
    """Return which groups are keyed in which frames."""
    is_group = np.zeros((frames, GROUPS), bool)
    # Draw from a take that is shorter by the gaps, then put the gaps in.
    room = frames - (keys - 1) * (gap - 1)
    at = np.sort(generator.choice(room, size=min(keys, room), replace=False))
    at += (gap - 1) * np.arange(len(at))
    if kind in ("frame-wise", "mixed"):
        is_group[at[:: 1 if kind == "frame-wise" else 2], :ROOT_GROUP] = True
    if kind in ("joint-level", "mixed"):
        for frame in at:
            is_group[frame, generator.choice([*ARMS, *HANDS, 9, 12, 15], size=6, replace=False)] = True
    if kind in ("trajectory", "mixed"):
        start = int(generator.integers(0, max(1, frames // 2)))
        is_group[start : start + frames // 3, [0, ROOT_GROUP]] = True
    return is_group


def main(options: Benchmark) -> None:
    """Print one row per kind of key."""
    model = Engine(device="cpu").denoiser
    sound = audio_features(read_waveform(options.speech))
    files = sorted(options.motions.glob("*.npz"))
    frames = min(round(30 * options.duration_s), len(sound))
    clips = [_homed(read_npz(files[(7 * index) % len(files)]), frames) for index in range(options.takes)]
    free = [_motion(model, sound, nothing(frames), seed) for seed in range(options.takes)]
    own = [np.percentile(_jerk(clip), 99, axis=0).mean() for clip in free]
    print(
        f"{options.takes} takes of {frames / 30:.1f} s, {options.keys} keys; own wrist jerk p99 {np.mean(own):.0f} m/s3"
    )
    for kind in KINDS:
        ratios, wanted, degrees, mm = list[float](), list[float](), list[float](), list[float]()
        for seed, clip in enumerate(clips):
            is_group = random_mask(
                kind, frames, options.keys, options.gap, np.random.default_rng([seed, KINDS.index(kind)])
            )
            found = _motion(model, sound, from_clip(clip, is_group, anchor=ORIGIN), seed)
            turn = quat_multiply(quat_inverse(clip.local_quat_wxyz), found.local_quat_wxyz)
            degrees.append(float(np.degrees(quat_angle(turn)[is_group[:, :ROOT_GROUP]]).max(initial=0.0)))
            away = np.linalg.norm(found.root_position_m - clip.root_position_m, axis=-1)
            mm.append(float(1000 * away[is_group[:, ROOT_GROUP]].max(initial=0.0)))
            is_near = np.convolve(is_group.any(axis=1), np.ones(2 * NEAR_FRAMES + 1), mode="same") > 0
            for ratio, each in ((ratios, found), (wanted, clip)):
                ratio.append(float(np.percentile(_jerk(each)[is_near], 99, axis=0).mean() / own[seed]))
        text = " ".join(f"{each:.2f}" for each in ratios)
        print(f"{kind:<12} jerk ratio mean {np.mean(ratios):.2f} worst {max(ratios):.2f} ({text})", end=", ")
        print(f"wanted {np.mean(wanted):.2f}", end=", ")
        print(f"error at keys {max(degrees):.2g} degrees, {max(mm):.2g} mm")


def _homed(clip: MotionClip, frames: int) -> MotionClip:
    """Return as many frames of a take, where and as its own home faces."""
    part = clip.cut(0, min(frames, clip.frames))
    at_home = clip_from_features(features_from_clip(part, home_anchor(part)), ORIGIN, clip.frame_rate_hz)
    return at_home.at(np.arange(frames) / clip.frame_rate_hz)


def _motion(model: longform.LoadedDenoiser, sound: np.ndarray, observed: Observed, seed: int) -> MotionClip:
    frames = observed.frames
    start = (seed * 97) % (len(sound) - frames + 1)
    return finish(longform.generate(model, sound[start : start + frames], observed, style=None, seed=seed), observed)


def _jerk(clip: MotionClip) -> np.ndarray:
    return jerk_m_per_s3(clip.positions_m()[:, WRISTS], clip.frame_rate_hz)


if __name__ == "__main__":
    main(tyro.cli(Benchmark))
