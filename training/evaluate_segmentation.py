"""Strokes from motion against labels: ``python -m training.evaluate_segmentation --data DIR --split val``.

A found stroke is a label if the middles of their stroke phases lie within 0.5 s (and 0.2 s), one to one, whatever the
hand; hands are counted among these. Two rows of chance stand beside. Idle gestures (`fidget`, `self_adapt`) are labels
like others: how a movement looks does not tell whether a word goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

from exges_core import assets
from exges_core.datasets.recordings import read_folder
from exges_core.errors import InputError, message
from exges_core.files import write_json
from exges_core.score.records import Score
from exges_core.score.segmentation import strokes_of_motion
from exges_core.score.stroke_network import load_network
from training.command import start
from training.data.labelled_scores import labelled_score
from training.evaluation.material import spread
from training.segmentation.evaluation import Segmented, compared, figures, time_errors
from training.segmentation.score_matching import REACHES_S

_KINDS_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Measure the segmentation on labelled takes.

    Attributes:
        data: a folder in BEAT2's layout with `events/`.
        split: whose takes.
        limit: so many, spread over the split.
        weights: of the segmentation.
        json: write the figures here.
    """

    data: Path
    split: Literal["train", "val", "test", "additional", "all"] = "val"
    limit: int | None = None
    weights: Path = assets.SEGMENTER
    json: Path | None = None


class Figures(TypedDict):
    """What is measured, as the JSON has it.

    Attributes:
        takes: how many.
        within_s: figures by how near a stroke must be, and by what it was compared with.
        times: errors of each time of a stroke.
        missed: by kind and size, how many labels were missed, and of how many.
        invented: strokes without a label, by size.
    """

    takes: int
    within_s: dict[str, dict[str, dict[str, float]]]
    times: dict[str, dict[str, float]]
    missed: dict[str, tuple[int, int]]
    invented: dict[str, int]


def segmented_takes(arguments: Arguments) -> list[Segmented]:
    """Read the takes and segment them.

    Raises:
        InputError: if a take has no labels.
        CheckpointError: if the weights cannot be used.
    """
    network, takes = load_network(arguments.weights), list[Segmented]()
    for take in spread(read_folder(arguments.data, arguments.split), arguments.limit):
        clip = take.clip
        labels = labelled_score(arguments.data, take.id, clip)
        if labels is None:
            do = "Use an authored corpus (python -m training.corpus)."
            where = f"{arguments.data}: {take.id}"
            raise InputError(message(expected="labelled takes", got="no events", where=where, do=do))
        found = strokes_of_motion(clip, network=network)
        takes.append(Segmented(labels, Score(strokes=found, duration_s=clip.duration_s, origin="motion")))
    return takes


def evaluate(arguments: Arguments) -> Figures:
    """Measure, print tables, and return all figures.

    Raises:
        InputError: if the takes cannot be used.
        CheckpointError: if the weights cannot be used.
        OutputError: if the JSON cannot be written.
    """
    takes = segmented_takes(arguments)
    rows = {reach_s: compared(takes, reach_s) for reach_s in REACHES_S}
    own = rows[REACHES_S[0]]["labels"]
    result: Figures = {
        "takes": len(takes),
        "within_s": {
            f"{reach_s:g}": {name: figures(each) for name, each in parts.items()} for reach_s, parts in rows.items()
        },
        "times": time_errors(own),
        "missed": {name: (own.missed[name], count) for name, count in own.labelled_by.most_common()},
        "invented": dict(own.invented.most_common()),
    }
    _print(result)
    if arguments.json is not None:
        write_json(arguments.json, result)
    return result


def _print(result: Figures) -> None:
    for reach, rows in result["within_s"].items():
        print(f"\n| within {reach} s | F1 | precision | recall | hand right |\n|---|---|---|---|---|")
        for name, row in rows.items():
            shown = " | ".join(f"{row[key]:.3f}" for key in ("f1", "precision", "recall", "hand_right"))
            print(f"| {name} | {shown} |")
    print("\n| time | median error s | 90 % within s | bias s |\n|---|---|---|---|")
    for name, row in result["times"].items():
        print(f"| {name} | {row['median_s']:.3f} | {row['p90_s']:.3f} | {row['bias_s']:+.3f} |")
    sizes = {name: each for name, each in result["missed"].items() if name.startswith("size ")}
    kinds = {name: each for name, each in result["missed"].items() if name not in sizes}
    print("\n| size | labelled | missed | invented |\n|---|---|---|---|")
    for name in sorted({*sizes, *result["invented"]}):
        missed, count = sizes.get(name, (0, 0))
        print(f"| {name.removeprefix('size ')} | {count} | {missed} | {result['invented'].get(name, 0)} |")
    print("\n| kind most often missed | labelled | missed |\n|---|---|---|")
    for name, (missed, count) in sorted(kinds.items(), key=lambda each: -each[1][0])[:_KINDS_SHOWN]:
        print(f"| {name} | {count} | {missed} |")


if __name__ == "__main__":
    start(evaluate, Arguments, about=__doc__)
