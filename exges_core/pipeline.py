"""The whole flow, once: speech -> words -> segments -> retrieval -> score -> control -> diffusion -> motion -> files.

The only module that knows every room. It composes and reports; it computes nothing itself. Entry points (`cli`,
`worker`, `batch`) build a `protocol.Request`, hold an `Engine` and call `generate`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import __version__, assets
from exges_core.audio.features import audio_features
from exges_core.control.edits import Kept
from exges_core.control.files import read_controls, read_kept
from exges_core.control.masks import Observed
from exges_core.diffusion import longform
from exges_core.diffusion.finish import finish, pin_again, without
from exges_core.diffusion.sampler import DEFAULT_SAMPLER, DEFAULT_STEPS
from exges_core.energy import energy_of, stillness
from exges_core.engine import Engine
from exges_core.errors import InputError, message
from exges_core.files import replacing, write_json
from exges_core.listening import Heard, listen
from exges_core.metrics.contact import physical_report
from exges_core.metrics.listening.accents import accent_report
from exges_core.motion.bvh import write_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.intensity import check_intensity, scale_gestures
from exges_core.motion.npz import write_npz
from exges_core.motion.resample import change_rate
from exges_core.motion.skeleton import JOINTS
from exges_core.planning.casting import CastingSettings
from exges_core.playing import Played, beside_kept, observe, play, taken
from exges_core.protocol import TOP_K, OnProgress, Progress, Request, Result, ignore_progress
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.search import SearchSettings, SegmentMatches, key_frame_of, search
from exges_core.retrieval.wishes import settings_of
from exges_core.score.asking import check_asked
from exges_core.score.files import as_json, write_score
from exges_core.score.rests import resting
from exges_core.scoring import Known, score_of, style_of
from exges_core.settings import FINISH_PARTS
from exges_core.target_rigs import TargetRig, read_target, write_on
from exges_core.timeline import MOTION_RATE_HZ, exact_rate

WRITERS: dict[str, Callable[[Path, MotionClip], None]] = {".bvh": write_bvh, ".npz": write_npz}
SHARES = {
    "words": 0.35,
    "features": 0.05,
    "retrieval": 0.1,
    "score": 0.02,
    "diffusion": 0.38,
    "finish": 0.05,
    "files": 0.05,
}
"""How much of the progress bar each stage gets, in order."""


@dataclass(kw_only=True)
class _Stages:
    """Times the stages and maps their progress onto one bar."""

    on_progress: OnProgress
    timings_s: dict[str, float] = field(default_factory=dict)
    _done: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Generator[OnProgress]:
        """Run one stage; gives the sink for its own progress."""
        start, share = self._done, SHARES[name]

        def within(step: Progress) -> None:
            self.on_progress(Progress(stage=name, fraction=start + share * step.fraction, note=step.note))

        within(Progress(stage=name, fraction=0.0))
        began = time.perf_counter()
        yield within
        self.timings_s[name] = time.perf_counter() - began
        self._done = start + share


def generate(request: Request, engine: Engine, *, on_progress: OnProgress = ignore_progress) -> Result:
    """Turn one speech into motion files and a report (paper Eq. 1: x = F(a, c, c*)).

    Nothing is left behind unless everything is: files are put in place together at the end.

    Raises:
        InputError: (and its children) if the speech, transcript, controls or motion base cannot be used.
        CheckpointError: if weights are missing or of another version.
        OutputError: if a result cannot be written.
        Cancelled: if `on_progress` asks for it.
    """
    _check_request(request)
    check_asked(request)
    target = None if request.rig is None else read_target(request.rig)
    energy, rate = energy_of(request), exact_rate(MOTION_RATE_HZ if request.fps is None else request.fps)
    check_intensity(energy.intensity)
    finishing = without(request.finish_without, cutoff_hz=request.cutoff_hz)
    stages = _Stages(on_progress=on_progress)
    with stages.stage("words") as within:
        heard = _listen(request, within)
    with stages.stage("features"):
        features = audio_features(heard.waveform)
        known, denoiser = Known.of(heard, features, request.seed), engine.denoiser
        keys, kept = _known(request, len(features))
        engine.rivals_of(request.speaker)  # refuses a style that nobody knows
        style = style_of(engine.speakers(), request.speaker, known.seed) if request.use_score else request.speaker
    with stages.stage("retrieval"):
        base = engine.base(*_folders(request)) if request.use_retrieval else None
        matches = () if base is None else _search(request, engine, base, features, heard)
    with stages.stage("score"):
        strength, joints = energy.retrieval_strength, request.retrieval_joints
        shown = base if strength else None  # at strength 0 the motion is that without a base, exactly
        played = _play(request, engine, known, style, shown, matches, kept) if request.use_score else None
        matches = taken(matches, played) if shown is not None else tuple(matches)
        observed = observe(played, matches, base, keys, len(features), strength=strength, joints=joints)
    with stages.stage("diffusion") as within:
        sampler = request.sampler or DEFAULT_SAMPLER
        steps = DEFAULT_STEPS[sampler] if request.steps is None else request.steps
        made = longform.generate(
            denoiser,
            features,
            observed,
            longform.Sampling(style=style, seed=known.seed, sampler=sampler, steps=steps, guidance=energy.guidance),
            score=None if played is None else played.channels(len(features)),
            on_progress=within,
        )
    with stages.stage("finish"):
        still = stillness(request.vividness) if played is not None else 1.0
        raw = scale_gestures(made, energy.intensity, MOTION_RATE_HZ, share=still)
        clip = finish(raw, observed, finishing, kept, None if played is None else resting(played.score, len(raw)))
        report = _report(request, engine, heard, clip)
        report |= {"sampler": sampler, "steps": steps, "retrieved": _retrieved(matches)}
        report |= {"gestures": _decisions(matches), "energy": request.energy, **asdict(energy)}
        report["listening"] = accent_report(clip, features)
        report |= _score_in(report, request, heard, style, played)
        report["library"] = None if base is None else {"name": base.name, "clips": len(base)}
        report |= _kept_in(report, request, kept)
        clip = _at_rate(clip, rate, request, observed)
        report |= {"frame_rate": clip.frame_rate_hz, "frames": clip.frames}
    with stages.stage("files"):
        if target is not None:
            found = target.rig_map
            report["rig"] = {"name": target.name, "family": found.title, "missing": list(found.missing)}
            report["warnings"] = [*report["warnings"], *target.warnings]
        _write(request, clip, report, stages, kept, target, played)
        _write_candidate_poses(request, matches, base)
    on_progress(Progress(stage="done", fraction=1.0))
    return Result(id=request.id, outputs=request.outputs, report=report)


def _play(
    request: Request,
    engine: Engine,
    known: Known,
    style: str | None,
    base: MotionBase | None,
    matches: Sequence[SegmentMatches],
    kept: Kept | None,
) -> Played:
    score, doubtful = score_of(request, engine, known, style, base)
    if request.score is None:
        score = beside_kept(score, kept)
    if base is None:
        return play(score, None, (), CastingSettings(), doubtful=doubtful)
    wishes = _wishes(request, base, known.heard)
    settings = CastingSettings(rivals=engine.rivals_of(style), banned=wishes.banned, seed=known.seed)
    return play(score, base, matches, settings, pinned=wishes.pinned, doubtful=doubtful)


def _score_in(
    report: dict[str, Any], request: Request, heard: Heard, style: str | None, played: Played | None
) -> dict[str, Any]:
    """Return what the report says of the score, and write it where that is asked for."""
    if played is None:
        return {"style": style, "score": None, "vividness": None}
    texts = [word.text for word in heard.words]
    return {
        "style": style,
        "score": as_json(played.score, texts),
        "vividness": request.vividness,
        "warnings": [*report["warnings"], *played.warnings],
    }


def _at_rate(clip: MotionClip, rate: Fraction, request: Request, observed: Observed) -> MotionClip:
    """Return the motion at the rate asked for; a key between two frames of 30 is exact on the frame it has there."""
    moved = change_rate(clip, rate)
    if rate == MOTION_RATE_HZ or request.controls is None or Path(request.controls).suffix.lower() == ".npz":
        return moved
    keys = read_controls(Path(request.controls), moved.frames, anchor=observed.anchor, rate_hz=float(rate))
    return pin_again(moved, keys)


def _check_request(request: Request) -> None:
    for name in request.outputs:
        if Path(name).suffix.lower() not in WRITERS:
            expected = f"an output ending in {' or '.join(WRITERS)}"
            got = Path(name).suffix or "no suffix"
            raise InputError(message(expected=expected, got=got, where=name, do="Choose one of these formats."))
    if request.rig is not None and not any(name.lower().endswith(".bvh") for name in request.outputs):
        got, do = ", ".join(request.outputs), "Add -o OUT.bvh; .npz is always on our own body."
        raise InputError(message(expected="a .bvh output for the rig", got=got, where="--rig", do=do))
    if not request.outputs:
        raise InputError(message(expected="an output file", got="none", where="request", do="Name one with -o."))
    if request.pins and not request.use_retrieval:
        where, do = f"--pin {request.pins[0]}", "Leave out the pins, or --no-retrieval."
        raise InputError(message(expected="retrieval, for a pinned gesture", got="none", where=where, do=do))


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


def _listen(request: Request, on_progress: OnProgress) -> Heard:
    return listen(
        Path(request.speech),
        transcript=_path(request.transcript),
        speaker_tier=request.speaker_tier,
        asr=request.asr,
        start_s=request.start_s,
        end_s=request.end_s,
        on_progress=on_progress,
    )


def _known(request: Request, frames: int) -> tuple[Observed | None, Kept | None]:
    """Return what is known in advance as one mask, and the motion in it that stays bit for bit."""
    if request.base_motion is None:
        if request.keep_outside_s is not None:
            do = "Name the motion with --base-motion."
            raise InputError(message(expected="a motion to keep", got="none", where="--keep-outside", do=do))
        return None if request.controls is None else read_controls(Path(request.controls), frames), None
    kept = read_kept(
        Path(request.base_motion), frames, start_s=request.base_start_s, keep_outside_s=request.keep_outside_s
    )
    if request.controls is None:
        return kept.observed(), kept
    return kept.with_keys(read_controls(Path(request.controls), frames, anchor=kept.anchor)), kept


def _kept_in(report: dict[str, Any], request: Request, kept: Kept | None) -> dict[str, Any]:
    """Return what the report says of the finish and of motion that was kept."""
    finished = [part for part in FINISH_PARTS if part not in request.finish_without]
    if kept is None:
        return {"finish": finished, "kept": None}
    record = {"motion": request.base_motion, "frames": int(kept.is_kept.sum())}
    return {"finish": finished, "kept": record, "warnings": [*report["warnings"], *kept.warnings]}


def _folders(request: Request) -> tuple[Path, ...]:
    names = (request.library,) if isinstance(request.library, str) else request.library or ()
    return tuple(assets.LIBRARY if name == "default" else Path(name) for name in names)


def _search(
    request: Request, engine: Engine, base: MotionBase, features: np.ndarray, heard: Heard
) -> tuple[SegmentMatches, ...]:
    count = len(heard.segments)
    rivals = engine.rivals_of(request.speaker)  # a manner that the seed chose keeps nobody's gestures out
    settings = settings_of(base, count, request, settings=SearchSettings(rivals=rivals))
    return search(base, engine.retrieval, features, heard.segments, TOP_K, settings=settings)


def _wishes(request: Request, base: MotionBase, heard: Heard) -> SearchSettings:
    return settings_of(base, len(heard.segments), request)


def _decisions(matches: Sequence[SegmentMatches]) -> list[dict[str, Any]]:
    """Return per segment which clip is used, or None and why: a segment without a gesture is a decision, too."""
    return [
        {"segment": number, "clip": None if match.used is None else match.used.clip_index, "decision": match.decision}
        for number, match in enumerate(matches)
    ]


def _retrieved(matches: Sequence[SegmentMatches]) -> list[dict[str, Any]]:
    """Return every candidate of every segment as the report has it; `used` marks those that shaped the motion."""
    return [
        {
            "segment": number,
            "clip": each.clip_index,
            "source": each.source,
            "source_start_s": each.source_start_s,
            "source_end_s": each.source_end_s,
            "speaker": each.speaker,
            "source_time_s": each.key_time_s,
            "time_s": each.query_time_s,
            "text": each.text,
            "score": each.score,
            "probability": each.probability,
            "used": each.is_used,
            "note": each.note,
        }
        for number, match in enumerate(matches)
        for each in match.candidates
    ]


def _write_candidate_poses(request: Request, matches: Sequence[SegmentMatches], base: MotionBase | None) -> None:
    """Write every candidate's key pose, so that a window can show it without opening the motion base."""
    if request.candidate_poses is None or base is None:
        return
    found = [(number, each) for number, match in enumerate(matches) for each in match.candidates]
    poses = [base.clip(each.clip_index).local_quat_wxyz[key_frame_of(each)] for _, each in found]
    with replacing(Path(request.candidate_poses)) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            segment=np.array([number for number, _ in found], dtype=np.int32),
            clip=np.array([each.clip_index for _, each in found], dtype=np.int32),
            local_quat_wxyz=np.array(poses, dtype=np.float32).reshape(len(found), JOINTS, 4),
        )


def _report(request: Request, engine: Engine, heard: Heard, clip: MotionClip) -> dict[str, Any]:
    return {
        "exges": __version__,
        "input": request.speech,
        "seed": request.seed,
        "speaker": request.speaker,
        "device": engine.device,
        "model": {"name": engine.denoiser.name, "sha256": engine.denoiser.sha256},
        "physical": physical_report(clip),
        **heard.as_json(),
    }


def _write(
    request: Request,
    clip: MotionClip,
    report: dict[str, Any],
    stages: _Stages,
    kept: Kept | None = None,
    target: TargetRig | None = None,
    played: Played | None = None,
) -> None:
    """Write everything beside its target, then put it all in place; the report last, so that it tells of real files."""
    timings_s = stages.timings_s
    report["timings_s"] = timings_s
    report["rtf"] = (sum(timings_s.values()) - timings_s["words"]) / clip.duration_s
    with ExitStack() as files:
        if request.score_out is not None and played is not None:
            temporary = files.enter_context(replacing(Path(request.score_out)))
            write_score(temporary, played.score, words=[word["text"] for word in report["words"]])
        for name in request.outputs:
            temporary = files.enter_context(replacing(Path(name)))
            suffix = Path(name).suffix.lower()
            if kept is not None and suffix == ".npz":
                write_npz(temporary, clip, extra=kept.npz_arrays(clip))
            elif target is not None and suffix == ".bvh":
                write_on(temporary, clip, target)
            else:
                WRITERS[suffix](temporary, clip)
    if request.report is not None:
        write_json(Path(request.report), report)
