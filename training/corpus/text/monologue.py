"""Write monologues: openings, stories, opinions, lists, doubts, in sentences that belong to one split alone.

What a split says is disjoint by construction, three times over: validation and test have sentence patterns and topics
of their own, and every sentence is drawn until a hash of its words falls to its split. The words that call gestures are
shared. The rules are here, the words in the tables of `grammar`. No sound, no motion.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace

import numpy as np

from exges_core.arrays import whole_number
from training.corpus.script import ScriptWord, Sentence
from training.corpus.text import cues
from training.corpus.text.annotation import annotate, clause_ends
from training.corpus.text.grammar import Topic, functions, options, patterns, topics

SPLIT_SHARES = {"train": 0.5, "val": 0.25, "test": 0.25}
"""Which share of all possible sentences a split may draw from (not how much of the corpus it is)."""
SECONDS_PER_WORD = 0.29
LISTENING_SHARE, LISTENING_S = 0.05, (2.0, 6.0)
THINKING_SHARE, THINKING_S = 0.05, (1.5, 3.0)
_COMMA_S, _END_S = (0.26, 0.35, 0.15, 0.5), (0.56, 0.38, 0.3, 1.2)
"""Pauses: median, spread of the logarithm, least, most; paced as people talk."""
_RUN_ON_SHARE = 0.4
_BREATH_SHARE = 0.22
_NEIGHBOUR_SHARE = 0.45
_FOLLOWS_FACTOR = 2.5
_OPENINGS_KEPT = 6
_BLOCK_DRAWS, _SENTENCE_DRAWS = 120, 12
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=([a-z]+))")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_VOWEL_SOUND = re.compile(r"(?!u[sn]i|use|eu|one\b|once\b)[aeiou]|hono|hour")


def split_of(sentence_text: str) -> str:
    """Return the split a sentence belongs to: train, val or test, by a hash of its words.

    Case and punctuation do not count, so no sentence is heard in two splits.
    """
    plain = " ".join(re.findall(r"[\w'-]+", sentence_text.lower()))
    share = int.from_bytes(hashlib.sha256(plain.encode()).digest()[:6], "big") / 2**48
    if share < SPLIT_SHARES["test"]:
        return "test"
    return "val" if share < SPLIT_SHARES["test"] + SPLIT_SHARES["val"] else "train"


# ---------------------------------------------------------------------------------------------------------- sentences


def _pick(choices: tuple[str, ...] | list[str], generator: np.random.Generator) -> str:
    return choices[whole_number(generator, 0, len(choices))]


@dataclass(kw_only=True)
class _Filling:
    """What fills the slots of one pattern: the same slot twice means the same thing twice."""

    topic: Topic
    generator: np.random.Generator
    taken: list[str]
    bound: dict[str, str] = field(default_factory=dict)

    def fill(self, slot: str) -> str:
        """Return a slot's words."""
        for prefix, article in (("a_", "a "), ("the_", "the ")):
            if slot.startswith(prefix):
                return article + self.fill(slot.removeprefix(prefix))
        if slot not in self.bound:
            choices = options(slot.rstrip("0123456789"), self.topic)
            fresh = [option for option in choices if option not in self.bound.values() and option not in self.taken]
            self.bound[slot] = _pick(fresh or choices, self.generator)
        return self.bound[slot]

    def write(self, pattern: str) -> str:
        """Draw a pattern's choices and slots."""
        text = _CHOICE.sub(lambda match: _pick(match.group(1).split("|"), self.generator), pattern)
        text = _SLOT.sub(lambda match: self.fill(match.group(1)), text)
        text = _ARTICLE.sub(lambda match: match.group(1) + ("n " if _VOWEL_SOUND.match(match.group(2)) else " "), text)
        text = re.sub(r"\s+", " ", text.strip())
        return text[:1].upper() + text[1:]


def _texts(pattern: str, topic: Topic, split: str, taken: list[str], generator: np.random.Generator) -> list[str]:
    """Draw a pattern until each of its sentences belongs to the split; empty if no draw does.

    `taken` holds the openings that were said before, which are not said again; this pattern's is added.
    """
    parts = _SENTENCE_END.split(pattern)
    for _ in range(_BLOCK_DRAWS):
        filling = _Filling(topic=topic, generator=generator, taken=taken)
        texts: list[str] = []
        for part in parts:
            before = dict(filling.bound)
            for _ in range(_SENTENCE_DRAWS):
                filling.bound = dict(before)
                text = filling.write(part)
                if split_of(text) == split:
                    texts.append(text)
                    break
            else:
                break
        if len(texts) == len(parts):
            taken += [opening for slot in ("well", "so") if (opening := filling.bound.get(slot))]
            return texts
    return []


# ---------------------------------------------------------------------------------------------------------- speaking


def _pause_s(law: tuple[float, float, float, float], generator: np.random.Generator) -> float:
    median, spread, least, most = law
    return float(np.clip(median * np.exp(spread * generator.standard_normal()), least, most))


def perform(sentence: Sentence, generator: np.random.Generator) -> Sentence:
    """Vary a sentence's pauses and drop most of its cues, as no two readings are alike."""
    phrase_ends = [index for index, word in enumerate(sentence.words) if word.pause_after_s > 0]
    borders = set(clause_ends([word.text.lower() for word in sentence.words], phrase_ends)) - set(phrase_ends)
    words: list[ScriptWord] = []
    previous = -9
    for index, word in enumerate(sentence.words):
        drawn = generator.random(4)
        is_last = index == len(sentence.words) - 1
        pause_s = _pause_after_s(word, drawn[0], generator, is_last=is_last, is_border=index in borders)
        keep = 1.0 - (1.0 - cues.share_by_word().get(word.text.lower(), 1.0)) ** (1.6 if word.is_focus else 1.0)
        if index - previous <= 2 and not word.is_focus:
            keep *= _NEIGHBOUR_SHARE
        lexemes = tuple(cue for cue in word.cues if cue != cues.ACCENT_CUE) if drawn[1] < keep else ()
        previous = index if lexemes else previous
        is_focus = word.is_focus and bool(drawn[2] < 0.95)
        called = (*lexemes, cues.ACCENT_CUE) if is_focus else lexemes
        words.append(replace(word, cues=called, pause_after_s=pause_s, is_focus=is_focus))
    return replace(sentence, words=tuple(words))


def _pause_after_s(
    word: ScriptWord, draw: float, generator: np.random.Generator, *, is_last: bool, is_border: bool
) -> float:
    """Draw the pause after a word: always at sentence ends, mostly at commas, sometimes before a conjunction."""
    if is_last:
        pause_s = _pause_s(_END_S, generator)
        return float(generator.uniform(*THINKING_S)) if draw < THINKING_SHARE else pause_s
    if (word.pause_after_s > 0 and draw > _RUN_ON_SHARE) or (is_border and draw < _BREATH_SHARE):
        return _pause_s(_COMMA_S, generator)
    return 0.0


def _listen(sentence: Sentence, generator: np.random.Generator) -> Sentence:
    """Let the speaker fall silent after a sentence, as one does while the other talks."""
    last: ScriptWord = replace(sentence.words[-1], pause_after_s=float(generator.uniform(*LISTENING_S)))
    return replace(sentence, words=(*sentence.words[:-1], last))


def _duration_s(sentence: Sentence) -> float:
    return sum(SECONDS_PER_WORD + word.pause_after_s for word in sentence.words)


# --------------------------------------------------------------------------------------------------------- monologues


@dataclass(kw_only=True)
class _Writer:
    """Writes one monologue; a function's patterns come like cards of a deck, all once before any comes again."""

    split: str
    topic: Topic
    generator: np.random.Generator
    decks: dict[str, list[str]] = field(default_factory=dict)
    openings: list[str] = field(default_factory=list)

    def block(self, function: str) -> list[Sentence]:
        """Write the sentences of one pattern."""
        deck = self.decks.get(function)
        if not deck:
            own = patterns()[self.split][function]
            deck = [own[int(index)] for index in self.generator.permutation(len(own))]
            self.decks[function] = deck
        pattern = deck.pop() if functions()[function].opens_long else deck.pop().replace("{well}", "{so}")
        texts = _texts(pattern, self.topic, self.split, self.openings, self.generator)
        del self.openings[:-_OPENINGS_KEPT]
        moods = ("question" if text.endswith("?") else functions()[function].mood for text in texts)
        return [perform(annotate(text, mood=mood), self.generator) for text, mood in zip(texts, moods, strict=True)]

    def next_function(self, previous: str) -> str:
        """Draw what comes next: questions are answered, opinions explained, stories go on."""
        middle = {name: one.weight for name, one in functions().items() if one.weight}
        followers = functions()[previous].followed_by
        odds = np.array(
            [
                weight * (_FOLLOWS_FACTOR if name in followers else 0.0 if name == previous else 1.0)
                for name, weight in middle.items()
            ]
        )
        drawn = int(np.searchsorted(np.cumsum(odds / odds.sum()), self.generator.random()))
        return list(middle)[min(drawn, len(odds) - 1)]


def write_monologue(*, generator: np.random.Generator, target_duration_s: float, split: str) -> tuple[Sentence, ...]:
    """Write a monologue: greeting or opening, a middle about one or two topics, a closing.

    Args:
        generator: draws everything.
        target_duration_s: about how long it will be when spoken.
        split: train, val or test; every sentence belongs to it (`split_of`).

    Raises:
        ValueError: for an unknown split.
    """
    if split not in SPLIT_SHARES:
        raise ValueError(f"write_monologue: expected a split of {tuple(SPLIT_SHARES)}, got {split!r}")
    own = topics()[split]
    writer = _Writer(split=split, topic=own[whole_number(generator, 0, len(own))], generator=generator)
    sentences = writer.block("greeting") if generator.random() < 0.5 else []
    sentences += writer.block("opening")
    closing = writer.block("closing")
    spent = sum(map(_duration_s, sentences + closing))
    function = "opening"
    while spent < target_duration_s:
        function = writer.next_function(function)
        if generator.random() < 0.05:
            writer.topic = own[whole_number(generator, 0, len(own))]
        block = writer.block(function)
        if block and generator.random() < LISTENING_SHARE:
            block[-1] = _listen(block[-1], generator)
        sentences += block
        spent += sum(map(_duration_s, block))
    return tuple(sentences + closing)
