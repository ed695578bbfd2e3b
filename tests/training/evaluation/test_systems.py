"""Tables 1 and 3: the full system is the product's, every other differs in one thing, figures are told honestly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exges_core.datasets.recordings import read_folder
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.errors import InputError
from exges_core.metrics.beats import mean_joint_speed_m_per_s
from exges_core.metrics.evaluator import LoadedEvaluator
from exges_core.metrics.frechet import frechet_gesture_distance
from exges_core.metrics.listening.events import Meetings
from exges_core.metrics.listening.strokes import stroke_course, stroke_hits, strokes_of
from exges_core.metrics.protocols import CLEAN, PROTOCOLS, MetricProtocol
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import features_from_clip, home_anchor
from exges_core.motion.npz import read_npz
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.pipeline.report import as_json
from exges_core.planning.planner_model import LoadedPlanner
from exges_core.protocol import Request
from exges_core.retrieval.choice import SearchSettings
from exges_core.score.files import to_milliseconds, write_score
from training.evaluation import generation_table as generation_table_room
from training.evaluation.checks import generation_checks, listening_checks
from training.evaluation.comparison import systems_of
from training.evaluation.generation_table import OTHER_PLAN, Measured, Yardstick, generation_rows, sampler_ratio
from training.evaluation.inputs import read_joint_speeds
from training.evaluation.material import KnownTake, known_take, spread
from training.evaluation.stitching import JOIN_FRAMES, somewhere_in, stitched
from training.evaluation.systems import CONSTANT_PROBABILITY, Flow, Made, Retriever, System
from training.evaluation.tables import ablation_table, generation_table
from training.workers import WorkerOptions

TIMES = ("start_s", "stroke_start_s", "apex_s", "hold_end_s", "end_s")


@dataclass(frozen=True, kw_only=True)
class Product:
    """The product with the tests' own weights, one take and that take as the tables know it."""

    models: Models
    request: Request
    known: KnownTake
    retriever: Retriever
    folder: Path

    def makes(self, **asked: Any) -> tuple[MotionClip, dict[str, Any]]:
        """Return what `exges generate` writes and reports."""
        report = as_json(generate_files(replace(self.request, **asked), self.models).report)
        return read_npz(Path(self.request.outputs[0])), report


@pytest.fixture(scope="module")
def product(
    folder: Path,
    denoiser: LoadedDenoiser,
    planner: LoadedPlanner,
    retriever: Retriever,
    retrieval_files: tuple[Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Product:
    take, out = read_folder(folder, "test")[0], tmp_path_factory.mktemp("product")
    models = Models(device="cpu", denoiser=denoiser, retrieval=retriever.model, planner=planner)
    request = Request(
        id="a",
        speech=str(take.waveform_path),
        outputs=(str(out / "a.npz"),),
        transcript=str(take.transcript_path),
        library=str(retrieval_files[1]),
        speaker=take.speaker,
        seed=4,
    )
    return Product(models=models, request=request, known=known_take(take, folder), retriever=retriever, folder=out)


def as_the_product(made: Made, expected: MotionClip) -> None:
    np.testing.assert_allclose(made.clip.positions_m(), expected.positions_m()[: made.clip.frames], atol=1e-4)


def far(one: Made, other: Made) -> float:
    return float(np.abs(one.clip.positions_m() - other.clip.positions_m()).max())


def test_the_full_system_is_the_products_own_flow(product: Product, planner: LoadedPlanner) -> None:
    flow = Flow(denoiser=product.models.denoiser, retriever=product.retriever, scores=planner)
    expected, report = product.makes()
    found = flow(product.known, 4)
    assert found.score is not None
    assert [each.times_s for each in found.score.strokes] == [
        tuple(each[name] for name in TIMES) for each in report["score"]["strokes"]
    ]
    assert any(each.clip is not None for each in found.score.strokes), "nothing was cast: the test would show little"
    as_the_product(found, expected)
    bare = replace(flow, retriever=None)(product.known, 4)
    as_the_product(bare, product.makes(use_retrieval=False, library=None)[0])
    assert far(bare, found) > 1e-3
    assert far(replace(flow, score_guidance=3.0)(product.known, 4), found) > 1e-3


def test_without_a_score_it_is_the_papers_flow(product: Product, planner: LoadedPlanner) -> None:
    flow = Flow(denoiser=product.models.denoiser, retriever=product.retriever, scores=None)
    expected, report = product.makes(use_score=False)
    assert any(each["used"] for each in report["retrieved"]), "nothing was retrieved: the test would show little"
    found = flow(product.known, 4)
    assert found.score is None
    as_the_product(found, expected)
    assert far(found, replace(flow, scores=planner)(product.known, 4)) > 1e-3


def test_the_truths_score_is_played_as_a_file_of_it(product: Product) -> None:
    flow = Flow(denoiser=product.models.denoiser, retriever=product.retriever, scores="truth")
    own = product.known.score
    assert own is not None
    assert len(own.strokes) > 2
    path = product.folder / "own.json"
    write_score(path, to_milliseconds(own))
    found = flow(product.known, 4)
    as_the_product(found, product.makes(score=str(path))[0])
    assert found.score is not None
    np.testing.assert_allclose(
        [each.times_s for each in found.score.strokes], [each.times_s for each in own.strokes], atol=1e-3
    )
    with pytest.raises(ValueError, match="no score of its own"):
        flow(replace(product.known, score=None), 4)


def test_a_speaker_whom_nobody_knows_gets_the_style_that_the_product_gives(
    product: Product, planner: LoadedPlanner
) -> None:
    flow = Flow(denoiser=product.models.denoiser, retriever=product.retriever, scores=planner)
    stranger = replace(product.known, speaker="nobody")
    expected, report = product.makes(speaker=None)
    assert flow.style(stranger, 4) == report["style"]
    assert report["style"] in ("ada", "bob")
    as_the_product(flow(stranger, 4), expected)
    assert replace(flow, scores=None).style(stranger, 4) is None


def test_without_the_head_every_segment_gets_its_best_clip(retriever: Retriever, takes: list[KnownTake]) -> None:
    headless = replace(retriever, has_head=False, _found={})
    for match in headless.matches(takes[0]):
        assert {each.probability for each in match.candidates} == {CONSTANT_PROBABILITY}
    used = [match.used for match in headless.matches(takes[0])]
    assert all(used)
    assert used[0] is not None
    assert used[0].clip_index == headless.matches(takes[0])[0].candidates[0].clip_index
    assert SearchSettings().minimum_probability <= CONSTANT_PROBABILITY
    assert retriever.matches(takes[0]) is retriever.matches(takes[0])


def test_stitched_clips_are_the_clips_where_they_are_not_blended(retriever: Retriever, takes: list[KnownTake]) -> None:
    rest = np.zeros(337, np.float32)
    matches = retriever.matches(takes[0])
    found = stitched(retriever.base, matches, takes[0].frames, rest)
    best = matches[0].candidates[0]
    clip = retriever.base.clip(best.clip_index)
    key = round(30 * (best.key_time_s - best.source_start_s))
    at = round(30 * best.query_time_s)
    expected = features_from_clip(clip, home_anchor(clip))[key]
    blended = [round(30 * match.segment.start_s) for match in matches[1:]]
    if all(abs(at - join) > JOIN_FRAMES for join in blended):
        np.testing.assert_allclose(found[at], expected, atol=1e-5)
    # Nothing jumps more than the clips themselves and a blend over a quarter of a second would.
    assert np.abs(np.diff(found[:, :333], axis=0)).max() < 0.5  # contacts do jump
    np.testing.assert_array_equal(stitched(retriever.base, (), 5, rest), np.zeros((5, 337), np.float32))


def test_a_clip_from_somewhere_is_a_take_as_it_was(takes: list[KnownTake]) -> None:
    clips = [take.truth for take in takes]
    found = somewhere_in(clips, 60, generator=np.random.default_rng(1))
    assert any(
        np.array_equal(found.local_quat_wxyz, clip.local_quat_wxyz[start : start + 60])
        for clip in clips
        for start in range(clip.frames - 59)
    )
    longer = somewhere_in(clips[:1], 500, generator=np.random.default_rng(1))
    assert longer.frames == 500
    own, made = (np.abs(np.diff(clip.positions_m(), axis=0)).max() for clip in (clips[0], longer))
    assert made == pytest.approx(own)  # to and fro, never a jump


def test_systems_without_weights_are_named(
    denoiser: LoadedDenoiser, retriever: Retriever, planner: LoadedPlanner, takes: list[KnownTake]
) -> None:
    found, skipped = systems_of({"full": denoiser}, retriever, planner, [takes[0].truth])
    assert [each.key for each in found] == [
        "full", "full-ddpm", "no-retrieval", "no-score", "true-score", "no-head", "nearest", "mean-pose", "random",
    ]  # fmt: skip
    assert set(skipped) == {"no-control", "no-part-mask", "no-curriculum", "regression", "dsg"}
    assert "--model no-control=FILE" in skipped["dsg"]
    every = dict.fromkeys(("full", "no-control", "no-part-mask", "no-curriculum", "regression"), denoiser)
    found, skipped = systems_of(every, retriever, planner, [takes[0].truth])
    assert not skipped
    flows = {each.key: each.make for each in found if isinstance(each.make, Flow)}
    planned = {key for key, flow in flows.items() if flow.scores is planner}
    assert planned == {"full", "full-ddpm", "no-retrieval", "no-control", "no-part-mask", "no-curriculum", "no-head"}
    assert {key for key, flow in flows.items() if flow.scores is None} == {"no-score", "regression", "dsg"}
    found, skipped = systems_of(every, None, None, [], has_true_scores=False)
    assert {"no-retrieval", "no-score", "true-score", "nearest", "no-head", "random"} <= set(skipped)


@pytest.fixture(scope="module")
def few_steps(
    denoiser: LoadedDenoiser, retriever: Retriever, planner: LoadedPlanner, takes: list[KnownTake]
) -> list[System]:
    """Return quick stand-ins under the keys that the tables know."""
    systems, _ = systems_of({"full": denoiser}, retriever, planner, [takes[1].truth])
    by_key = {each.key: each for each in systems}
    ddpm = Flow(denoiser=denoiser, retriever=retriever, scores=planner, sampler="ddpm", steps=12)
    slow = replace(by_key["full-ddpm"], make=ddpm)
    return [by_key["full"], slow, *(by_key[key] for key in ("no-retrieval", "no-score", "true-score", "mean-pose"))]


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=list(PROTOCOLS))
def test_bc_divides_by_the_speeds_of_its_protocol_or_by_those_given(
    takes: list[KnownTake], protocol: MetricProtocol
) -> None:
    """With translation in the emage protocols: a walk must count there, and not in `clean`."""
    still = takes[0].truth
    steps = np.linspace(0, 3, still.frames)[:, None] * np.array([1.0, 0.0, 0.0])
    walk = replace(still, root_position_m=still.root_position_m + steps)
    found = Yardstick(takes[:1], [walk], protocol, None).joint_speed_m_per_s
    np.testing.assert_allclose(found, mean_joint_speed_m_per_s([walk], protocol))
    pelvis_m_per_s = 3 / walk.duration_s
    assert (found[0] > 0.9 * pelvis_m_per_s) == (protocol.name != "clean")
    given = np.full(55, 0.25)
    assert Yardstick(takes[:1], [walk], protocol, None, joint_speed_m_per_s=given).joint_speed_m_per_s is given


def test_a_limit_of_no_takes_is_refused() -> None:
    with pytest.raises(InputError, match=r"--limit: expected 1 take or more, got 0"):
        spread([], 0)


def test_joint_speeds_of_the_field_are_read_and_others_refused(tmp_path: Path) -> None:
    path = tmp_path / "mean_vel.npy"
    np.save(path, np.linspace(0, 1, 55))
    assert read_joint_speeds(path)[-1] == 1.0
    for broken in (np.zeros(54), np.full(55, np.nan), np.full(55, -1.0), np.array(["x"] * 55)):
        np.save(path, broken)
        with pytest.raises(InputError, match=r"mean_vel\.npy: expected an \.npy of 55 speeds"):
            read_joint_speeds(path)
    path.write_bytes(b"no array")
    with pytest.raises(InputError, match="unreadable"):
        read_joint_speeds(path)
    with pytest.raises(InputError, match="got nothing"):
        read_joint_speeds(tmp_path / "none.npy")


def test_rows_hold_what_the_metrics_say(
    few_steps: list[System],
    takes: list[KnownTake],
    evaluator: LoadedEvaluator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generation_table_room, "FGD_RESAMPLES", 2)
    yardstick = Yardstick(takes, [takes[2].truth, takes[1].truth], CLEAN, evaluator)
    lines: list[str] = []
    tables = generation_rows(few_steps, yardstick, seed=0, slow_takes=2, say=lines.append)
    rows = {row.key: row for row in tables.rows}
    assert list(rows) == [
        "real", "exchanged", "full", OTHER_PLAN, "full-ddpm", "full@few", "no-retrieval", "no-score", "true-score",
        "mean-pose",
    ]  # fmt: skip
    assert [row.clips for row in tables.rows] == [3, 3, 3, 3, 2, 2, 3, 3, 3, 3]
    listening_is_measured_against_the_plan(rows, tables.full, takes)
    full = rows["full"]
    again = [few_steps[0].make(take, number) for number, take in enumerate(takes)]
    expected = frechet_gesture_distance(yardstick.real, evaluator.embed_many([each.clip for each in again]), CLEAN)
    assert full.fgd is not None
    assert full.fgd.value == pytest.approx(expected, rel=1e-6)
    assert rows["mean-pose"].l1div.value == pytest.approx(0.0, abs=1e-9)
    assert rows["mean-pose"].bc.value == 0.0
    assert rows["real"].fgd is None
    assert yardstick.floors is not None
    assert rows["real"].l1div.low <= rows["real"].l1div.value <= rows["real"].l1div.high
    ratio = sampler_ratio(tables.rows)
    assert ratio is not None
    assert ratio["ratio"] == pytest.approx(ratio["default"] / ratio["ddpm"])
    assert set(tables.shown) == {"real motion", *(each.name for each in few_steps)}
    text = generation_table(tables.rows, yardstick.floors).markdown()
    assert text.count("**") == 2, "one best figure"
    assert "floor" in text
    assert "[2 takes]" in text
    ablations = ablation_table(tables.rows).markdown()
    assert all(name in ablations for name in ("w/o motion retrieval", "w/o score", "score from truth"))
    assert "plan of another take" not in ablations
    checks = {check.asks: check for check in generation_checks(tables.rows, yardstick.floors)}
    beats = checks["The full model beats every ablation and baseline on FGD"]
    rivals = [rows[key].fgd.value for key in ("no-retrieval", "no-score", "mean-pose")]  # type: ignore[union-attr]
    assert beats.holds is all(full.fgd.value < value for value in rivals)
    floor = checks["FGD is at most 2 times the real-against-real floor"]
    assert floor.holds is (full.fgd.value <= 2 * yardstick.floors.held_out)
    assert next(check for asks, check in checks.items() if asks.startswith("Table 3's order")).holds is None


def listening_is_measured_against_the_plan(
    rows: dict[str, Measured], made: Sequence[Made], takes: Sequence[KnownTake]
) -> None:
    own = [stroke_hits(each.clip, strokes_of(each.score)) for each in made if each.score is not None]
    assert len(own) == len(takes)
    full = rows["full"].listening
    assert full.plan_hits is not None
    assert full.plan_correlation is not None
    assert full.plan_hits.value == pytest.approx(Meetings.total(own).excess)
    courses = [stroke_course(each.clip, strokes_of(each.score)) for each in made if each.score is not None]
    assert full.plan_correlation.value == pytest.approx(np.mean([course.correlation for course in courses]))
    chance = rows[OTHER_PLAN].listening
    others = [made[place - 1].score for place in range(len(made))]
    met = [stroke_hits(each.clip, strokes_of(plan)) for each, plan in zip(made, others, strict=True) if plan]
    assert chance.plan_hits is not None
    assert chance.plan_hits.value == pytest.approx(Meetings.total(met).excess)
    assert rows[OTHER_PLAN].fgd is None
    truth, stranger = (rows[key].listening.plan_hits for key in ("real", "exchanged"))
    assert truth is not None
    assert stranger is not None
    assert truth.value > stranger.value + 0.1, "strokes of the truth lie at its own peaks"
    assert rows["no-score"].listening.plan_hits is None
    asked = {check.asks: check for check in listening_checks(list(rows.values()))}
    line = asked["Strokes against the planner's score: hits at least 0.27"]
    assert line.holds is (full.plan_hits.value >= 0.27)
    assert asked["Strokes against the labels of another performance: r at least 0.20"].holds is None, "no labels"
    assert any(asks.startswith("Strokes against the truth's labels") for asks in asked)


def test_takes_are_spread(folder: Path) -> None:
    takes = read_folder(folder, "all")
    assert [each.id for each in spread(takes, 3)] == [takes[0].id, takes[2].id, takes[5].id]
    assert spread(takes, None) == takes


@pytest.mark.parametrize("on", ["local", "ray"])
def test_workers_make_what_this_process_makes(few_steps: list[System], takes: list[KnownTake], on: str) -> None:
    """Networks and motion base travel to the workers; only the last bits of torch's sums may differ."""
    if on == "ray":
        pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    full, asked = few_steps[0].make, [(take, number) for number, take in enumerate(takes)]
    found = list(WorkerOptions(on=on, workers=2).each(partial(generation_table_room._timed, full), asked))
    assert len(found) == len(takes)
    for (made, seconds), (take, seed) in zip(found, asked, strict=True):
        here = full(take, seed)
        np.testing.assert_allclose(made.clip.local_quat_wxyz, here.clip.local_quat_wxyz, atol=1e-5)
        assert made.score == here.score
        assert seconds > 0
