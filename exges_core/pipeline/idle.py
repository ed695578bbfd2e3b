"""An idle: somebody who stands, breathes, looks around and shifts weight, in a motion that ends where it begins.

It is what the models make of silence without a stroke, made on a circle (`diffusion.loops`, `postprocess.looping`).
Speech is not looped: its gestures answer to words, which do not come again.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from exges_core import __version__
from exges_core.arrays import Array
from exges_core.audio.features import audio_features
from exges_core.audio.fingerprint import performance_seed
from exges_core.audio.waveform import Waveform
from exges_core.control.files import read_posture
from exges_core.control.masks import nothing
from exges_core.control.standing import Posture
from exges_core.datasets.target_rigs import read_target
from exges_core.diffusion.longform import Sampling
from exges_core.diffusion.loops import generate_loop
from exges_core.errors import InputError, message
from exges_core.files import keep_apart, replacing, require_places, write_json
from exges_core.metrics.contact import physical_report
from exges_core.metrics.seams import seam_report
from exges_core.motion.clip import MotionClip, unrolled
from exges_core.pipeline.energy import stillness
from exges_core.pipeline.given import posture_of
from exges_core.pipeline.models import Models
from exges_core.pipeline.report import IdleReport, ModelReport, RigReport, as_json
from exges_core.pipeline.writing import check_format, write_motion
from exges_core.postprocess.finish import finish
from exges_core.postprocess.intensity import scale_gestures
from exges_core.postprocess.looping import around, in_frames
from exges_core.protocol import Idle, OnProgress, Progress, ignore_progress, part_of
from exges_core.score.channels import score_channels
from exges_core.score.records import Score
from exges_core.score.rests import calm_of
from exges_core.settings import IDLE_LENGTHS_S, IdleSettings, check
from exges_core.timeline import AUDIO_RATE_HZ, MOTION_RATE_HZ, exact_rate, frames_in

_SAMPLING_SHARE = 0.8
_DEFAULTS = IdleSettings()


@dataclass(frozen=True, kw_only=True, eq=False)
class Loop:
    """Motion that ends where it begins.

    Attributes:
        clip: one turn; what follows its last frame is its first.
        report: what was decided and measured.
    """

    clip: MotionClip
    report: IdleReport

    def save(self, path: str | Path, *, rig: str | None = None, closes: bool = False) -> None:
        """Write one turn: .npz in BEAT2's layout, or .bvh, of our own body or in a rig's hierarchy.

        Args:
            path: its suffix chooses the format.
            rig: a .bvh file with the rig's skeleton, a preset's JSON or a family's name.
            closes: write the first frame once more behind the last.

        Raises:
            InputError: if the suffix is neither, or the rig cannot be used.
            OutputError: if the file cannot be written.
        """
        target = None if rig is None else read_target(rig)
        write_motion(Path(path), unrolled(self.clip, 0, int(closes)), kept=None, target=target)


def idle(
    seconds: float,
    *,
    device: str = "auto",
    models: Models | None = None,
    on_progress: OnProgress = ignore_progress,
    speaker: str | None = None,
    seed: int = 0,
    fps: float | None = None,
    posture: str | Path | None = None,
    knees_deg: float | None = None,
    lean_deg: float | None = None,
    stance_m: float | None = None,
) -> Loop:
    """Make an idle that loops without a seam: `idle(8, seed=3).save("idle.bvh")`.

    Args:
        seconds: its length, to the nearest frame; 2 to 300.
        device: auto, cpu or cuda; not looked at where models are given.
        models: weights to use again from one call to the next.
        on_progress: told how far it is; may raise `Cancelled`.
        speaker: whose manner; None = the seed chooses.
        seed: another one gives another idle.
        fps: frames per second of the result; None = 30.
        posture: a file of how to stand and where hands rest (docs/control.md); None = as the speaker does.
        knees_deg: how far the knees are bent on average; None = as the speaker stands, or as `posture` says.
        lean_deg: how far the trunk leans, forward is positive; None = the same.
        stance_m: how far apart the ankles are; None = the same.

    Raises:
        InputError: if the length or a setting is out of range, or nobody knows the speaker.
        ControlError: if the posture cannot be read.
        CheckpointError: if weights are missing or of another version.
    """
    asked = IdleSettings(speaker=speaker, seed=seed, fps=fps, knees_deg=knees_deg, lean_deg=lean_deg, stance_m=stance_m)
    models = Models(device=device) if models is None else models
    about = None if posture is None else read_posture(Path(posture))
    return made(seconds, models, asked, posture=about, on_progress=on_progress)


def made(
    seconds: float,
    models: Models,
    settings: IdleSettings = _DEFAULTS,
    *,
    posture: Posture | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Loop:
    """Make an idle of settings; arguments and errors as those of `idle`."""
    check_length(seconds)
    check(settings)
    models.rivals_of(settings.speaker)  # refuses a style that nobody knows
    began_s = time.perf_counter()
    rate_hz = float(MOTION_RATE_HZ if settings.fps is None else exact_rate(settings.fps))
    frames = frames_in(seconds, rate_hz)
    seed = performance_seed(settings.seed, "idle")
    styles = models.speakers()
    style = settings.speaker or (styles[seed % len(styles)] if styles else None)
    sampling = Sampling(style=style, seed=seed)
    raw = _sampled(frames_in(frames / rate_hz), models, sampling, part_of(on_progress, 0.0, _SAMPLING_SHARE))
    sampled_s = time.perf_counter() - began_s
    on_progress(Progress(stage="finish", fraction=_SAMPLING_SHARE))
    stands = posture_of(settings, posture)
    clip = around(raw, lambda features: _finished(features, stands))
    moved = in_frames(clip, frames, rate_hz=rate_hz)
    all_s = time.perf_counter() - began_s
    return Loop(
        clip=moved,
        report=IdleReport(
            exges=__version__,
            duration_s=frames / rate_hz,
            seed=settings.seed,
            speaker=settings.speaker,
            style=style,
            device=models.device,
            model=ModelReport(name=models.denoiser.name, sha256=models.denoiser.sha256),
            warnings=(),
            frame_rate=rate_hz,
            frames=frames,
            physical=physical_report(clip),
            seam=seam_report(clip),
            timings_s={"diffusion": sampled_s, "finish": all_s - sampled_s},
            rtf=all_s * rate_hz / frames,
        ),
    )


def check_length(seconds: float) -> None:
    """Refuse a length that no idle can have.

    Raises:
        InputError: if it is not finite or outside `IDLE_LENGTHS_S`.
    """
    least, most = IDLE_LENGTHS_S
    if not least <= seconds <= most:
        do = "Make a shorter one and repeat it: it loops." if seconds > most else "Choose a longer one."
        raise InputError(
            message(expected=f"a length from {least:g} to {most:g} s", got=f"{seconds:g} s", where="seconds", do=do)
        )


def _sampled(frames: int, models: Models, sampling: Sampling, on_progress: OnProgress) -> Array:
    """Return one period of what the network makes of silence, told that there is no stroke."""
    silence = Waveform(samples=np.zeros(round(frames * AUDIO_RATE_HZ / MOTION_RATE_HZ), np.float32))
    features = audio_features(silence)[:frames]
    told = score_channels(_no_strokes(frames), frames)
    return generate_loop(models.denoiser, features, sampling, score=told, on_progress=on_progress)


def _no_strokes(frames: int) -> Score:
    return Score(strokes=(), duration_s=frames / MOTION_RATE_HZ)


def _finished(raw: Array, posture: Posture | None) -> MotionClip:
    """Return the features as a clip, still as without strokes."""
    scaled = scale_gestures(raw, 1.0, MOTION_RATE_HZ, share=stillness(0.0))
    calm = calm_of(_no_strokes(len(raw)), len(raw))
    return finish(scaled, nothing(len(raw)), calm=calm, posture=posture)


def idle_files(job: Idle, models: Models, *, on_progress: OnProgress = ignore_progress) -> Loop:
    """Make an idle and write its files, all of them or none, the report last.

    Raises:
        InputError: if the length, a setting, an output's suffix or the rig cannot be used.
        ControlError: if the posture cannot be read.
        CheckpointError: if weights are missing or of another version.
        OutputError: if a result cannot be written.
        Cancelled: if `on_progress` asks for it.
    """
    check_job(job)
    require_places((*job.outputs, job.report))
    target = None if job.rig is None else read_target(job.rig)
    posture = None if job.posture is None else read_posture(Path(job.posture))
    found = made(job.seconds, models, job, posture=posture, on_progress=on_progress)
    report = replace(found.report, frames=found.clip.frames + job.closes)
    if target is not None:
        rig = RigReport(name=target.name, family=target.rig_map.title, missing=tuple(target.rig_map.missing))
        report = replace(report, rig=rig, warnings=(*report.warnings, *target.warnings))
    clip = unrolled(found.clip, 0, int(job.closes))
    with ExitStack() as files:
        if job.report is not None:  # entered first, so put in place last
            write_json(files.enter_context(replacing(Path(job.report))), as_json(report))
        for name in job.outputs:
            write_motion(files.enter_context(replacing(Path(name))), clip, kept=None, target=target)
    on_progress(Progress(stage="done", fraction=1.0))
    return replace(found, report=report)


def check_job(job: Idle) -> None:
    """Refuse what cannot be asked for, before any file is read.

    Raises:
        InputError: naming the setting or the file.
    """
    check_length(job.seconds)
    check(job)
    if not job.outputs:
        raise InputError(message(expected="an output file", got="none", where="idle", do="Name one with -o."))
    for name in job.outputs:
        check_format(Path(name))
    if job.rig is not None and not any(name.lower().endswith(".bvh") for name in job.outputs):
        got, do = ", ".join(job.outputs), "Add -o OUT.bvh; .npz always holds the canonical body."
        raise InputError(message(expected="a .bvh output for the rig", got=got, where="--rig", do=do))
    motions = [("the motion", name) for name in job.outputs]
    keep_apart([*motions, ("the report", job.report)], [("the rig", job.rig), ("the posture", job.posture)])
