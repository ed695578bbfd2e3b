"""Write monologues: sentences with a function, words with the gestures they can call, accents and pauses.

The rules are here, the words are in the `grammar_` tables. `annotate` works on any English sentence. No sound, no
motion.
"""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import replace

import numpy as np

from training.corpus import grammar_cues as cues
from training.corpus.grammar_templates import FREE, MOODS, PATTERNS, WEIGHTS
from training.corpus.grammar_topics import TOPICS, Topic
from training.corpus.script import ScriptWord, Sentence

SPLIT_SHARES = {"train": 0.8, "val": 0.08, "test": 0.12}
COMMA_PAUSE_S, END_PAUSE_S = 0.3, 0.7
SECONDS_PER_WORD = 0.3
LISTENING_SHARE = 0.07
_DRAWS = 120
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=([a-z]+))")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_VOWEL_SOUND = re.compile(r"(?!u[sn]i|use|eu|one\b|once\b)[aeiou]|hono|hour")


# ------------------------------------------------------------------------------------------------------- annotation


@functools.cache
def _phrases() -> dict[tuple[str, ...], tuple[int, tuple[str, ...]]]:
    """Return the cue table by words: which word carries the gesture, and the lexemes."""
    table: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {}
    for phrase, lexemes in cues.CUES.items():
        parts = phrase.split()
        starred = [index for index, part in enumerate(parts) if part.startswith("*")]
        carrier = starred[0] if starred else len(parts) - 1
        table[tuple(part.lstrip("*") for part in parts)] = (carrier, lexemes)
    return table


@functools.cache
def _longest_phrase() -> int:
    return max(len(words) for words in _phrases())


def _cues_of(words: list[str]) -> list[tuple[str, ...]]:
    """Find the gestures each word can call, by the longest phrase that matches; a phrase's words call nothing else."""
    found: list[tuple[str, ...]] = [()] * len(words)
    index = 0
    while index < len(words):
        step = 1
        for length in range(min(_longest_phrase(), len(words) - index), 0, -1):
            match = _phrases().get(tuple(words[index : index + length]))
            if match is not None:
                carrier, lexemes = match
                found[index + carrier] = lexemes
                step = length
                break
        index += step
    return found


def _is_content(word: str) -> bool:
    return word in cues.DEICTIC_WORDS or word in cues.STRONG_WORDS or word not in cues.FUNCTION_WORDS


def _accent_weight(word: str, lexemes: tuple[str, ...], position: float) -> float:
    """Weigh how much a word attracts its phrase's accent; later words win among equals (nuclear stress)."""
    if not _is_content(word):
        return 0.0
    strength = 2.0 if word in cues.STRONG_WORDS else 1.0
    return strength + (0.4 if lexemes else 0.0) + 0.7 * position


def _focus_indices(words: list[str], lexemes: list[tuple[str, ...]], phrase_ends: list[int]) -> set[int]:
    focus: set[int] = set()
    first = 0
    for last in phrase_ends:
        span = max(last - first, 1)
        weights = [_accent_weight(words[i], lexemes[i], (i - first) / span) for i in range(first, last + 1)]
        if max(weights) > 0:
            focus.add(first + int(np.argmax(weights)))
        first = last + 1
    return focus


def _mood_of(text: str, words: list[str]) -> str:
    """Guess a sentence's function from its words and its punctuation."""
    plain = " ".join(words)

    def has(phrases: tuple[str, ...]) -> bool:
        return any(re.search(rf"(^|\s){re.escape(phrase)}(\s|$)", plain) for phrase in phrases)

    def starts(phrases: tuple[str, ...]) -> bool:
        return any(plain == phrase or plain.startswith(phrase + " ") for phrase in phrases)

    tests = (
        ("greeting", starts(cues.GREETING_STARTS)),
        ("question", text.rstrip().endswith("?")),
        ("doubt", has(cues.DOUBT_WORDS)),
        ("contrast", starts(cues.CONTRAST_STARTS)),
        ("list", starts(cues.LIST_STARTS)),
        ("quote", has(cues.QUOTE_PHRASES)),
        ("appeal", has(cues.APPEAL_WORDS)),
        ("process", has(cues.PROCESS_PHRASES)),
        ("negation", bool(cues.NEGATION_WORDS.intersection(words))),
        ("emphatic", text.rstrip().endswith("!") or bool(cues.EMPHATIC_WORDS.intersection(words))),
    )
    return next((mood for mood, is_so in tests if is_so), "statement")


def annotate(text: str, *, mood: str | None = None) -> Sentence:
    """Annotate one English sentence: cues by longest phrase match, content words, accents, pauses; ours.

    Args:
        text: a sentence with its punctuation; commas (also ; : and dashes) end phrases.
        mood: the communicative function; None guesses it.

    Raises:
        ValueError: if the text holds no word.
    """
    tokens = [token for token in re.sub(r"[–—]|\s-\s", ", ", text.replace("’", "'")).split() if re.search(r"\w", token)]
    if not tokens:
        raise ValueError(f"annotate: expected a sentence, got {text!r}")
    spellings = [re.sub(r"^[^\w']+|[^\w']+$", "", token).strip("'") for token in tokens]
    words = [spelling.lower() for spelling in spellings]
    lexemes = _cues_of(words)
    if text.rstrip().endswith("?") and "question_open" not in {lexeme for cue in lexemes for lexeme in cue}:
        lexemes[-1] = (*lexemes[-1], "shrug")
    ends = [index for index, token in enumerate(tokens) if token[-1] in ",;:.?!" or index == len(tokens) - 1]
    focus = _focus_indices(words, lexemes, ends)
    annotated = tuple(
        ScriptWord(
            text=spelling,
            cues=(*lexemes[index], cues.ACCENT_CUE) if index in focus else lexemes[index],
            is_content=_is_content(words[index]),
            is_focus=index in focus,
            pause_after_s=END_PAUSE_S if index == len(tokens) - 1 else COMMA_PAUSE_S if index in ends else 0.0,
        )
        for index, spelling in enumerate(spellings)
    )
    return Sentence(words=annotated, mood=mood or _mood_of(text, words))


def annotate_text(text: str) -> tuple[Sentence, ...]:
    """Annotate a text of several sentences."""
    return tuple(annotate(part) for part in _SENTENCE_END.split(text.strip()) if re.search(r"\w", part))


def plain_text(sentence: Sentence) -> str:
    """Return a sentence's words, lower case, without punctuation: its identity for splits."""
    return " ".join(word.text.lower() for word in sentence.words)


def split_of(sentence_text: str) -> str:
    """Return the split a sentence belongs to: train, val or test, by a hash of its words.

    Case and punctuation do not count, so no sentence is heard in two splits.
    """
    plain = " ".join(re.findall(r"[\w'-]+", sentence_text.lower()))
    share = int.from_bytes(hashlib.sha256(plain.encode()).digest()[:6], "big") / 2**48
    if share < SPLIT_SHARES["test"]:
        return "test"
    return "val" if share < SPLIT_SHARES["test"] + SPLIT_SHARES["val"] else "train"


# ---------------------------------------------------------------------------------------------------------- writing


def _pick(options: tuple[str, ...] | list[str], generator: np.random.Generator) -> str:
    return options[int(generator.integers(len(options)))]


def _filler(slot: str, topic: Topic, generator: np.random.Generator) -> str:
    kind = slot.rstrip("0123456789")
    if kind.startswith("a_"):
        return "a " + _filler(kind[2:], topic, generator)
    if kind in ("do", "doing", "did"):
        verb, gerund, past, rest = topic.acts[int(generator.integers(len(topic.acts)))]
        return f"{ {'do': verb, 'doing': gerund, 'did': past}[kind] } {rest}"
    from_topic = {
        "topic": (topic.name,),
        "noun": topic.nouns,
        "plurals": topic.plurals,
        "person": topic.people,
        "groups": topic.groups,
        "place": topic.places,
        "good": topic.good,
        "bad": topic.bad,
    }
    if kind == "place_noun":
        return "the " + _pick(topic.nouns, generator)
    return _pick(from_topic.get(kind) or FREE[kind], generator)


def _fill(pattern: str, topic: Topic, generator: np.random.Generator) -> str:
    """Draw a pattern's choices and slots."""
    text = _CHOICE.sub(lambda match: _pick(match.group(1).split("|"), generator), pattern)
    used: set[str] = set()

    def fill(match: re.Match[str]) -> str:
        filler = _filler(match.group(1).lower(), topic, generator)
        for _ in range(8):
            if filler not in used:
                break
            filler = _filler(match.group(1).lower(), topic, generator)
        used.add(filler)
        return filler

    text = _SLOT.sub(fill, text)
    text = _ARTICLE.sub(lambda match: match.group(1) + ("n " if _VOWEL_SOUND.match(match.group(2)) else " "), text)
    return text[:1].upper() + re.sub(r"\s+", " ", text[1:])


def _sentence(pattern: str, topic: Topic, split: str, generator: np.random.Generator) -> str | None:
    """Draw a sentence that belongs to a split; None if the pattern's sentences seem to be all elsewhere."""
    for _ in range(_DRAWS):
        text = _fill(pattern, topic, generator)
        if split_of(text) == split:
            return text
    return None


def _breathe(sentence: Sentence, generator: np.random.Generator) -> Sentence:
    """Vary pauses and accents, as no two speakings are alike."""
    words: list[ScriptWord] = []
    for index, word in enumerate(sentence.words):
        pause = word.pause_after_s
        if index == len(sentence.words) - 1:
            pause = float(generator.uniform(0.4, 1.2))
        elif pause > 0:
            pause = float(generator.uniform(0.2, 0.5))
        is_focus = word.is_focus and generator.random() < 0.92
        may_rise = word.is_content and not word.is_focus and pause == 0
        is_focus = is_focus or (may_rise and bool(generator.random() < 0.06))
        words.append(replace(word, pause_after_s=pause, is_focus=is_focus))
    return replace(sentence, words=tuple(words))


def _block(function: str, topic: Topic, split: str, generator: np.random.Generator) -> list[Sentence]:
    pattern = _pick(PATTERNS[function], generator)
    sentences: list[Sentence] = []
    for part in _SENTENCE_END.split(pattern):
        text = _sentence(part, topic, split, generator)
        if text is not None:
            mood = "question" if text.endswith("?") else MOODS[function]
            sentences.append(_breathe(annotate(text, mood=mood), generator))
    return sentences


def _listen(sentence: Sentence, generator: np.random.Generator) -> Sentence:
    """Let the speaker fall silent after a sentence, as one does while the other talks."""
    last = replace(sentence.words[-1], pause_after_s=float(generator.uniform(2.0, 6.0)))
    return replace(sentence, words=(*sentence.words[:-1], last))


def _duration_s(sentence: Sentence) -> float:
    return sum(SECONDS_PER_WORD + word.pause_after_s for word in sentence.words)


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
    topic = TOPICS[int(generator.integers(len(TOPICS)))]
    sentences = _block("greeting", topic, split, generator) if generator.random() < 0.5 else []
    sentences += _block("opening", topic, split, generator)
    closing = _block("closing", topic, split, generator)
    functions = list(WEIGHTS)
    weights = np.array([WEIGHTS[function] for function in functions])
    spent = sum(map(_duration_s, sentences + closing))
    previous = -1
    while spent < target_duration_s:
        odds = np.where(np.arange(len(functions)) == previous, 0.0, weights)
        previous = int(generator.choice(len(functions), p=odds / odds.sum()))
        if generator.random() < 0.05:
            topic = TOPICS[int(generator.integers(len(TOPICS)))]
        block = _block(functions[previous], topic, split, generator)
        if block and generator.random() < LISTENING_SHARE:
            block[-1] = _listen(block[-1], generator)
        sentences += block
        spent += sum(map(_duration_s, block))
    return tuple(sentences + closing)
