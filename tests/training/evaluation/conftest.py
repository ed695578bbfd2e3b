"""Tiny networks with random weights and made-up takes, so that every table can be made in seconds."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from praatio import textgrid

from exges_core import checkpoint
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.model import KIND, LoadedDenoiser
from exges_core.metrics.evaluator import KIND as EVALUATOR
from exges_core.metrics.evaluator import LoadedEvaluator
from exges_core.metrics.listening.wrists import movement_peaks_s, wrist_speeds_m_per_s
from exges_core.metrics.skeleton_encoder import SkeletonEncoder
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import MOTION_CHANNELS, ROTATION_CHANNELS, FeatureStatistics
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.planning.planner_config import QUANTITIES, PlannerConfig
from exges_core.planning.planner_model import LoadedPlanner, load_planner, save_planner
from exges_core.planning.planner_network import PlannerNetwork
from exges_core.planning.word_habits import WordHabits
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.inputs import MOTION_INPUTS
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import load_retrieval, save_retrieval
from exges_core.retrieval.sources import SourceTake
from exges_core.score.records import Score
from exges_core.score.records import Stroke as ScoreStroke
from exges_core.speech.segments import segment
from exges_core.speech.words import Word
from training.evaluation.material import KnownTake
from training.evaluation.systems import Retriever


def tiny_denoiser(seed: int = 1, **config: object) -> LoadedDenoiser:
    """Return an untrained network whose answers depend on everything it is given."""
    sizes = DenoiserConfig(
        latent=32, layers=1, heads=2, feed_forward=32, window_frames=64, styles=2, frames_per_token=4, **config
    )  # type: ignore[arg-type]
    network = Denoiser(sizes).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    for each in network.parameters():
        each.copy_(torch.randn(each.shape, generator=generator) * 0.08)
    mean = np.zeros(MOTION_CHANNELS, np.float32)
    mean[:ROTATION_CHANNELS] = np.tile([1, 0, 0, 0, 1, 0], 55)
    mean[ROTATION_CHANNELS + 1] = 0.9
    return LoadedDenoiser(
        config=sizes,
        stats=FeatureStatistics(mean=mean, std=np.full(MOTION_CHANNELS, 0.1, np.float32)),
        styles=("ada", "bob"),
        name="tiny",
        sha256="0" * 64,
        provenance={},
        device=torch.device("cpu"),
        network=network,
        is_bf16=False,
    )


def known_take(name: str, seconds: float, *, seed: int, speaker: str = "ada") -> KnownTake:
    """Return a take of smooth turns with a humming sound and three words a second."""
    drawn = np.random.default_rng(seed)
    frames = round(30 * seconds)
    times = np.arange(frames)[:, None, None] / 30
    rotvec = 0.3 * np.sin(2 * np.pi * drawn.uniform(0.3, 1.0, (1, 55, 3)) * times + drawn.uniform(0, 6, (1, 55, 3)))
    rotvec[:, :3] *= 0.1
    clip = MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec),
        root_position_m=np.tile([0.0, 0.95, 0.0], (frames, 1)),
        frame_rate_hz=30.0,
    )
    at = np.arange(round(16_000 * seconds)) / 16_000
    voice = 0.3 * np.sin(2 * np.pi * 180 * at) + 0.05 * drawn.standard_normal(len(at))
    samples = voice * (0.4 + 0.6 * (at % (1 / 3) < 0.15))
    waveform = Waveform(samples=samples.astype(np.float32))
    words = tuple(
        Word(text=("this", "is", "how", "we", "speak")[place % 5], start_s=place / 3, end_s=(place + 0.9) / 3)
        for place in range(int(3 * seconds) - 1)
    )
    return KnownTake(
        id=f"1_{speaker}_0_{name}_{name}",
        speaker=speaker,
        truth=clip,
        waveform=waveform,
        audio=audio_features(waveform)[:frames],
        segments=segment(words, waveform),
        words=words,
    )


def peaks_of(take: KnownTake) -> list[float]:
    """Return when a take's right wrist is fastest: what its labels say."""
    found = movement_peaks_s(wrist_speeds_m_per_s(take.truth)[:, 1], 30.0)
    return [float(each) for each in found if 0.2 < each < take.truth.duration_s - 0.2]


def events_of(take: KnownTake) -> list[dict[str, object]]:
    """Return a stroke at each peak of a take, as the corpus writes its events."""
    return [
        {
            "preparation_s": time_s - 0.15,
            "stroke_start_s": time_s - 0.1,
            "stroke_end_s": time_s + 0.1,
            "hold_end_s": time_s + 0.1,
            "end_s": time_s + 0.2,
            "hand": "right",
            "lexeme": "beat_small",
            "word_index": -1,
        }
        for time_s in peaks_of(take)
    ]


def with_score(take: KnownTake) -> KnownTake:
    """Return a take that knows what it was acted by."""
    strokes = tuple(
        ScoreStroke(start_s=at - 0.15, stroke_start_s=at - 0.1, apex_s=at + 0.1, hold_end_s=at + 0.1, end_s=at + 0.2)
        for at in peaks_of(take)
    )
    return replace(take, score=Score(strokes=strokes, duration_s=take.truth.duration_s, origin="labels"))


@pytest.fixture(scope="session")
def denoiser() -> LoadedDenoiser:
    return tiny_denoiser(has_score=True)


@pytest.fixture(scope="session")
def planner_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an untrained planner, which gestures on half of the words, as a weights file."""
    kinds, words, styles = ("beat_small", "size_big"), ("this", "speak"), ("ada", "bob")
    config = PlannerConfig(words=len(words), kinds=len(kinds), styles=2, width=16, layers=2, stroke_scale=0.0)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        weights = PlannerNetwork(config).state_dict()
    path = tmp_path_factory.mktemp("planner") / "planner.safetensors"
    edges = {name: np.linspace(-0.5, 0.5, config.bins + 1) for name in QUANTITIES}
    habits = WordHabits.none(len(words) + 1, len(kinds))
    save_planner(
        path, config, weights, kinds=kinds, styles=styles, words=words, habits=habits, edges=edges, provenance={}
    )
    return path


@pytest.fixture(scope="session")
def planner(planner_file: Path) -> LoadedPlanner:
    return load_planner(planner_file)


@pytest.fixture(scope="session")
def takes() -> list[KnownTake]:
    plain = known_take("1", 7.0, seed=1), known_take("2", 7.4, seed=2, speaker="bob"), known_take("3", 7.2, seed=3)
    return [with_score(take) for take in plain]


@pytest.fixture(scope="session")
def make_denoiser() -> Callable[..., LoadedDenoiser]:
    return tiny_denoiser


@pytest.fixture(scope="session")
def denoiser_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny network as a weights file."""
    model = tiny_denoiser(has_score=True)
    tensors = {f"network.{name}": value.numpy() for name, value in model.network.state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    config = {"denoiser": asdict(model.config), "styles": list(model.styles)}
    statistics = {"motion_mean": model.stats.mean, "motion_std": model.stats.std}
    checkpoint.save(path, {**tensors, **statistics}, kind=KIND, config=config, provenance={"preset": "default"})
    return path


@pytest.fixture(scope="session")
def evaluator_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an untrained evaluator as a weights file."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        weights = {f"encoder.{name}": each.numpy() for name, each in SkeletonEncoder().state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "evaluator.safetensors"
    checkpoint.save(path, weights, kind=EVALUATOR, config={}, provenance={"steps": 0})
    return path


@pytest.fixture(scope="session")
def evaluator() -> LoadedEvaluator:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = SkeletonEncoder().eval().requires_grad_(False)
    return LoadedEvaluator(network=network, name="tiny", sha256="0" * 64, provenance={})


@pytest.fixture(scope="session")
def retrieval_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return an untrained retrieval model and a motion base of two takes."""
    folder = tmp_path_factory.mktemp("retrieval")
    with torch.random.fork_rng():
        torch.manual_seed(5)
        sizes = RetrievalConfig(
            audio_inputs=84, motion_inputs=MOTION_INPUTS, width=16, layers=1, heads=2, feedforward=24, embedding=16
        )
        untrained = RetrievalModel(sizes)
        untrained.matching.calibration.copy_(torch.tensor([1.0, 1.0]))  # an untrained head is never sure enough
        save_retrieval(folder / "retrieval.safetensors", untrained, provenance={})
    sources = [known_take(str(number), 8.0, seed=number) for number in (11, 12)]
    takes = [
        SourceTake(id=each.id, speaker=each.speaker, clip=each.truth, audio=each.audio, segments=each.segments)
        for each in sources
    ]
    model = load_retrieval(folder / "retrieval.safetensors")
    MotionBase.build(folder / "base", takes, model, licence="", provenance={})
    return folder / "retrieval.safetensors", folder / "base"


@pytest.fixture(scope="session")
def retriever(retrieval_files: tuple[Path, Path]) -> Retriever:
    model = load_retrieval(retrieval_files[0])
    return Retriever(base=MotionBase.open(retrieval_files[1], model=model), model=model)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in BEAT2's layout: three training takes, one of validation, two of test; two speakers."""
    data = tmp_path_factory.mktemp("data")
    rows = ["id,type"]
    splits = ("train", "train", "train", "val", "test", "test")
    for number, split in enumerate(splits, 1):
        take = known_take(str(number), 7.0 + 0.2 * number, seed=20 + number, speaker=("ada", "bob")[number % 2])
        for part in ("smplxflame_30", "wave16k", "textgrid", "sem", "events"):
            (data / part).mkdir(exist_ok=True)
        write_npz(data / "smplxflame_30" / f"{take.id}.npz", take.truth)
        write_waveform(data / "wave16k" / f"{take.id}.wav", take.waveform)
        duration_s = take.waveform.duration_s
        words = [(word.start_s, word.end_s, word.text) for piece in take.segments for word in piece.words]
        grid = textgrid.Textgrid(0, duration_s)
        grid.addTier(textgrid.IntervalTier("words", words, 0, duration_s))
        strokes = [(time_s - 0.1, time_s + 0.1, "beat_small stroke") for time_s in peaks_of(take)]
        grid.addTier(textgrid.IntervalTier("gesture_right", strokes, 0, duration_s))
        grid.save(str(data / "textgrid" / f"{take.id}.TextGrid"), "long_textgrid", includeBlankSpaces=True)
        labels = "01_beat_align\t0.500\t1.200\t0.700\t1\tspeak\n05_iconic\t2.000\t3.000\t1.000\t6\thow\n"
        (data / "sem" / f"{take.id}.txt").write_text(labels)
        events = json.dumps({"gesture_events": events_of(take)})
        (data / "events" / f"{take.id}.json").write_text(events, encoding="utf-8")
        rows.append(f"{take.id},{split}")
    (data / "train_test_split.csv").write_text("\n".join(rows) + "\n")
    return data
