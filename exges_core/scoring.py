"""The score of a speech: read or planned for the whole flow, or alone and written to a file.

It composes and reports, as `pipeline` does for the whole flow; it computes nothing itself.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import __version__, assets
from exges_core.arrays import Float
from exges_core.audio.features import audio_features
from exges_core.audio.fingerprint import fingerprint, performance_seed
from exges_core.audio.waveform import Waveform
from exges_core.engine import Engine
from exges_core.errors import InputError, message
from exges_core.listening import Heard, listen
from exges_core.planning.planner import plan
from exges_core.protocol import OnProgress, Plan, Progress, Request, Result, ignore_progress, part_of
from exges_core.retrieval.library import MotionBase
from exges_core.score.asking import check_asked
from exges_core.score.files import as_json, doubts, read_score, to_milliseconds, write_score
from exges_core.score.records import Score

_HEARD = 0.9
"""Share of the progress bar until the words are known: the rest is done in a moment."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a speech when its score is asked for.

    Attributes:
        heard: sound, words and segments.
        features: of the sound.
        sound: its fingerprint.
        seed: of the performance (`audio.fingerprint.performance_seed`).
    """

    heard: Heard
    features: Float[np.ndarray, "frames 84"]
    sound: str
    seed: int

    @staticmethod
    def of(heard: Heard, features: Float[np.ndarray, "frames 84"], seed: int) -> Known:
        """Take the sound's digests once."""
        sound = heard.waveform
        return Known(heard=heard, features=features, sound=fingerprint(sound), seed=performance_seed(seed, sound))


def style_of(styles: Sequence[str], speaker: str | None, seed: int) -> str | None:
    """Return whose manner a take has: the asked one's, else one that the performance's seed chooses.

    Without a style the denoiser would mix all its speakers; a take is one person's (ours).
    """
    return speaker if speaker is not None or not styles else styles[seed % len(styles)]


def score_of(
    job: Request | Plan, engine: Engine, known: Known, style: str | None, base: MotionBase | None
) -> tuple[Score, tuple[str, ...]]:
    """Return the score of a speech, read from the job's file or planned, and what is doubtful about the file.

    A `Plan` keeps the locked strokes of its file and plans the others; a `Request` takes the file as it is.

    Raises:
        InputError: if the file's score cannot be played, or a segment is named that is not there.
    """
    given, told = (), ()
    if job.score is not None:
        found, told = _read(job.score, engine, known, base)
        if isinstance(job, Request):
            return found, told
        given = tuple(stroke for stroke in found.strokes if stroke.is_locked)
        told = told if given else (*told, f"{job.score}: no stroke is locked, so all are planned anew")
    drawn = plan(
        engine.planner,
        known.heard.words,
        known.features,
        style=style,
        seed=known.seed,
        vividness=job.vividness,
        given=given,
        silent_s=_silent_s(job, known.heard),
    )
    return made_for(drawn, known.heard.waveform, known.sound), told


def made_for(score: Score, waveform: Waveform, sound: str) -> Score:
    """Return a score as the one of this sound (and its fingerprint), as its file would have it."""
    return to_milliseconds(replace(score, duration_s=waveform.duration_s, sound=sound))


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
        known = Known.of(heard, audio_features(heard.waveform), job.seed)
    with _timed(timings_s, "score"):
        on_progress(Progress(stage="score", fraction=_HEARD))
        style = style_of(engine.speakers(), job.speaker, known.seed)
        base = engine.base(*_folders(job)) if job.use_retrieval else None
        score, warnings = score_of(job, engine, known, style, base)
        write_score(Path(job.score_out), score, words=[word.text for word in heard.words])
    report = _report(job, engine, heard, score)
    report |= {"style": style, "warnings": [*heard.warnings, *warnings], "timings_s": timings_s}
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


def _read(path: str, engine: Engine, known: Known, base: MotionBase | None) -> tuple[Score, tuple[str, ...]]:
    duration_s = known.heard.waveform.duration_s
    score = read_score(
        Path(path),
        duration_s=duration_s,
        sound=known.sound,
        kinds=engine.planner.kinds or None,
        clips=None if base is None else len(base),
        words=len(known.heard.words),
    )
    told = doubts(score, duration_s=duration_s, sound=known.sound)
    return replace(score, duration_s=duration_s), told


def _folders(job: Plan) -> tuple[Path, ...]:
    names = (job.library,) if isinstance(job.library, str) else job.library or ()
    return tuple(assets.LIBRARY if name == "default" else Path(name) for name in names)


def _silent_s(job: Request | Plan, heard: Heard) -> Sequence[tuple[float, float]]:
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
