"""What can be asked of a score, checked before any work: settings, and files that do not contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.motion.parts import side_of
from exges_core.protocol import Plan, Request
from exges_core.score.busy import Busy, busy_of
from exges_core.settings import check


def check_asked(job: Request | Plan) -> None:
    """Refuse settings outside their ranges, and what cannot be asked of a score.

    Raises:
        InputError: if a setting is out of range, no part is called so, a score is both named and refused, or two of the
            files to write are one.
    """
    check(job)
    busy = busy_of(job.busy)
    if isinstance(job, Plan):
        return
    _check_held(job, busy)
    if not job.use_score and (named := job.score or job.score_out):
        option = "--score" if job.score else "--score-out"
        raise _wrong("a score, or none", "both", f"--no-score and {option} {named}", "Leave one of them out.")
    if job.score and job.vividness != 1.0:
        do = "A score's strokes are made as they are; leave one of them out."
        raise _wrong("strokes to plan, for their vividness", "a score", f"--vividness {job.vividness:g}", do)
    if not job.use_score and job.vividness != 1.0:
        do = "Leave one of them out; --intensity needs no score."
        raise _wrong("a score, for its vividness", "none", f"--no-score and --vividness {job.vividness:g}", do)
    _check_files(job)


def _check_held(job: Request, busy: Sequence[Busy]) -> None:
    """Refuse a motion that nothing holds to, and parts that only a motion can say how to hold."""
    if job.held is not None and not busy:
        raise _wrong("a busy part, to hold as the motion has it", "none", f"--held {job.held}", "Name one with --busy.")
    still = [each.part for each in busy if not side_of(each.part)]
    if job.held is None and still:
        do = "Give the motion that it stays in with --held; arms and hands can do without."
        raise _wrong(f"a motion for the {still[0]}", "none", "--busy", do)


def _check_files(job: Request) -> None:
    """Refuse a score that would take another result's place."""
    if job.score_out is None:
        return
    others = [name for name in (*job.outputs, job.report, job.candidate_poses) if name is not None]
    if Path(job.score_out).resolve() in {Path(name).resolve() for name in others}:
        do = "Name another file for the score."
        raise _wrong("a file of its own for the score", "one that is written already", job.score_out, do)


def _wrong(expected: str, got: str, where: str, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=where, do=do))
