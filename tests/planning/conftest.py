"""A speech with words, and a planner whose weights know nothing: what holds for it holds whatever was learnt."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from exges_core.audio.features import ENERGY, LOG_F0, VOICEDNESS
from exges_core.planning.known_words import KnownWords
from exges_core.planning.planner_config import QUANTITIES, PlannerConfig
from exges_core.planning.planner_model import LoadedPlanner
from exges_core.planning.planner_network import PlannerNetwork
from exges_core.planning.word_habits import WordHabits
from exges_core.speech.words import Word

WORDS = ("we", "went", "there", "a", "huge", "house", "not", "small", "and", "you", "know")
EDGES = {
    "size": np.linspace(-1.0, 0.7, 9),
    "middle": np.linspace(-0.5, 0.4, 9),
    "stroke": np.linspace(0.2, 1.5, 9),
    "preparation": np.array([0.0, *np.linspace(0.1, 1.2, 8)]),
    "hold": np.array([0.0, *np.linspace(0.05, 1.5, 8)]),
    "retraction": np.array([0.0, *np.linspace(0.3, 2.0, 8)]),
}


def habits_of(kinds: int) -> WordHabits:
    """Return counts in which every word is said often and half the time with the first kind."""
    habits = WordHabits.none(len(WORDS) + 1, kinds)
    habits.met[:] += 20
    habits.moved[:] += 10
    habits.kinds[:, :1] += 8
    return habits


def untrained(seed: int, *, kinds: tuple[str, ...] = ("beat", "huge", "point"), bias: float = 0.0) -> LoadedPlanner:
    """Return a planner with random weights; about every second token has a stroke unless the bias says otherwise."""
    config = PlannerConfig(words=len(WORDS), kinds=len(kinds), styles=2, bins=8, stroke_bias=bias, stroke_scale=4.0)
    torch.manual_seed(seed)
    return LoadedPlanner(
        config=config,
        kinds=kinds,
        styles=("ada", "karl"),
        known=KnownWords(WORDS),
        habits=habits_of(len(kinds)),
        edges={name: EDGES[name] for name in QUANTITIES},
        network=PlannerNetwork(config).eval().requires_grad_(False),
        name="",
        sha256="",
        provenance={},
    )


def spoken(seconds: float, seed: int = 0) -> tuple[tuple[Word, ...], np.ndarray]:
    """Return words with pauses between, and sound features that are loud and voiced where they are."""
    drawn = np.random.default_rng(seed)
    features = np.zeros((round(30 * seconds), 84), np.float32)
    features[:, ENERGY] = -3.0
    words: list[Word] = []
    time_s = 0.5
    while time_s < seconds - 1.0:
        length_s = float(drawn.uniform(0.12, 0.5))
        words.append(Word(text=WORDS[int(drawn.integers(len(WORDS)))], start_s=time_s, end_s=time_s + length_s))
        frames = np.arange(round(30 * time_s), max(round(30 * (time_s + length_s)), round(30 * time_s) + 3))
        bump = np.sin(np.pi * (np.arange(len(frames)) + 0.5) / len(frames))
        features[frames, ENERGY] = -0.6 + drawn.uniform(0.6, 1.4) * bump
        features[frames, LOG_F0] = 0.6 + 0.05 * drawn.normal()
        features[frames, VOICEDNESS] = 0.9
        time_s += length_s + float(drawn.choice([0.02, 0.02, 0.02, 0.4, 1.5]))
    return tuple(words), features


@pytest.fixture(scope="session", name="untrained")
def untrained_fixture() -> Callable[..., LoadedPlanner]:
    """Return the maker of planners."""
    return untrained


@pytest.fixture(scope="session", name="speech")
def speech_fixture() -> tuple[tuple[Word, ...], np.ndarray]:
    """Return half a minute of speech."""
    return spoken(30.0)


@pytest.fixture(scope="session", name="spoken")
def spoken_fixture() -> Callable[..., tuple[tuple[Word, ...], np.ndarray]]:
    """Return the maker of speech."""
    return spoken
