"""What can be asked of a score, checked before any work: settings, and files that do not contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

from exges_core.errors import InputError, message
from exges_core.files import keep_apart
from exges_core.motion.parts import side_of
from exges_core.protocol import Plan, Request
from exges_core.score.busy import Busy, busy_of
from exges_core.settings import check


def check_asked(job: Request | Plan) -> None:
    """Refuse settings outside their ranges, and what cannot be asked of a score.

    Raises:
        InputError: if a setting is out of range, no part is called so, a score is both named and refused, or a result
            would take the place of another or of a file that is read.
    """
    check(job)
    busy = busy_of(job.busy)
    _check_files(job)
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


def _check_held(job: Request, busy: Sequence[Busy]) -> None:
    """Refuse a motion that nothing holds to, and parts that only a motion can say how to hold."""
    if job.held is not None and not busy:
        raise _wrong("a busy part, to hold as the motion has it", "none", f"--held {job.held}", "Name one with --busy.")
    still = [each.part for each in busy if not side_of(each.part)]
    if job.held is None and still:
        do = "Give the motion that it stays in with --held; arms and hands can do without."
        raise _wrong(f"a motion for the {still[0]}", "none", "--busy", do)


def _check_files(job: Request | Plan) -> None:
    """Refuse results that would take each other's place, or that of a file which is only read.

    A motion that is kept may be replaced by the take that keeps it, and a score by the one that is planned from it.
    """
    if isinstance(job, Plan):
        return keep_apart([("the score", job.score_out)], _read_by(job))
    motions = [("the motion", name) for name in job.outputs]
    others = [("the report", job.report), ("the score", job.score_out), ("the candidates", job.candidate_poses)]
    stays = [("the controls", job.controls), ("the held motion", job.held), ("the posture", job.posture)]
    keep_apart([*motions, *others], [*_read_by(job), *stays, ("the rig", job.rig)])
    keep_apart(others, [("the kept motion", job.base_motion)])
    return keep_apart([*motions, others[0]], [("the score", job.score)])


def _read_by(job: Request | Plan) -> list[tuple[str, str | None]]:
    return [("the speech", job.speech), ("the transcript", job.transcript)]


def _wrong(expected: str, got: str, where: str, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=where, do=do))
