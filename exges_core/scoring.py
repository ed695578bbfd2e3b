"""The score of a speech alone: speech -> words -> features -> planner -> file. No motion is made.

It composes and reports, as `pipeline` does for the whole flow; it computes nothing itself.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from exges_core import __version__, assets
from exges_core.audio.features import audio_features
from exges_core.audio.fingerprint import fingerprint, performance_seed
from exges_core.engine import Engine
from exges_core.errors import InputError, message
from exges_core.listening import Heard, listen
from exges_core.planning.planner import plan
from exges_core.protocol import OnProgress, Plan, Progress, Result, ignore_progress, part_of
from exges_core.score.asking import check_asked
from exges_core.score.files import as_json, doubts, read_score, to_milliseconds, write_score
from exges_core.score.records import Score, Stroke

_HEARD = 0.9
"""Share of the progress bar until the words are known: the rest is done in a moment."""


def plan_alone(job: Plan, engine: Engine, *, on_progress: OnProgress = ignore_progress) -> Result:
    """Plan the strokes of a speech and write them to a file.

    Raises:
        InputError: (and its children) if the speech, transcript, style, given score or vividness cannot be used.
        CheckpointError: if weights are missing or of another version.
        OutputError: if the file cannot be written.
        Cancelled: if `on_progress` asks for it.
    """
    check_asked(job)
    engine.rivals_of(job.speaker)  # refuses a style that nobody knows before anything is heard
    timings_s: dict[str, float] = {}
    with _timed(timings_s, "words"):
        heard = _listen(job, part_of(on_progress, 0.0, _HEARD))
    with _timed(timings_s, "features"):
        on_progress(Progress(stage="features", fraction=_HEARD))
        features = audio_features(heard.waveform)
    with _timed(timings_s, "score"):
        on_progress(Progress(stage="score", fraction=_HEARD))
        given, warnings = _given(job, engine, heard)
        drawn = plan(
            engine.planner,
            heard.words,
            features,
            style=job.speaker,
            seed=performance_seed(job.seed, heard.waveform),
            vividness=job.vividness,
            given=given,
            silent_s=_silent_s(job, heard),
        )
        score = replace(drawn, duration_s=heard.waveform.duration_s, sound=fingerprint(heard.waveform))
        score = to_milliseconds(score)
        write_score(Path(job.score_out), score, words=[word.text for word in heard.words])
    report = _report(job, engine, heard, score)
    report |= {"warnings": [*heard.warnings, *warnings], "timings_s": timings_s}
    on_progress(Progress(stage="done", fraction=1.0))
    return Result(id=job.id, outputs=(job.score_out,), report=report)


@contextmanager
def _timed(timings_s: dict[str, float], name: str) -> Generator[None]:
    began_s = time.perf_counter()
    yield
    timings_s[name] = time.perf_counter() - began_s


def _listen(job: Plan, on_progress: OnProgress) -> Heard:
    return listen(
        Path(job.speech),
        transcript=None if job.transcript is None else Path(job.transcript),
        speaker_tier=job.speaker_tier,
        asr=job.asr,
        start_s=job.start_s,
        end_s=job.end_s,
        on_progress=on_progress,
    )


def _given(job: Plan, engine: Engine, heard: Heard) -> tuple[tuple[Stroke, ...], tuple[str, ...]]:
    """Return the locked strokes of the score that was given, and what is doubtful about it."""
    if job.score is None:
        return (), ()
    sound, duration_s = fingerprint(heard.waveform), heard.waveform.duration_s
    score = read_score(
        Path(job.score),
        duration_s=duration_s,
        sound=sound,
        kinds=engine.planner.kinds or None,
        clips=len(engine.base(*_folders(job))) if job.use_retrieval else None,
        words=len(heard.words),
    )
    locked = tuple(stroke for stroke in score.strokes if stroke.is_locked)
    told = doubts(score, duration_s=duration_s, sound=sound)
    return locked, told if locked else (*told, f"{job.score}: no stroke is locked, so all are planned anew")


def _folders(job: Plan) -> tuple[Path, ...]:
    names = (job.library,) if isinstance(job.library, str) else job.library or ()
    return tuple(assets.LIBRARY if name == "default" else Path(name) for name in names)


def _silent_s(job: Plan, heard: Heard) -> Sequence[tuple[float, float]]:
    """Return the times of the segments that get no gesture.

    Raises:
        InputError: if there is no such segment.
    """
    count = len(heard.segments)
    for number in job.no_gesture:
        if not 0 <= number < count:
            expected, do = f"a segment from 0 to {count - 1}", "`exges segment` lists them."
            raise InputError(message(expected=expected, got=str(number), where="--no-gesture", do=do))
    return [(heard.segments[number].start_s, heard.segments[number].end_s) for number in job.no_gesture]


def _report(job: Plan, engine: Engine, heard: Heard, score: Score) -> dict[str, Any]:
    return {
        "exges": __version__,
        "input": job.speech,
        "seed": job.seed,
        "speaker": job.speaker,
        "vividness": job.vividness,
        "model": {"name": engine.planner.name, "sha256": engine.planner.sha256},
        **heard.as_json(),
        "score": as_json(score, [word.text for word in heard.words]),
    }
