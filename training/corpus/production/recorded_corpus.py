"""Act recorded speech: a folder of sounds with their texts in, a corpus in BEAT2's layout out.

Neighbouring utterances make a take of about a minute; speakers take turns in acting, and may act each take several
times. A take depends on the seed and its number alone: the same for any number of workers, and it can be resumed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from exges_core.audio.pauses import Span, speech_spans
from exges_core.audio.waveform import read_waveform
from exges_core.errors import AudioError, InputError, TranscriptError, message
from exges_core.json_lines import is_list
from exges_core.speech.recognise import recognise
from exges_core.speech.words import Transcript, Word
from training.corpus.files.writing import EVENTS, write_take
from training.corpus.gesture.behaviour import act
from training.corpus.gesture.speakers import Speaker
from training.corpus.production import dataset
from training.corpus.production.recorded_files import Recording, Recordings, read_recordings
from training.corpus.production.recorded_takes import SILENCE_S, spoken_take
from training.corpus.speech.hearing import HeardUtterance, hear
from training.workers import WorkerOptions

TAKE_S = (45.0, 70.0)
_TARGET_S = (52.0, 72.0)
"""Of which a take stays below by half an utterance, and by the silence that is cut from its utterances."""
_LEAST_TAKE_S = 20.0
"""A rest shorter than this joins the take before it."""
_LONGEST_WHOLE_S = 75.0
"""A longer recording is cut at pauses."""
_TAKES_PER_RECORDING = 64
_VALIDATES = 10
_AROUND_S = 0.3


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """A recording, or a stretch of a long one with its words; `speech_s`: how long without the silence around it."""

    recording: Recording
    speech_s: float
    span: Span | None = None
    words: tuple[Word, ...] = ()

    @property
    def name(self) -> str:
        """Return what a message calls it."""
        return self.recording.name if self.span is None else f"{self.recording.name} at {self.span.start_s:.0f} s"

    def hear(self) -> HeardUtterance:
        """Find its words and sounds.

        Raises:
            AudioError: if the sound cannot be read.
            TranscriptError: if the words do not fit it.
        """
        waveform = read_waveform(self.recording.sound)
        if self.span is None:
            return hear(waveform, self.recording.read_transcript())
        start_s = self.span.start_s
        moved = tuple(
            replace(word, start_s=max(word.start_s - start_s, 0.0), end_s=word.end_s - start_s) for word in self.words
        )
        text = " ".join(word.text for word in moved)
        return hear(waveform.cut(start_s, self.span.end_s), Transcript(words=moved, text=text))


@dataclass(frozen=True, kw_only=True)
class RecordedPlan:
    """One take: what is said in it, by which number, for which split."""

    number: int
    split: str
    utterances: tuple[Utterance, ...]


def make_recorded_corpus(
    speech: Path,
    *,
    seed: int,
    folder: Path,
    workers: WorkerOptions,
    performances: int = 1,
    hold_out_last: int = 0,
    on_take: Callable[[dict[str, object], int], None],
) -> dict[str, object]:
    """Act a folder of recorded speech, or what is missing of it.

    Args:
        speech: sounds with their texts (`recorded_files`).
        seed: of everything.
        folder: where; an unfinished corpus of the same options is continued.
        workers: where takes are made.
        performances: how many speakers act each take.
        hold_out_last: so many recordings at the end of the list are for testing alone.
        on_take: told of each take (its entry) and of how many there will be.

    Returns:
        The manifest; "warnings" has a line for everything that was left out or guessed.

    Raises:
        InputError: if there is nothing to act, or the folder holds another corpus.
        OutputError: if the folder cannot be written.
    """
    recordings = read_recordings(speech)
    plans, unreadable = plan_recorded(recordings, seed=seed, hold_out_last=hold_out_last)
    wanted: dict[str, object] = {"seed": seed, "format": dataset.FORMAT, "speech": speech.resolve().name}
    dataset.check_folder(folder, wanted | {"performances": performances, "hold_out_last": hold_out_last})
    dataset.sweep(folder)
    job = functools.partial(
        act_recorded, plans, seed=seed, folder=folder, performances=performances, voice=_voice(speech)
    )
    made: dict[int, tuple[list[dict[str, object]], list[str]]] = {}
    for number, done in enumerate(workers.each(job, range(len(plans)))):
        made[number] = done
        for entry in done[0]:
            on_take(entry, len(plans) * performances)
    ordered = [entry for number in sorted(made) for entry in made[number][0]]
    warnings = [*recordings.left_out, *unreadable, *(line for number in sorted(made) for line in made[number][1])]
    if not ordered:
        do = "Check that texts and sounds belong together, in English."
        got = f"none ({'; '.join(sorted(warnings)[:4])})"
        raise InputError(message(expected="recordings whose words fit", got=got, where=str(speech), do=do))
    seconds = sum(float(str(entry["duration_s"])) for entry in ordered)
    return dataset.write_tables(folder, ordered, {"seed": seed, "hours_asked": seconds / 3600, "warnings": warnings})


def _said(error: Exception) -> str:
    return str(error).removesuffix(".")


def _voice(speech: Path) -> str:
    return f"recorded_{speech.resolve().name}"


# ---------------------------------------------------------------------------------------------------------- planning


def plan_recorded(
    recordings: Recordings, *, seed: int, hold_out_last: int
) -> tuple[tuple[RecordedPlan, ...], list[str]]:
    """Group recordings into takes; returns them and a line for each sound that cannot be used.

    Raises:
        InputError: if all would be held out, or no sound can be used.
    """
    if hold_out_last >= len(recordings.items):
        do = "Hold out fewer: --hold-out-last."
        expected = f"fewer than the {len(recordings.items)} recordings there are"
        raise InputError(message(expected=expected, got=str(hold_out_last), where="--hold-out-last", do=do))
    border = len(recordings.items) - hold_out_last
    unreadable: list[str] = []
    plans: list[RecordedPlan] = []
    for split, items in (("train", recordings.items[:border]), ("test", recordings.items[border:])):
        utterances = [one for item in items for one in _utterances(item, unreadable)]
        generator = np.random.default_rng([seed, 17, len(split)])
        for group in _groups(utterances, generator):
            own = "val" if split == "train" and len(plans) % _VALIDATES == 1 else split
            plans.append(RecordedPlan(number=len(plans), split=own, utterances=group))
    if not plans:
        got = "; ".join(unreadable[:4])
        raise InputError(message(expected="sounds that can be used", got=got, where="--speech", do="Check the files."))
    return tuple(plans), unreadable


def _utterances(item: Recording, unreadable: list[str]) -> Iterator[Utterance]:
    try:
        waveform = read_waveform(item.sound)
    except AudioError as error:
        unreadable.append(f"{item.name}: left out, {_said(error)}")
        return
    spans = speech_spans(waveform)
    if not spans:
        unreadable.append(f"{item.name}: left out, the sound is silent")
        return
    length_s = spans[-1].end_s - spans[0].start_s
    if length_s <= _LONGEST_WHOLE_S:
        yield Utterance(recording=item, speech_s=length_s)
        return
    try:
        words = recognise(waveform, asr="none", transcript=item.read_transcript()).words
    except TranscriptError as error:
        unreadable.append(f"{item.name}: left out, {_said(error)}")
        return
    yield from _stretches(item, words, waveform.duration_s)


def _stretches(item: Recording, words: Sequence[Word], end_s: float) -> Iterator[Utterance]:
    """Yield a long recording in stretches, each cut at the longest pause that leaves it no longer than a take."""
    first = 0
    while first < len(words):
        reach = [
            index
            for index in range(first + 1, len(words))
            if TAKE_S[0] <= words[index - 1].end_s - words[first].start_s <= TAKE_S[1]
        ]
        is_rest = words[-1].end_s - words[first].start_s <= TAKE_S[1]
        gaps = {index: words[index].start_s - words[index - 1].end_s for index in reach}
        last = len(words) if is_rest or not gaps else max(gaps, key=gaps.__getitem__)
        start_s = max(words[first].start_s - _AROUND_S, words[first - 1].end_s if first else 0.0)
        stop_s = min(words[last - 1].end_s + _AROUND_S, words[last].start_s if last < len(words) else end_s)
        yield Utterance(
            recording=item,
            speech_s=words[last - 1].end_s - words[first].start_s,
            span=Span(start_s=start_s, end_s=stop_s),
            words=tuple(words[first:last]),
        )
        first = last


def _groups(utterances: Sequence[Utterance], generator: np.random.Generator) -> Iterator[tuple[Utterance, ...]]:
    """Yield neighbours that make a take together; what is left at the end joins the last one where it is short."""
    pause_s = sum(SILENCE_S) / 2
    groups: list[list[Utterance]] = []
    length_s, target_s = np.inf, 0.0
    for one in utterances:
        if length_s + one.speech_s > target_s:
            groups.append([])
            length_s, target_s = 0.0, float(generator.uniform(*_TARGET_S))
        groups[-1].append(one)
        length_s += one.speech_s + pause_s
    if len(groups) > 1 and length_s < _LEAST_TAKE_S:
        groups[-2:] = [groups[-2] + groups[-1]]
    yield from (tuple(group) for group in groups)


# ------------------------------------------------------------------------------------------------------------ acting


def act_recorded(
    plans: Sequence[RecordedPlan], number: int, *, seed: int, folder: Path, performances: int, voice: str
) -> tuple[list[dict[str, object]], list[str]]:
    """Hear one take's utterances, let its speakers act them, store them; returns their entries and warnings.

    What is there already is kept. An utterance whose words do not fit its sound is left out.
    """
    plan = plans[number]
    kept = [_finished(folder, plan, performance, performances, seed) for performance in range(performances)]
    if all(entry is not None for entry in kept):
        whole = [entry for entry in kept if entry is not None]
        return whole, _warnings_of(whole)
    heard, warnings = _heard(plan)
    if not heard:
        return [], warnings
    entries: list[dict[str, object]] = []
    for performance in range(performances):
        speaker, take_id = _cast(plan.number, performance, performances)
        generator = np.random.default_rng([seed, 17, plan.number])
        take = spoken_take(heard, voice=voice, generator=generator, take_id=take_id)
        acting = np.random.default_rng([seed, 17, plan.number, performance + 1])
        clip, marks = act(take, speaker, generator=acting)
        about: dict[str, object] = {"index": plan.number, "seed": seed, "format": dataset.FORMAT}
        about |= {"speaker": speaker.name, "split": plan.split, "performance": performance}
        about |= {"recordings": [one.name for one in plan.utterances], "warnings": warnings}
        entries.append(write_take(folder, take, clip, marks, about))
    return entries, warnings


def _finished(
    folder: Path, plan: RecordedPlan, performance: int, performances: int, seed: int
) -> dict[str, object] | None:
    _, take_id = _cast(plan.number, performance, performances)
    return dataset.finished_take(folder / EVENTS / f"{take_id}.json", seed)


def _warnings_of(entries: Sequence[dict[str, object]]) -> list[str]:
    said = entries[0].get("warnings", [])
    return [str(line) for line in said] if is_list(said) else []


def _cast(number: int, performance: int, performances: int) -> tuple[Speaker, str]:
    """Return who acts a take, and its id: as in BEAT2, `{number}_{name}_{recording}_{start}_{end}`."""
    actors = dataset.training_speakers()
    turn = number * performances + performance
    speaker = actors[turn % len(actors)]
    recording, start = divmod(turn, _TAKES_PER_RECORDING)
    return speaker, f"{speaker.number}_{speaker.name}_{recording}_{start + 1}_{start + 1}"


def _heard(plan: RecordedPlan) -> tuple[list[HeardUtterance], list[str]]:
    heard: list[HeardUtterance] = []
    warnings: list[str] = []
    for one in plan.utterances:
        try:
            words_heard = one.hear()
        except (TranscriptError, AudioError) as error:
            warnings.append(f"{one.name}: left out, {_said(error)}")
            continue
        heard.append(words_heard)
        warnings += [f"{one.name}: {said}" for said in words_heard.warnings]
    return heard, warnings
