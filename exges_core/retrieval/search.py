"""From a stretch of speech to the gestures that fit it (paper 3.2), with how sure we are and where the key frames lie.

Ours, beyond the paper: the score may also weigh the likeness of the candidates' own speech and shared words, a matching
probability decides whether a candidate is used at all, and a user can pin and ban.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from exges_core.arrays import Array, Float, einsum
from exges_core.errors import LibraryError, message
from exges_core.retrieval.choice import Candidate, SearchSettings, SegmentMatches, choose
from exges_core.retrieval.diversity import diverse
from exges_core.retrieval.embedder import Embedder
from exges_core.retrieval.gesture_names import hands_of, name_of
from exges_core.retrieval.inputs import hand_reach, motion_inputs_of_clips
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.products import products_with
from exges_core.retrieval.spoken import as_known, settled, spoken_of
from exges_core.retrieval.word_vectors import Vocabulary
from exges_core.speech.segments import Segment
from exges_core.timeline import frame_at, time_of

_RIVAL_SCORE = 1.0
"""Taken off a rival's score: more than candidates of a shortlist differ by."""
SHORTLIST = 64
"""Candidates per query that the exact score is computed for."""


def search(
    base: MotionBase,
    model: Embedder,
    audio_features: Float[Array, "frames audio_channels"],
    segments: Sequence[Segment],
    top_k: int = 5,
    *,
    settings: SearchSettings | None = None,
) -> tuple[SegmentMatches, ...]:
    """Find for every segment of a speech the `top_k` gestures of a base; deterministic.

    Key frames follow the paper: l = argmax over the motion's frames of s(query, frame), plus a preference for hands
    that are away from rest (`SearchSettings.expressive_weight`). Deviation: its place in the speech is the argmax on
    the other side, since nothing says that both lie at the same offset.

    Raises:
        LibraryError: if the base was made with another model, or a pinned clip does not exist.
    """
    settings = settings or SearchSettings()
    _check(base, model, settings)
    if not segments:
        return ()
    pieces = [_piece(audio_features, segment) for segment in segments]
    spoken = [spoken_of(segment, len(piece)) for segment, piece in zip(segments, pieces, strict=True)]
    if settings.near_words:
        spoken = [as_known(each, model.known) for each in spoken]
    embedded = list(model.embed_speech(pieces, spoken))
    queries = np.stack([overall for _, overall in embedded])
    proposed = _rank(base, queries, segments, top_k, settings, known=model.known)
    probabilities = _probabilities(base, model, queries, proposed)
    numbers = sorted({clip for row in proposed for clip, _ in row})
    inputs = dict(zip(numbers, motion_inputs_of_clips(base.clips(numbers)), strict=True))
    known = {number: _known(base, number) for number in numbers}
    frames_of_clip = _motion_frames(model, inputs)
    reach_of_clip = {number: settings.expressive_weight * hand_reach(each) for number, each in inputs.items()}
    matches: list[SegmentMatches] = []
    for number, (segment, row) in enumerate(zip(segments, proposed, strict=True)):
        speech_frames, query = embedded[number]
        candidates: list[Candidate] = []
        for place, (clip, score) in enumerate(row):
            key = int(np.argmax(products_with(frames_of_clip[clip], query) + reach_of_clip[clip]))
            motion = base.motion_embeddings[clip].astype(np.float32)
            spoken = int(np.argmax(products_with(speech_frames, motion)))
            candidates.append(
                replace(
                    known[clip],
                    key_time_s=known[clip].source_start_s + time_of(key),
                    query_time_s=time_of(frame_at(segment.start_s) + spoken),
                    score=score,
                    margin=score - row[place + 1][1] if place + 1 < len(row) else 0.0,
                    probability=probabilities[number][place],
                    likeness=float(einsum("c,c->", motion, query)),
                )
            )
        matches.append(SegmentMatches(segment=segment, candidates=tuple(candidates)))
    return choose(matches, settings)


def _known(base: MotionBase, clip: int) -> Candidate:
    """Return what is known of a clip without any speech: no times of its key frame or in the speech, no score."""
    entry, strokes = base.entry(clip), base.strokes_in_clip(clip)
    hands = hands_of(strokes)
    return Candidate(
        source=entry.source,
        source_start_s=entry.start_s,
        source_end_s=entry.end_s,
        text=entry.text,
        key_time_s=entry.start_s,
        query_time_s=0.0,
        score=0.0,
        margin=0.0,
        probability=0.0,
        clip_index=clip,
        speaker=entry.speaker,
        name=name_of(entry.tags or [each.kind for each in strokes if each.kind], entry.text, hands),
        hands=hands,
    )


def _check(base: MotionBase, model: Embedder, settings: SearchSettings) -> None:
    base.require(model)
    for clip in settings.pinned.values():
        base.entry(clip)
    if len(settings.banned) >= len(base):
        raise LibraryError(
            message(
                expected="clips that may be used", got="all of them banned", where=str(base.folder), do="Allow some."
            )
        )


def _piece(features: Array, segment: Segment) -> Array:
    start = min(max(frame_at(segment.start_s), 0), max(len(features) - 2, 0))
    return np.asarray(features[start : max(frame_at(segment.end_s), start + 2)], dtype=np.float32)


def _rank(
    base: MotionBase,
    queries: Float[Array, "queries embedding"],
    segments: Sequence[Segment],
    top_k: int,
    settings: SearchSettings,
    *,
    known: Vocabulary,
) -> list[list[tuple[int, float]]]:
    """Return for every query (clip, score): a pinned one, then best first; ties go to the lower number."""
    count = max(SHORTLIST, 2 * top_k) + len(settings.banned)
    _, nearest = base.nearest(queries, count, audio_weight=settings.audio_weight)
    words = base.shared_words if settings.text_weight else None
    is_rival = base.is_by(settings.rivals)
    ranked: list[list[tuple[int, float]]] = []
    for number, segment in enumerate(segments):
        overlap = (
            None
            if words is None
            else words.overlap(segment.text, near=settings.near_words, read=settled(segment.text, known))
        )
        likely = [] if overlap is None else overlap.likely(SHORTLIST)
        pinned = settings.pinned.get(number)
        clips = {int(clip) for clip in nearest[number] if clip >= 0} | set(likely)
        clips = sorted((clips - settings.banned) | (set() if pinned is None else {pinned}))
        motion = base.motion_embeddings[clips].astype(np.float32)
        scores = products_with(motion, queries[number])
        if settings.audio_weight:
            scores = scores + settings.audio_weight * (
                products_with(base.audio_embeddings[clips].astype(np.float32), queries[number])
            )
        if overlap is not None:
            scores = scores + settings.text_weight * overlap.of(np.array(clips, np.int32))
        scores = scores - _RIVAL_SCORE * is_rival[clips]
        shown = [
            (clips[int(place)], float(scores[place])) for place in diverse(scores, motion, top_k, settings.diversity)
        ]
        if pinned is not None:
            own = (pinned, float(scores[clips.index(pinned)]))
            shown = [own, *(each for each in shown if each[0] != pinned)][:top_k]
        ranked.append(shown)
    return ranked


def _probabilities(
    base: MotionBase,
    model: Embedder,
    queries: Float[Array, "queries embedding"],
    proposed: Sequence[Sequence[tuple[int, float]]],
) -> list[list[float]]:
    found: list[list[float]] = []
    for query, row in zip(queries, proposed, strict=True):
        motion = base.motion_embeddings[[clip for clip, _ in row]].astype(np.float32)
        found.append(model.probability(np.repeat(query[None], len(motion), axis=0), motion).tolist())
    return found


def _motion_frames(model: Embedder, inputs: Mapping[int, Array]) -> dict[int, Array]:
    """Return per-frame features of the candidates only: they are not kept in the base."""
    found = model.embed_motion(list(inputs.values()))
    return {number: frames for number, (frames, _) in zip(inputs, found, strict=True)}
