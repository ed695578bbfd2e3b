"""Many speeches in one go are the speeches made one by one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from exges_core.audio.waveform import read_waveform
from exges_core.control import Key, Keys
from exges_core.diffusion.predictor import Asked, Predictor
from exges_core.errors import Cancelled
from exges_core.pipeline.analyse import Speech, heard_in
from exges_core.pipeline.gesture import gesture
from exges_core.pipeline.given import Given
from exges_core.pipeline.models import Models
from exges_core.pipeline.together import Asking, gestures
from exges_core.protocol import Progress
from exges_core.settings import GenerationSettings

NOTES = ("1 of 3", "2 of 3", "3 of 3")
ROUNDING = 1e-5
BENT = (0.7071, 0.0, -0.7071, 0.0)


@pytest.fixture(scope="module")
def exact() -> Models:
    return Models(device="cpu", is_exact=True)


@pytest.fixture(scope="module")
def asked(cut: Callable[[int], Path]) -> list[Asking]:
    path = cut(4)
    speech = Speech.of(heard_in(read_waveform(path), asr="none", source=str(path)))
    keys = Keys(keys=(Key(time_s=2.0, joints={"left_elbow": BENT}),))
    plain = GenerationSettings(seed=2)
    return [
        Asking(speech=speech, settings=plain),
        Asking(speech=speech, settings=replace(plain, seed=3, use_score=False, use_retrieval=False)),
        Asking(speech=speech, settings=replace(plain, speaker="ada"), given=Given(controls=keys)),
    ]


def test_together_is_one_by_one(asked: list[Asking], exact: Models) -> None:
    told: list[Progress] = []
    made = list(gestures(asked, exact, on_progress=told.append))
    assert [step.fraction for step in told if step.note in NOTES] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert sorted(told, key=lambda step: step.fraction) == told
    for found, each in zip(made, asked, strict=True):
        alone = gesture(each.speech, exact, each.settings, each.given)
        np.testing.assert_allclose(found.clip.local_quat_wxyz, alone.clip.local_quat_wxyz, atol=ROUNDING)
        np.testing.assert_allclose(found.clip.root_position_m, alone.clip.root_position_m, atol=ROUNDING)
        assert found.score == alone.score
        assert set(found.report.timings_s) == set(alone.report.timings_s)
        assert found.report.rtf > 0
        untimed = replace(found.report, timings_s={}, rtf=0.0, physical={}, listening={})
        assert untimed == replace(alone.report, timings_s={}, rtf=0.0, physical={}, listening={})


@dataclass(frozen=True, kw_only=True, eq=False)
class Tight(Predictor):
    """A device with room for two windows."""

    inner: Predictor
    calls: list[int] = field(default_factory=list)

    @property
    def correlation(self) -> np.ndarray | None:
        return self.inner.correlation

    def answer(self, asked: Asked) -> np.ndarray:
        torch = pytest.importorskip("torch", reason="without PyTorch nothing runs on a GPU")
        if len(asked.x) > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        self.calls.append(len(asked.x))
        return self.inner.answer(asked)


def test_memory_that_runs_out_is_a_warning_of_every_take(asked: list[Asking], exact: Models) -> None:
    names = ("config", "stats", "styles", "name", "sha256", "provenance")
    tight = Tight(inner=exact.denoiser, **{name: getattr(exact.denoiser, name) for name in names})
    few = Models(device="cpu", denoiser=tight, retrieval=exact.retrieval, planner=exact.planner)
    for made in gestures(asked, few, windows=8):
        assert any("ran out with" in line and "made with" in line for line in made.warnings)
    assert max(tight.calls) <= 2


@pytest.mark.parametrize("where", ["retrieval", "diffusion", "finish", "1 of 3"])
def test_it_can_be_cancelled_wherever_it_is(where: str, asked: list[Asking], exact: Models) -> None:
    told = list[Progress]()

    def stop(step: Progress) -> None:
        told.append(step)
        place = step.note if step.note in NOTES else step.stage
        if place == where:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        list(gestures(asked, exact, on_progress=stop))
    assert told[-1].fraction == (1 / 3 if where == "1 of 3" else 0.0)
