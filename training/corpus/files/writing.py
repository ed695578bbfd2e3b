"""Write one take into BEAT2's folders: motion, sound, TextGrid, semantic labels, our events. No decisions here."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from praatio import textgrid
from praatio.data_classes.interval_tier import IntervalTier
from praatio.utilities.constants import Interval

from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.files import replacing
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from training.corpus.script import GestureMark, SpokenTake

MOTION, SOUND, TEXT, SEMANTICS, EVENTS = "smplxflame_30", "wave16k", "textgrid", "sem", "events"
FOLDERS = (MOTION, SOUND, TEXT, SEMANTICS, EVENTS)
PHASES = ("preparation", "stroke", "hold", "retraction")
SCORES = {"beat": 1, "deictic": 3, "iconic": 6, "metaphoric": 9}
"""BEAT2's semantic scores: 1 beat, 2-4 deictic, 5-7 iconic, 8-10 metaphoric."""
_DEICTIC = frozenset(("self_touch", "we_sweep", "forward_future", "back_past", "see_eyes", "hear_ear"))
_ICONIC = frozenset(
    ("throw_away", "build_stack", "path_trace", "energetic", "explode_open", "weak_fade", "grasp_take", "press_down",
     "up_raise", "down_lower", "mix_together", "narrow_close", "apart_split", "number_show", "list_fingers")
)  # fmt: skip
_LEAST_S = 1e-4


def kind_of(lexeme: str) -> str:
    """Return McNeill's kind of a lexeme: beat, deictic, iconic or metaphoric."""
    if lexeme.startswith("beat_"):
        return "beat"
    if lexeme.startswith("point_") or lexeme in _DEICTIC:
        return "deictic"
    return "iconic" if lexeme.startswith("size_") or lexeme in _ICONIC else "metaphoric"


def write_take(
    folder: Path, take: SpokenTake, clip: MotionClip, marks: Sequence[GestureMark], about: Mapping[str, object]
) -> dict[str, object]:
    """Write a take; its event file comes last, so a take that has one is whole.

    Args:
        folder: the corpus.
        take: what was said.
        clip: how it was acted.
        marks: which gesture belongs to which word.
        about: index, speaker, split and the like: kept in the event file beside the hashes.

    Returns:
        The take's entry of the manifest.

    Raises:
        OutputError: if something cannot be written.
    """
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    motion, sound = folder / MOTION / f"{take.id}.npz", folder / SOUND / f"{take.id}.wav"
    write_npz(motion, clip)
    write_waveform(sound, Waveform(samples=take.samples.astype(np.float32)))
    _write_text_grid(folder / TEXT / f"{take.id}.TextGrid", take, marks)
    _write_text(folder / SEMANTICS / f"{take.id}.txt", semantic_labels(take, marks))
    entry = {
        "id": take.id,
        **about,
        "voice": take.voice,
        "duration_s": round(take.duration_s, 4),
        "words": len(take.words),
        "gestures": len(marks),
        "sha256": _content_hash(clip, take),
    }
    events = {
        **entry,
        "word_events": [_rounded(asdict(word)) for word in take.words],
        "sentence_events": [asdict(sentence) for sentence in take.sentences],
        "gesture_events": [_rounded(asdict(mark)) for mark in marks],
    }
    _write_text(folder / EVENTS / f"{take.id}.json", json.dumps(events, separators=(",", ":")))
    return entry


def semantic_labels(take: SpokenTake, marks: Sequence[GestureMark]) -> str:
    """Return BEAT2's tab-separated labels: name, start, end, duration, score, keywords."""
    lines: list[str] = []
    for mark in sorted(marks, key=lambda mark: mark.preparation_s):
        word = take.words[mark.word_index].text if mark.word_index >= 0 else ""
        start, end = mark.preparation_s, mark.end_s
        score = SCORES[kind_of(mark.lexeme)]
        lines.append(f"{mark.lexeme}\t{start:.3f}\t{end:.3f}\t{end - start:.3f}\t{score}\t{word}")
    return "\n".join(lines) + "\n"


def gesture_phases(marks: Iterable[GestureMark], hand: str, duration_s: float) -> list[tuple[float, float, str]]:
    """Return one hand's phases, labelled "lexeme phase"; none overlaps, as a new gesture ends the old one."""
    own = sorted((mark for mark in marks if mark.hand in (hand, "both")), key=lambda mark: mark.preparation_s)
    intervals: list[tuple[float, float, str]] = []
    for index, mark in enumerate(own):
        limit = min(own[index + 1].preparation_s if index + 1 < len(own) else duration_s, duration_s)
        times = (mark.preparation_s, mark.stroke_start_s, mark.stroke_end_s, mark.hold_end_s, mark.end_s)
        for phase, start, end in zip(PHASES, times, times[1:], strict=False):
            first, last = max(round(start, 4), 0.0), round(min(end, limit), 4)
            if last - first > _LEAST_S:
                intervals.append((first, last, f"{mark.lexeme} {phase}"))
    return intervals


def _write_text_grid(path: Path, take: SpokenTake, marks: Sequence[GestureMark]) -> None:
    # praatio compares times after rounding them to four digits.
    duration = math.floor(take.duration_s * 1e4) / 1e4
    words: list[tuple[float, float, str]] = []
    for word in take.words:
        start, end = round(word.start_s, 4), round(word.end_s, 4)
        if end - start > _LEAST_S:
            words.append((start, end, word.text.lower()))
    phones: list[tuple[float, float, str]] = []
    for phone in take.phones:
        start = max(round(phone.start_s, 4), phones[-1][1] if phones else 0.0)
        end = min(round(phone.end_s, 4), duration)
        if end - start > _LEAST_S:
            phones.append((start, end, phone.text))
    tiers = {"words": words, "phones": phones} | {
        f"gesture_{hand}": gesture_phases(marks, hand, duration) for hand in ("left", "right")
    }
    grid = textgrid.Textgrid(0.0, duration)
    for name, intervals in tiers.items():
        grid.addTier(IntervalTier(name, [Interval(*interval) for interval in intervals], 0.0, duration))
    with replacing(path) as temporary:
        grid.save(str(temporary), format="long_textgrid", includeBlankSpaces=True, reportingMode="error")


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write JSON atomically.

    Raises:
        OutputError: if it cannot be written.
    """
    _write_text(path, json.dumps(value, indent=1) + "\n")


def _content_hash(clip: MotionClip, take: SpokenTake) -> str:
    digest = hashlib.sha256()
    digest.update(np.ascontiguousarray(clip.local_quat_wxyz, dtype=np.float32).tobytes())
    digest.update(np.ascontiguousarray(clip.root_position_m, dtype=np.float32).tobytes())
    digest.update(np.ascontiguousarray(take.samples, dtype=np.float32).tobytes())
    return digest.hexdigest()


def _rounded(record: dict[str, object]) -> dict[str, object]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in record.items()}
