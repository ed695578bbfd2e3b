"""A planner's figures on held-out speech, beside chance, beside a beat on every accent and the speech acted anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from exges_core import assets
from exges_core.audio.accents import accents_s
from exges_core.datasets.recordings import read_folder
from exges_core.errors import InputError, message
from exges_core.planning.planner import drawn_strokes, plan
from exges_core.planning.planner_model import LoadedPlanner, load_planner
from exges_core.planning.tokens import tokens_of
from exges_core.score.records import Score, Stroke
from exges_core.score.untangling import untangle
from training.data.labelled_scores import labelled_score
from training.planner.figures import Planned, added, figures, habits, paired
from training.planner.sheet import sheet
from training.planner.takes import PlannerTake, read_planner_takes

_SHIFTS = 8
_BEAT_S, _LEAD_S = 0.5, 0.08
Rows = dict[str, list[dict[str, float]]]


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Measure a planner on takes whose strokes are known.

    Attributes:
        data: a folder in BEAT2's layout.
        split: whose takes are measured.
        model: weights.
        anew: the same takes acted anew: a folder with their events.
        draws: plans of each take; the spread over them is printed.
        no_style: let the planner be anybody.
        no_words: let it hear the sound alone.
        show: print the plans of so many takes beside what was acted.
        cache: where what is read of the data is kept between runs.
        seed: of the first draw.
        json: write the figures here.
    """

    data: Path
    split: str = "val"
    model: Path = assets.PLANNER
    anew: Path | None = None
    draws: int = 5
    no_style: bool = False
    no_words: bool = False
    show: int = 0
    cache: Path | None = None
    seed: int = 0
    json: Path | None = None


def evaluate(arguments: Arguments) -> dict[str, dict[str, tuple[float, float]]]:
    """Return the figures of every row: mean over draws, and their standard deviation.

    Raises:
        InputError: if the takes cannot be used.
        CheckpointError: if the weights cannot.
    """
    planner = load_planner(arguments.model)
    takes = read_planner_takes(arguments.data, arguments.split, cache=arguments.cache)
    rows: Rows = {"acted": [habits([take.score for take in takes])]}
    if arguments.anew is not None:
        rows["acted anew"] = [_row([Planned(score=each) for each in _anew(arguments, takes)], takes)]
    for draw in range(arguments.draws):
        plans = [_plan(planner, take, arguments, arguments.seed + draw) for take in takes]
        _add(rows, "planner", _row(plans, takes))
        _add(rows, "another take's plan", _row(_exchanged(plans), takes))
        for shift in range(1, _SHIFTS + 1):
            moved = [each.shifted(shift / (_SHIFTS + 1) * each.score.duration_s) for each in plans]
            _add(
                rows, "the plan moved", figures(added([paired(a, b.score) for a, b in zip(moved, takes, strict=True)]))
            )
        if draw == 0:
            for take, planned in list(zip(takes, plans, strict=True))[: arguments.show]:
                print("\n".join([f"\n{take.id}", *sheet(take.words, planned.score, take.score)]))
    rows["every accent a beat"] = [_row([_accents(take) for take in takes], takes)]
    return {name: _over_draws(found) for name, found in rows.items()}


def _plan(planner: LoadedPlanner, take: PlannerTake, arguments: Arguments, seed: int) -> Planned:
    words = () if arguments.no_words else take.words
    style = None if arguments.no_style else take.speaker
    score = plan(planner, words, take.features, style=style, seed=seed)
    tokens = tokens_of(words, take.features)
    ranked = {
        int(tokens.word[each.token]): tuple(planner.kinds[kind] for kind in each.ranking)
        for each in drawn_strokes(planner, tokens, style=style, seed=seed)
    }
    rankings = [ranked.get(-1 if stroke.word is None else stroke.word, ()) for stroke in score.strokes]
    return Planned(score=score, rankings=tuple(rankings))


def _accents(take: PlannerTake) -> Planned:
    """Return a small beat of both hands on every accent."""
    middles = accents_s(take.features) - _LEAD_S
    inside = [each for each in middles.tolist() if _BEAT_S / 2 < each < take.score.duration_s - _BEAT_S / 2]
    times = [(each - _BEAT_S / 2, each + _BEAT_S / 2) for each in inside]
    strokes = [
        Stroke(start_s=a, stroke_start_s=a, apex_s=b, hold_end_s=b, end_s=b, hand="both", kind="beat_small")
        for a, b in times
    ]
    return Planned(score=Score(strokes=untangle(strokes), duration_s=take.score.duration_s))


def _exchanged(plans: Sequence[Planned]) -> list[Planned]:
    """Return for each take the plan of the one that is the next longer (of the longest: the shortest)."""
    order = np.argsort([each.score.duration_s for each in plans])
    exchanged = list(plans)
    for own, other in zip(order, np.roll(order, -1), strict=True):
        exchanged[int(own)] = plans[int(other)].shifted(0.0)
    return exchanged


def _anew(arguments: Arguments, takes: Sequence[PlannerTake]) -> list[Score]:
    """Read the other performance; without its motion its sizes are not known."""
    assert arguments.anew is not None
    clips = {take.id: take for take in read_folder(arguments.data, arguments.split)}
    has_motion = (arguments.anew / "smplxflame_30").is_dir()
    others = {take.id: take for take in read_folder(arguments.anew, arguments.split)} if has_motion else clips
    found: list[Score] = []
    for take in takes:
        score = labelled_score(arguments.anew, take.id, others[take.id].clip) if take.id in others else None
        if score is None:
            do = "Make it with --performance 1, of the same seed and hours."
            raise InputError(
                message(expected="the take acted anew", got="none", where=f"{arguments.anew}, {take.id}", do=do)
            )
        strokes = score.strokes if has_motion else tuple(replace(each, size=1.0) for each in score.strokes)
        found.append(replace(score, strokes=strokes))
    return found


def _row(plans: Sequence[Planned], takes: Sequence[PlannerTake]) -> dict[str, float]:
    found = added([paired(each, take.score) for each, take in zip(plans, takes, strict=True)])
    return {**figures(found), **habits([each.score for each in plans])}


def _add(rows: Rows, name: str, row: dict[str, float]) -> None:
    rows.setdefault(name, []).append(row)


def _over_draws(found: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    table = {name: np.array([row[name] for row in found]) for name in found[0]}
    return {name: (float(values.mean()), float(values.std())) for name, values in table.items()}
