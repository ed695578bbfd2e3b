"""A real take beside what is generated for its sound: ``python -m training.side_by_side --data DIR --out FILE.mp4``.

Left the recorded motion, right the product's own flow (words, retrieval, diffusion, finish) for the same sound, on the
same body. `--out` films both with the sound; `--sheet` draws poses at even times, the words said there and the wrists'
speed over time; figures of both go into a JSON beside. For looking at, and for the figures that looking asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from exges_core import assets
from exges_core.arrays import Array
from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.cli.demo import film, require_blender
from exges_core.datasets.recordings import Take, read_folder
from exges_core.errors import InputError, message
from exges_core.files import replacing, write_json
from exges_core.json_lines import is_object
from exges_core.metrics.beats import beat_consistency, mean_joint_speed_m_per_s
from exges_core.metrics.diversity import l1_total_m
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.skeleton import DEFAULT_SKELETON, Skeleton
from exges_core.motion.smplx_body import read_shape, read_smplx
from exges_core.pipeline.analyse import Heard, Speech, heard_in
from exges_core.pipeline.gesture import Gesture, gesture
from exges_core.pipeline.models import Models
from exges_core.protocol import OnProgress, Progress
from exges_core.settings import GenerationSettings
from exges_core.speech.segments import segment
from exges_core.speech.words import Word
from exges_core.timeline import MOTION_RATE_HZ, frame_at, time_of
from exges_core.visualization.mesh import Skin, require_smplx
from training.command import start
from training.corpus.measures.measured_body import measured_body
from training.corpus.measures.motion_statistics import body_statistics
from training.evaluation.inputs import training_clips
from training.evaluation.real_voices import FIGURES
from training.evaluation.side_by_side_sheet import at_home, draw_both

TITLES = ("recorded", "generated")
TRAINING_CLIPS = 52
"""As many as `training.evaluate` takes joint speeds from."""
_REST = "rest_fraction"


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """What to show.

    Attributes:
        data: takes in BEAT2's layout, or side by side (x.npz, x.wav, x.TextGrid).
        out: the film (.mp4); needs the `blender` extra. None = none.
        sheet: a contact sheet (.png) of both.
        generated_sheet: the same without recorded motion and words, where their licence does not let them be shown.
        figures: the JSON; None = beside the film or the sheet.
        take: which; None = the first.
        start: in the take, seconds.
        seconds: at most, as far as the take goes.
        model: the denoiser's weights.
        training: a folder whose training takes give the joint speeds that BC divides by, as `training.evaluate` does;
            None = the recorded motion shown, and BC then compares with nothing else.
        smplx: your own SMPL-X model (.npz), with the `smplx` extra: sheets show its mesh in the take's own shape; BC
            and L1div are of its joints.
        speaker: a style of the weights; None = none.
        asr: how words are found where the take has no transcript.
        seed: of the noise.
        film_budget: seconds to render in; a slower machine leaves out frames.
    """

    data: Path
    out: Path | None = None
    sheet: Path | None = None
    generated_sheet: Path | None = None
    figures: Path | None = None
    take: str | None = None
    start: float = 0.0
    seconds: float = 60.0
    model: Path = assets.DENOISER
    training: Path | None = None
    smplx: Path | None = None
    speaker: str | None = None
    asr: str = "auto"
    seed: int = 0
    film_budget: float = 900.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Recorded:
    """A part of a take.

    Attributes:
        id: of the take.
        clip: its motion at 30 fps.
        waveform: its sound, as long as the motion to one frame.
        words: with times from the part's beginning; empty without a transcript.
    """

    id: str
    clip: MotionClip
    waveform: Waveform
    words: tuple[Word, ...]


def part_of(take: Take, start_s: float, seconds: float) -> Recorded:
    """Return seconds of a take from an instant on, both rounded to frames.

    Raises:
        InputError: if the take has no motion with sound there, or less than a second of it.
    """
    clip, waveform = take.clip, take.waveform
    both = min(clip.frames, int(waveform.duration_s * MOTION_RATE_HZ))
    if not (np.isfinite(start_s) and np.isfinite(seconds) and seconds >= 1 and 0 <= frame_at(start_s) <= both - 30):
        expected = f"at least 1 s inside the take's {time_of(both):.2f} s"
        got = f"{seconds:g} s from {start_s:g} s on"
        raise InputError(message(expected=expected, got=got, where=take.id, do="Choose --start and --seconds."))
    start = frame_at(start_s)
    stop = min(both, start + frame_at(seconds))
    first_s, last_s = time_of(start), time_of(stop)
    return Recorded(
        id=take.id,
        clip=clip.cut(start, stop),
        waveform=waveform.cut(first_s, last_s),
        words=tuple(
            replace(each, start_s=each.start_s - first_s, end_s=each.end_s - first_s)
            for each in take.words
            if first_s <= each.start_s and each.end_s <= last_s
        ),
    )


def generated_for(part: Recorded, options: SideBySide, models: Models) -> Gesture:
    """Return what the product makes of a part's sound, at most as many frames as are recorded.

    Raises:
        InputError: if the speech or the speaker cannot be used.
        CheckpointError: if the weights cannot.
    """
    if part.words:
        segments = segment(part.words, part.waveform)
        heard = Heard(waveform=part.waveform, words=part.words, segments=segments, asr="transcript", source=part.id)
    else:
        heard = heard_in(part.waveform, asr=options.asr, source=part.id)
    settings = GenerationSettings(speaker=options.speaker, seed=options.seed)
    made = gesture(Speech.of(heard), models, settings)
    return replace(made, clip=made.clip.cut(0, min(made.clip.frames, part.clip.frames)))


def figures_of(
    clip: MotionClip, waveform: Waveform, joint_speed_m_per_s: Array, skeleton: Skeleton = DEFAULT_SKELETON
) -> dict[str, float]:
    """Return what is said of one motion: gesture rate, stroke length, wrist speeds, share of rest, BC, L1div.

    The definitions are those of the report's real voices and Table 1 (protocol `clean`). What a short
    part has not is left out: under 6 s all but BC and L1div, under 4 s BC, too.
    """
    statistics = body_statistics(measured_body(clip))
    beats = beat_consistency([clip], [waveform], joint_speed_m_per_s=joint_speed_m_per_s, skeletons=[skeleton])
    found = {
        **{name: statistics[name] for name in (*FIGURES, _REST) if name in statistics},
        "bc": beats.score,
        "bc_excess": beats.excess,
        "l1div": l1_total_m(clip, skeleton) / clip.frames,
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}


def make_film(recorded: MotionClip, made: MotionClip, part: Recorded, options: SideBySide, out: Path) -> None:
    """Film both with the sound, by the demo's renderer.

    Raises:
        ExgesError: if Blender fails; its log is left beside the film.
        OutputError: if the film cannot be written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="exges-") as name, replacing(out) as target:
        folder = Path(name)
        motions = {title: folder / f"{title}.npz" for title in TITLES}
        for path, clip in zip(motions.values(), (recorded, made), strict=True):
            write_npz(path, at_home(clip))
        write_waveform(folder / "speech.wav", part.waveform)
        video = folder / "film.mp4"
        film(
            motions[TITLES[0]],
            folder / "speech.wav",
            {"blend": folder / "film.blend", "video": video},
            log=out.with_suffix(".log"),
            options=(
                *("--beside", str(motions[TITLES[1]])),
                *("--titles", *TITLES),
                *("--video-budget", f"{options.film_budget:g}"),
            ),
            on_progress=_told(),
        )
        target.write_bytes(video.read_bytes())


def _told() -> OnProgress:
    """Return a sink that prints every tenth."""
    printed = -1

    def on_progress(step: Progress) -> None:
        nonlocal printed
        if int(10 * step.fraction) > printed:
            printed = int(10 * step.fraction)
            print(f"  {step.stage}: {100 * step.fraction:.0f} %", flush=True)

    return on_progress


def side_by_side(options: SideBySide) -> dict[str, object]:
    """Generate, draw, film and measure; return the figures as they are written.

    Raises:
        InputError: if nothing is asked for, or data, take, part or speaker cannot be used, or Blender is missing.
        ExgesError: if weights cannot be used, Blender fails or a file cannot be written.
    """
    shown = [path for path in (options.out, options.sheet, options.generated_sheet, options.figures) if path]
    if not shown:
        do = "Add --out FILE.mp4, --sheet FILE.png or --figures FILE.json."
        raise InputError(message(expected="something to make", got="nothing", where="side_by_side", do=do))
    if options.out is not None:
        require_blender("the film (--out); --sheet needs no Blender")
    take = _chosen(options)
    skin = None if options.smplx is None else _skin_of(take, options.smplx)
    skeleton = DEFAULT_SKELETON if skin is None else skin.model.skeleton(skin.shape)
    part = part_of(take, options.start, options.seconds)
    models = Models(denoiser=options.model)
    print(f"{part.id}: {part.clip.duration_s:.2f} s, {len(part.words)} words", flush=True)
    generated = generated_for(part, options, models)
    recorded = part.clip.cut(0, generated.clip.frames)
    rows: dict[str, MotionClip] = dict(zip(TITLES, (recorded, generated.clip), strict=True))
    found = measured(part, generated, rows, options, skeleton)
    write_json(options.figures or shown[0].with_suffix(".json"), found)
    # Alone, the generated motion shows nothing of the take: no pose, no word.
    alone = {TITLES[1]: generated.clip}
    sheets = ((options.sheet, rows, part.words), (options.generated_sheet, alone, ()))
    for path, chosen, words in sheets:
        if path is not None:
            with replacing(path) as temporary:
                draw_both(chosen, words, skin=skin).save(temporary, format="PNG")
    if options.out is not None:
        make_film(recorded, generated.clip, part, options, options.out)
    return found


def measured(
    part: Recorded, generated: Gesture, rows: Mapping[str, MotionClip], options: SideBySide, skeleton: Skeleton
) -> dict[str, object]:
    """Return the figures of both motions, and how the generated one was made."""
    report = generated.report
    clips = training_clips(options.training, TRAINING_CLIPS) if options.training else []
    speeds = mean_joint_speed_m_per_s(clips or [rows[TITLES[0]]], skeletons=None if clips else [skeleton])
    used = sum(each.clip is not None for each in report.gestures)
    return {
        "take": part.id,
        "start_s": options.start,
        "seconds": generated.clip.duration_s,
        "seed": options.seed,
        "model": asdict(report.model),
        "words": report.asr,
        "gestures": f"{used} of {len(report.gestures)} segments",
        "joint_speeds": f"{len(clips)} training takes" if clips else "the recorded motion",
        **{title: figures_of(clip, part.waveform, speeds, skeleton) for title, clip in rows.items()},
    }


def _skin_of(take: Take, model: Path) -> Skin:
    require_smplx()
    skin = Skin(model=read_smplx(model), shape=read_shape(take.motion_path))
    skin.model.betas_of(skin.shape)  # refused now rather than after minutes of generating
    return skin


def _chosen(options: SideBySide) -> Take:
    takes = {take.id: take for take in read_folder(options.data, "all")}
    if options.take is None:
        return next(iter(takes.values()))
    if options.take not in takes:
        known = ", ".join([*takes][:8]) + (", ..." if len(takes) > 8 else "")
        got, where = repr(options.take), f"--take, {options.data.name}"
        raise InputError(message(expected=f"one of {known}", got=got, where=where, do="Name one of them."))
    return takes[options.take]


def table_of(found: Mapping[str, object]) -> str:
    """Return the figures as Markdown."""
    named = {
        **FIGURES,
        _REST: "share of time at rest",
        "bc": "BC",
        "bc_excess": "BC over shifted copies",
        "l1div": "L1div",
    }
    rows = [f"| | {' | '.join(TITLES)} |", "|---|---|---|"]
    columns = [column for title in TITLES if is_object(column := found[title])]
    for name, words in named.items():
        values = [f"{column[name]:.3f}" if name in column else "-" for column in columns]
        rows.append(f"| {words} | {' | '.join(values)} |")
    return "\n".join(rows)


def main(options: SideBySide) -> None:
    """Print what `side_by_side` returns as a table."""
    print(table_of(side_by_side(options)))


if __name__ == "__main__":
    start(main, SideBySide, about=__doc__)
