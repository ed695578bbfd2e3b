"""Files and report around the flow: what the command line, the worker, batches and `exges_core.generate` call."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from exges_core.control.files import read_controls, read_kept, read_posture
from exges_core.control.held import read_held
from exges_core.datasets.target_rigs import TargetRig, read_target
from exges_core.errors import InputError, message
from exges_core.files import replacing, require_places, write_json
from exges_core.pipeline.analyse import Speech, hear_job
from exges_core.pipeline.energy import energy_of
from exges_core.pipeline.gesture import Gesture, gesture, timed
from exges_core.pipeline.given import Given
from exges_core.pipeline.models import Models
from exges_core.pipeline.preparing import check_settings
from exges_core.pipeline.report import Report, RigReport, as_json
from exges_core.pipeline.scoring import score_of_file
from exges_core.pipeline.stages import Stages
from exges_core.pipeline.writing import check_format, write_candidate_poses, write_motion
from exges_core.protocol import OnProgress, Progress, Request, ignore_progress
from exges_core.score.asking import check_asked
from exges_core.score.busy import busy_of, check_inside
from exges_core.score.files import write_score
from exges_core.settings import GenerationSettings, SettingValue, settings_of, values_of

SHARES = {"words": 0.35, "features": 0.05, "motion": 0.55, "files": 0.05}
"""How much of the progress bar each stage gets, in order; motion's own stages are `gesture`'s."""
StrPath = str | Path


def generate(
    speech: StrPath,
    *,
    transcript: StrPath | None = None,
    controls: StrPath | None = None,
    held: StrPath | None = None,
    posture: StrPath | None = None,
    library: StrPath | None = None,
    score: StrPath | None = None,
    asr: str = "auto",
    device: str = "auto",
    models: Models | None = None,
    on_progress: OnProgress = ignore_progress,
    **settings: SettingValue,
) -> Gesture:
    """Turn a sound file into a gesture: `generate("talk.wav", seed=3).save("talk.bvh")`.

    Args:
        speech: the sound.
        transcript: its words; None = they are recognised as `asr` says.
        controls: poses to obey (docs/control.md).
        held: motion in which the parts that are `busy` stay.
        posture: how to stand and where hands rest (docs/control.md); gestures are made about it.
        library: a motion base of your own; None = the shipped one.
        score: strokes to make (docs/score.md); None = they are planned.
        asr: auto, whisper:NAME, moonshine, pocketsphinx or none.
        device: auto, cpu or cuda; not looked at where models are given.
        models: weights to use again from one call to the next.
        on_progress: told how far it is; may raise `Cancelled`.
        settings: by name, see `exges_core.settings.GenerationSettings`.

    Raises:
        InputError: (and its children) if a file or a setting cannot be used.
        CheckpointError: if weights are missing or of another version.
    """
    request = Request(
        id=Path(speech).stem,
        speech=str(speech),
        outputs=(),
        transcript=_name(transcript),
        controls=_name(controls),
        held=_name(held),
        posture=_name(posture),
        library=_name(library),
        score=_name(score),
        asr=asr,
        **values_of(settings_of(settings), GenerationSettings),
    )
    check_asked(request)
    check_settings(request)
    stages = Stages(shares=SHARES, on_progress=on_progress)
    return _made(request, Models(device=device) if models is None else models, stages)


def _name(path: StrPath | None) -> str | None:
    return None if path is None else str(path)


def generate_files(request: Request, models: Models, *, on_progress: OnProgress = ignore_progress) -> Gesture:
    """Turn one speech into motion files and a report.

    Nothing is left behind unless everything is: files are put in place together at the end.

    Raises:
        InputError: (and its children) if the speech, transcript, controls or motion base cannot be used.
        CheckpointError: if weights are missing or of another version.
        OutputError: if a result cannot be written.
        Cancelled: if `on_progress` asks for it.
    """
    check_request(request)
    require_places((*request.outputs, request.report, request.score_out, request.candidate_poses))
    target = None if request.rig is None else read_target(request.rig)
    stages = Stages(shares=SHARES, on_progress=on_progress)
    made = _made(request, models, stages)
    with stages.stage("files"):
        found = replace(made, report=_with_rig(timed(made.report, stages.timings_s), target))
        _write(request, found, target)
    on_progress(Progress(stage="done", fraction=1.0))
    return replace(found, report=replace(found.report, timings_s=dict(stages.timings_s)))


def check_request(request: Request) -> None:
    """Refuse what cannot be asked for, or not together, before any file is read.

    Raises:
        InputError: naming the setting or the file.
    """
    for name in request.outputs:
        check_format(Path(name), has_face=request.face)
    if request.rig is not None and not any(name.lower().endswith(".bvh") for name in request.outputs):
        got, do = ", ".join(request.outputs), "Add -o OUT.bvh; .npz always holds the canonical body."
        raise InputError(message(expected="a .bvh output for the rig", got=got, where="--rig", do=do))
    if not request.outputs:
        raise InputError(message(expected="an output file", got="none", where="request", do="Name one with -o."))
    check_asked(request)
    check_settings(request)
    if request.base_motion is None and (request.keep_outside_s is not None or request.base_start_s):
        where = "--base-start" if request.keep_outside_s is None else "--keep-outside"
        do = "Name the motion with --base-motion."
        raise InputError(message(expected="a motion to keep", got="none", where=where, do=do))


def _made(request: Request, models: Models, stages: Stages) -> Gesture:
    """Hear the speech, read what is given with it, and make its motion."""
    with stages.stage("words") as within:
        heard = hear_job(request, on_progress=within)
    with stages.stage("features"):
        models.rivals_of(request.speaker)  # refuses a style that nobody knows before anything else is read
        speech = Speech.of(heard)
        given = _given(request, speech, models)
    with stages.stage("motion") as within:
        made = gesture(speech, models, request, given, on_progress=within)
    timings_s = {**stages.timings_s, **made.report.timings_s}
    timings_s.pop("motion")  # its own stages are told instead
    stages.timings_s = timings_s
    return replace(made, report=timed(made.report, timings_s))


def _given(request: Request, speech: Speech, models: Models) -> Given:
    kept = None
    if request.base_motion is not None:
        kept = read_kept(
            Path(request.base_motion),
            speech.frames,
            start_s=request.base_start_s,
            keep_outside_s=request.keep_outside_s,
        )
    controls = None if request.controls is None else read_controls(Path(request.controls))
    busy, duration_s = busy_of(request.busy), speech.heard.waveform.duration_s
    check_inside(busy, duration_s)
    held = None if request.held is None else read_held(Path(request.held), busy, duration_s)
    base = models.base_named(request.library) if request.use_retrieval else None
    score, doubts = None, ()
    if request.score is not None:
        shown = base if energy_of(request).retrieval_strength else None  # at strength 0 nothing is shown of the base
        score, doubts = score_of_file(request.score, speech, models, shown)
    posture = None if request.posture is None else read_posture(Path(request.posture))
    return Given(controls=controls, kept=kept, held=held, posture=posture, score=score, base=base, doubts=doubts)


def _with_rig(report: Report, target: TargetRig | None) -> Report:
    if target is None:
        return report
    found = target.rig_map
    rig = RigReport(name=target.name, family=found.title, missing=tuple(found.missing))
    return replace(report, rig=rig, warnings=(*report.warnings, *target.warnings))


def _write(request: Request, made: Gesture, target: TargetRig | None) -> None:
    """Write everything beside its target, then put it all in place; the report last, so that it tells of real files."""
    with ExitStack() as files:
        if request.report is not None:  # entered first, so put in place last
            write_json(files.enter_context(replacing(Path(request.report))), as_json(made.report))
        if request.score_out is not None and made.score is not None:
            temporary = files.enter_context(replacing(Path(request.score_out)))
            write_score(temporary, made.score, words=[word.text for word in made.report.words])
        for name in request.outputs:
            temporary = files.enter_context(replacing(Path(name)))
            write_motion(temporary, made.clip, kept=made.kept, target=target, face=made.curves)
        if request.candidate_poses is not None and made.base is not None:
            temporary = files.enter_context(replacing(Path(request.candidate_poses)))
            write_candidate_poses(temporary, made.matches, made.base)
