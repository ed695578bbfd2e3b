"""Make the authored corpus: which takes there are, who acts and speaks each, and the folder that holds them.

A take depends on the seed and its index alone, so a corpus is the same for any number of workers, can be resumed, and a
longer one starts with the shorter one.
"""

from __future__ import annotations

import functools
import hashlib
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

import exges_core
from exges_core import json_text
from exges_core.errors import InputError, OutputError, message
from exges_core.files import replacing
from exges_core.json_lines import is_object
from exges_core.timeline import frames_in
from training.corpus.files.writing import EVENTS, FOLDERS, MOTION, write_json, write_take
from training.corpus.gesture.behaviour import act
from training.corpus.gesture.speakers import Speaker, speakers
from training.corpus.speech.casting import KOKORO_SHARE, guest_voice
from training.corpus.speech.speaking import speak
from training.corpus.speech.voices import held_out_voices, require, voice_of
from training.corpus.text.monologue import write_monologue
from training.workers import WorkerOptions

FORMAT = 3
TARGET_S = (47.0, 70.0)
MEAN_TAKE_S = 58.0
_HALF_WRITTEN = re.compile(r"\..+\.[0-9a-f]{8}\.part(\.\w+)?")
_TAKES_PER_RECORDING = 64
"""BEAT2 reads the emotion from an id's start number; up to 64 is neutral."""


@dataclass(frozen=True, kw_only=True)
class TakePlan:
    """Who makes a take and where it belongs.

    Attributes:
        index: of the take in the corpus.
        id: as in BEAT2, `{number}_{name}_{recording}_{start}_{end}`.
        speaker: who acts, with the voice that speaks: its own or a guest's (a test take's voice is a held-out one).
        split: train, val or test.
    """

    index: int
    id: str
    speaker: Speaker
    split: str


def training_speakers() -> list[Speaker]:
    """Return who acts: every speaker but those of held-out voices."""
    return [speaker for speaker in speakers() if voice_of(speaker.voice) not in held_out_voices()]


def plan_of(index: int, kokoro_share: float = KOKORO_SHARE) -> TakePlan:
    """Plan a take: of ten, one validates and one tests; the speakers take turns in each split.

    Test takes are spoken by held-out voices, and nothing else is; their way of moving is that of known speakers.
    """
    split = {1: "val", 2: "test"}.get(index % 10, "train")
    actors = training_speakers()
    # The turn within the split: eight training takes of ten, one of the others.
    turn = index // 10 if split != "train" else 8 * (index // 10) + max(index % 10 - 2, 0)
    speaker = actors[turn % len(actors)]
    speaker = replace(speaker, voice=guest_voice(split, turn, kokoro_share) or speaker.voice)
    recording, start = divmod(index, _TAKES_PER_RECORDING)
    take_id = f"{speaker.number}_{speaker.name}_{recording}_{start + 1}_{start + 1}"
    return TakePlan(index=index, id=take_id, speaker=speaker, split=split)


def make_take(
    index: int, *, seed: int, folder: Path, performance: int = 0, kokoro_share: float = KOKORO_SHARE
) -> dict[str, object]:
    """Write, speak, act and store one take; other performances say the same in the same voice and act it anew.

    Returns:
        Its entry of the manifest.

    Raises:
        InputError: if the voice's synthesiser is missing.
        OutputError: if the folder cannot be written.
    """
    plan = plan_of(index, kokoro_share)
    generator = np.random.default_rng([seed, index])
    target_s = float(generator.uniform(*TARGET_S))
    sentences = write_monologue(generator=generator, target_duration_s=target_s, split=plan.split)
    take = speak(sentences, voice_of(plan.speaker.voice), generator=generator, take_id=plan.id)
    acting = np.random.default_rng([seed, index, performance]) if performance else generator
    clip, marks = act(take, plan.speaker, generator=acting)
    assert abs(clip.frames - frames_in(take.duration_s)) <= 1, "motion and sound must be equally long"
    about = {"index": index, "seed": seed, "format": FORMAT, "speaker": plan.speaker.name, "split": plan.split}
    about |= {"performance": performance} if performance else {}
    return write_take(folder, take, clip, marks, about)


def make_corpus(
    *,
    hours: float,
    seed: int,
    folder: Path,
    workers: WorkerOptions,
    on_take: Callable[[dict[str, object], int], None],
    performance: int = 0,
    kokoro_share: float = KOKORO_SHARE,
) -> dict[str, object]:
    """Make a corpus, or what is missing of it.

    Args:
        hours: how much, to about a minute.
        seed: of everything.
        folder: where; an unfinished corpus of the same seed is continued.
        workers: where takes are made.
        on_take: told of each take (its entry) and of how many there will be.
        performance: other than 0 acts the same speech anew.
        kokoro_share: of training takes that Kokoro's voices speak; 0 does without them, in test takes, too.

    Returns:
        The manifest.

    Raises:
        InputError: if the folder holds a corpus of another seed or format, or a synthesiser is missing.
        OutputError: if the folder cannot be written.
        WorkerError: if a worker dies.
    """
    count = max(1, round(hours * 3600 / MEAN_TAKE_S))
    plans = [plan_of(index, kokoro_share) for index in range(count)]
    require(*(voice_of(voice_id) for voice_id in sorted({plan.speaker.voice for plan in plans})))
    _check_folder(folder, seed, performance, kokoro_share)
    sweep(folder)
    entries: dict[int, dict[str, object]] = {}
    for plan in plans:
        entry = _finished(folder, plan, seed)
        if entry is not None:
            entries[plan.index] = entry
            on_take(entry, count)
    missing = [plan.index for plan in plans if plan.index not in entries]
    job = functools.partial(make_take, seed=seed, folder=folder, performance=performance, kokoro_share=kokoro_share)
    for index, entry in zip(missing, workers.each(job, missing), strict=True):
        entries[index] = entry
        on_take(entry, count)
    return write_tables(folder, [entries[plan.index] for plan in plans], {"seed": seed, "hours_asked": hours})


def _check_folder(folder: Path, seed: int, performance: int, kokoro_share: float) -> None:
    wanted: dict[str, object] = {"seed": seed, "format": FORMAT, "performance": performance}
    check_folder(folder, wanted | {"kokoro_share": kokoro_share})


def check_folder(folder: Path, wanted: dict[str, object]) -> None:
    """Begin a corpus, or see that it is the one to be continued.

    Raises:
        InputError: if the folder holds another corpus, or other motion.
        OutputError: if it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            message(expected="a folder to write to", got=str(error), where=str(folder), do="Choose another folder.")
        ) from error
    begun = folder / "corpus.json"
    if begun.exists():
        stored = _read_entry(begun) or {}
        held = {key: stored.get(key, "unknown") for key in wanted}
        if held != wanted:
            expected, do = f"a corpus of {_told(wanted)}", "Choose an empty folder, or the same options."
            raise InputError(message(expected=expected, got=_told(held), where=str(begun), do=do))
        return
    if (folder / MOTION).exists():
        expected, got = "an empty folder or an authored corpus", "motion of another origin"
        raise InputError(message(expected=expected, got=got, where=str(folder), do="Choose another folder."))
    write_json(begun, wanted)


def _told(options: dict[str, object]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in options.items())


def sweep(folder: Path) -> None:
    """Remove what a killed run left half-written (the temporary files of `replacing`)."""
    for place in (folder, *(folder / name for name in FOLDERS)):
        for left in sorted(place.glob(".*.part*")) if place.is_dir() else ():
            if _HALF_WRITTEN.fullmatch(left.name):
                left.unlink(missing_ok=True)


def _read_entry(path: Path) -> dict[str, object] | None:
    try:
        events = json_text.read(path)
    except (OSError, ValueError):
        return None
    if not is_object(events):
        return None
    return {key: value for key, value in events.items() if not key.endswith("_events")}


def _finished(folder: Path, plan: TakePlan, seed: int) -> dict[str, object] | None:
    return finished_take(folder / EVENTS / f"{plan.id}.json", seed)


def finished_take(path: Path, seed: int) -> dict[str, object] | None:
    """Return the entry of a take that is there already and whole, by its event file; None if it is not."""
    entry = _read_entry(path)
    return entry if entry is not None and entry.get("seed") == seed and entry.get("format") == FORMAT else None


def write_tables(folder: Path, entries: Sequence[dict[str, object]], about: Mapping[str, object]) -> dict[str, object]:
    """Write what a corpus's takes have in common: splits, speakers, and the manifest, which is returned.

    Raises:
        OutputError: if something cannot be written.
    """
    _write_splits(folder / "train_test_split.csv", entries)
    write_json(folder / "speakers.json", [asdict(speaker) for speaker in speakers()])
    digest = hashlib.sha256("".join(str(entry["sha256"]) for entry in entries).encode()).hexdigest()
    manifest: dict[str, object] = {
        "format": FORMAT,
        "exges": exges_core.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        **about,
        "seconds": round(sum(float(str(entry["duration_s"])) for entry in entries), 2),
        "sha256": digest,
        "takes": list(entries),
    }
    write_json(folder / "manifest.json", manifest)
    return manifest


def _write_splits(path: Path, entries: Sequence[dict[str, object]]) -> None:
    lines = ["id,type", *(f"{entry['id']},{entry['split']}" for entry in entries)]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
