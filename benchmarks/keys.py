"""What keys cost, with the shipped weights: errors at hard keys, wrist jerk around them: `python -m benchmarks.keys`.

Keys are poses of real takes at random frames (about one in two seconds). Without `--sounds` the takes belong to other
speech: an animator's hardest wishes, for nothing in the sound leads up to them. Jerk is `metrics.contact`'s; the ratio
is its 99th percentile within five frames of a key over the same percentile of the same take without keys. Two
references of the same ratio: `wanted`, the takes the keys are from, and `asked`, what the keyed values alone amount to
(the pelvis' keyed path with a stiff body on it; a spline through the poses): no motion that obeys them can do with much
less.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from scipy.interpolate import CubicSpline
from tyro.conf import Positional, arg

from exges_core import assets
from exges_core.arrays import Array
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import read_waveform
from exges_core.control.masks import GROUPS, ORIGIN, ROOT_GROUP, Observed, from_clip, nothing
from exges_core.diffusion import longform
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.metrics.contact import jerk_m_per_s3
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import clip_from_features, features_from_clip, home_anchor
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import (
    quat_angle,
    quat_continuous,
    quat_inverse,
    quat_multiply,
    quat_normalise,
)
from exges_core.motion.skeleton import ARMS, HANDS, joint_index
from exges_core.pipeline.models import Models
from exges_core.postprocess.finish import finish

NEAR_FRAMES = 5
WRISTS = [joint_index("left_wrist"), joint_index("right_wrist")]
KINDS = ("frame-wise", "joint-level", "trajectory", "mixed")


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to measure."""

    motions: Annotated[Positional[Path], arg(metavar="FOLDER", help="Takes (.npz) whose poses become keys.")]
    speech: Path = assets.DEMO_SPEECH
    sounds: Annotated[Path | None, arg(help="The takes' own wav files: keys then fit what is said.")] = None
    only: Annotated[Path | None, arg(help="A BEAT2 split file: use its test takes alone.")] = None
    takes: int = 10
    duration_s: float = 20.0
    keys: int = 10
    gap: Annotated[int, arg(help="At least so many frames between keys.")] = 15


def random_mask(kind: str, frames: int, keys: int, gap: int, generator: np.random.Generator) -> Array:
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Take:
    """A real take whose poses become keys, the sound it is made for, and what is made without keys."""

    clip: MotionClip
    sound: Array
    free: MotionClip
    seed: int

    @property
    def own(self) -> float:
        """Return the wrist jerk of the take without keys, 99th percentile."""
        return float(np.percentile(_jerk(self.free), 99, axis=0).mean())


def takes_of(options: Benchmark, model: LoadedDenoiser) -> list[Take]:
    """Return the takes; where there are fewer files than takes, later parts of them."""
    files = sorted(options.motions.glob("*.npz"))
    if options.only is not None:
        tested = {line.split(",")[0] for line in options.only.read_text("utf-8").split() if line.endswith(",test")}
        files = [each for each in files if each.stem in tested]
    frames, found = round(30 * options.duration_s), list[Take]()
    for seed in range(options.takes):
        file, start = files[(7 * seed) % len(files)], (7 * seed) // len(files) * frames // 2
        wav = options.speech if options.sounds is None else options.sounds / f"{file.stem}.wav"
        sound, motion = audio_features(read_waveform(wav)), read_npz(file)
        length = min(frames, motion.frames, len(sound))
        start = (
            min(start, min(motion.frames, len(sound)) - length)
            if options.sounds
            else start % (motion.frames - length + 1)
        )
        at = start if options.sounds else (seed * 97) % (len(sound) - length + 1)
        heard = sound[at : at + length]
        free = _motion(model, heard, nothing(length), seed)
        found.append(Take(clip=_homed(motion.cut(start, start + length)), sound=heard, free=free, seed=seed))
    return found


def asked_of(take: Take, is_group: Array) -> MotionClip:
    """Return what keyed values alone amount to on a body that is otherwise stiff."""
    clip, frames = take.clip, np.arange(take.clip.frames)
    quats = np.repeat(take.free.local_quat_wxyz[:1], len(frames), axis=0)
    root = np.repeat(take.free.root_position_m[:1], len(frames), axis=0)
    for joint in np.flatnonzero(is_group[:, :ROOT_GROUP].any(axis=0)).tolist():
        at = np.flatnonzero(is_group[:, joint])
        course = quat_continuous(clip.local_quat_wxyz[at, joint])
        if len(at) > 1:
            course = CubicSpline(at, course, bc_type="clamped")(np.clip(frames, at[0], at[-1]))
        quats[:, joint] = quat_normalise(np.broadcast_to(course, (len(frames), 4)))
    if is_group[:, ROOT_GROUP].any():
        # A path goes on beyond its run: cut off there it would stop dead.
        quats[:, 0], root = clip.local_quat_wxyz[:, 0], clip.root_position_m
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=clip.frame_rate_hz)


def main(options: Benchmark) -> None:
    """Print one row per kind of key."""
    model = Models(device="cpu").denoiser
    takes = takes_of(options, model)
    own = np.mean([each.own for each in takes])
    length_s = takes[0].clip.duration_s
    print(f"{len(takes)} takes of {length_s:.1f} s, {options.keys} keys; own wrist jerk p99 {own:.0f} m/s3")
    for kind in KINDS:
        ratios, wanted, asked, degrees, mm = (list[float]() for _ in range(5))
        for take in takes:
            clip, generator = take.clip, np.random.default_rng([take.seed, KINDS.index(kind)])
            is_group = random_mask(kind, clip.frames, options.keys, options.gap, generator)
            found = _motion(model, take.sound, from_clip(clip, is_group, anchor=ORIGIN), take.seed)
            turn = quat_multiply(quat_inverse(clip.local_quat_wxyz), found.local_quat_wxyz)
            degrees.append(float(np.degrees(quat_angle(turn)[is_group[:, :ROOT_GROUP]]).max(initial=0.0)))
            away = np.linalg.norm(found.root_position_m - clip.root_position_m, axis=-1)
            mm.append(float(1000 * away[is_group[:, ROOT_GROUP]].max(initial=0.0)))
            is_near = np.convolve(is_group.any(axis=1), np.ones(2 * NEAR_FRAMES + 1), mode="same") > 0
            for ratio, each in ((ratios, found), (wanted, clip), (asked, asked_of(take, is_group))):
                ratio.append(float(np.percentile(_jerk(each)[is_near], 99, axis=0).mean() / take.own))
        text = " ".join(f"{each:.2f}" for each in ratios)
        print(f"{kind:<12} jerk ratio mean {np.mean(ratios):.2f} worst {max(ratios):.2f} ({text})", end=", ")
        print(f"wanted {np.mean(wanted):.2f}, asked {np.mean(asked):.2f} worst {max(asked):.2f}", end=", ")
        print(f"error at keys {max(degrees):.2g} degrees, {max(mm):.2g} mm")


def _homed(part: MotionClip) -> MotionClip:
    """Return a part of a take, where and as its own home faces."""
    return clip_from_features(features_from_clip(part, home_anchor(part)), ORIGIN, part.frame_rate_hz)


def _motion(model: LoadedDenoiser, sound: Array, observed: Observed, seed: int) -> MotionClip:
    return finish(longform.generate(model, sound, observed, longform.Sampling(style=None, seed=seed)), observed)


def _jerk(clip: MotionClip) -> Array:
    return jerk_m_per_s3(clip.positions_m()[:, WRISTS], clip.frame_rate_hz)


if __name__ == "__main__":
    main(tyro.cli(Benchmark))
