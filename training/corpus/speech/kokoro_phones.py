"""Texts to Kokoro's phonemes, each with the word it belongs to; espeak-ng pronounces, in the sentence. No sound here.

Kokoro was trained on misaki's alphabet: IPA with one letter for a diphthong or an affricate. espeak-ng's IPA is
rewritten to it. espeak-ng joins little words ("ʌvðə"); which sound is whose is found by the words said alone.
"""

from __future__ import annotations

import ctypes
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from exges_core.errors import InputError, message
from training.corpus.speech.rendering import library, unload_espeak
from training.corpus.speech.voices import INSTALL_COMMAND

STRESSES = "ˈˌ"
_TIE = "^"
_CLAUSE_END = ",.?!;:"
_IPA_WITH_TIES = 0x02 | 0x80 | (ord(_TIE) << 8)
_UTF8 = 1
_BOTH = (
    ("ʔˌn\u0329", "tn"), ("ʔn\u0329", "tn"), ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("t^ʃ", "ʧ"), ("e^ɪ", "A"),
    ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"), ("ʔ", "t"), ("ʲ", ""), ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"),
    ("\u0303", ""), ("\u0329", ""),
)  # fmt: skip
_AMERICAN = (
    ("o^ʊ", "O"),
    ("ɜːɹ", "ɜɹ"),
    ("ɜː", "ɜɹ"),
    ("ɚɹ", "əɹ"),
    ("ɚ", "əɹ"),
    ("i^ə", "iə"),
    ("ɪə", "iə"),
    ("ɾ", "T"),
)
_BRITISH = (("ə^ʊ", "Q"), ("o^ʊ", "Q"), ("e^ə", "ɛː"), ("ɚ", "ə"), ("i^ə", "ɪə"), ("ɾ", "t"))
_SOUNDS = {
    "I": "AY", "W": "AW", "A": "EY", "Y": "OY", "O": "OW", "Q": "OW", "ɑ": "AA", "ɒ": "AA", "a": "AE", "æ": "AE",
    "ɔ": "AO", "o": "AO", "ə": "AH", "ʌ": "AH", "ᵊ": "AH", "ɛ": "EH", "e": "EH", "ɜ": "ER", "ɪ": "IH", "ᵻ": "IH",
    "i": "IY", "ʊ": "UH", "u": "UW", "b": "B", "ʧ": "CH", "d": "D", "ð": "DH", "f": "F", "ɡ": "G", "g": "G", "h": "HH",
    "ʤ": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "ŋ": "NG", "p": "P", "ɹ": "R", "s": "S", "ʃ": "SH", "t": "T",
    "T": "T", "θ": "TH", "v": "V", "w": "W", "j": "Y", "z": "Z", "ʒ": "ZH",
}  # fmt: skip
"""Kokoro's letters in ARPAbet."""
_VOWELS = frozenset("IWAYOQɑɒaæɔoəʌᵊɛeɜɪᵻiʊu")


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A speech sound of a text.

    Attributes:
        token: the word it belongs to.
        letters: in Kokoro's alphabet, with the stress mark before it and the length mark behind it.
        label: in ARPAbet, without stress.
        is_stressed: has its word's main stress.
    """

    token: int
    letters: str
    label: str
    is_vowel: bool
    is_stressed: bool


def sounds_of(texts: Sequence[str], *, is_british: bool) -> list[tuple[Sound, ...]]:
    """Return the speech sounds of texts.

    Raises:
        InputError: if espeak-ng or its data are missing.
    """
    espeak = _Pronouncer("en" if is_british else "en-us")
    try:
        return [_sounds(espeak.owned(text), is_british=is_british) for text in texts]
    finally:
        espeak.close()


class _Pronouncer:
    """espeak-ng's library, loaded for one batch: what was said before must not tell in what comes."""

    def __init__(self, voice: str) -> None:
        self._library = library("libespeak-ng.so.1")
        is_ready = self._library.espeak_Initialize(2, 0, None, 0) > 0
        if not is_ready or self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise InputError(
                message(expected="espeak-ng's data", got="none", where="espeak-ng", do=f"Run: {INSTALL_COMMAND}.")
            )
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def close(self) -> None:
        """Unload the library; this object is of no use afterwards."""
        unload_espeak(self._library)

    def ipa(self, text: str) -> str:
        """Return a text's IPA, words apart as espeak-ng joins them."""
        rest = ctypes.c_char_p(text.encode())
        parts: list[str] = []
        while rest.value:
            parts.append(self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA_WITH_TIES).decode())
        return " ".join(parts)

    def owned(self, text: str) -> list[str]:
        """Return the IPA of every word of a text, as it is said in its clause."""
        owned: list[str] = []
        clause: list[str] = []
        for token in text.split():
            clause.append(token)
            if token[-1] in _CLAUSE_END:
                owned += self._clause(clause)
                clause = []
        return owned + self._clause(clause)

    def _clause(self, tokens: list[str]) -> list[str]:
        said = self.ipa(" ".join(tokens)).split()
        return said if len(said) == len(tokens) else shared_out("".join(said), [self.ipa(one) for one in tokens])


def shared_out(said: str, alone: Sequence[str]) -> list[str]:
    """Split a phrase's phonemes into words by matching them with the words pronounced alone."""
    plain = [re.sub(r"\s", "", word) for word in alone]
    owners = [index for index, word in enumerate(plain) for _ in word]
    owner_of: list[int | None] = [None] * len(said)
    matcher = difflib.SequenceMatcher(None, said, "".join(plain), autojunk=False)
    for here, there, length in matcher.get_matching_blocks():
        owner_of[here : here + length] = owners[there : there + length]
    named = set(owner_of)
    words = [""] * len(alone)
    owner = next((one for one in owner_of if one is not None), 0)
    for letter, known in zip(said, owner_of, strict=True):
        is_next = known is None and owner + 1 < len(words) and owner + 1 not in named
        owner = owner + 1 if is_next else owner if known is None else known
        words[owner] += letter
    return words


def _rewritten(ipa: str, *, is_british: bool) -> str:
    for old, new in (*(_BRITISH if is_british else _AMERICAN), *_BOTH):
        ipa = ipa.replace(old, new)
    ipa = ipa.replace(_TIE, "")
    return ipa if is_british else ipa.replace("ː", "")


def _sounds(words: Sequence[str], *, is_british: bool) -> tuple[Sound, ...]:
    sounds: list[Sound] = []
    for token, ipa in enumerate(words):
        letters = _rewritten(ipa, is_british=is_british)
        main = STRESSES[0] if STRESSES[0] in letters else STRESSES[1]
        for match in re.finditer(r"([ˈˌ]*)(ɜɹ|əɹ(?![ˈˌIWAYOQɑɒaæɔoəʌᵊɛeɜɪᵻiʊu])|[^ˈˌː\s])(ː?)", letters):
            marks, sound, _ = match.groups()
            label = "ER" if len(sound) > 1 else _SOUNDS.get(sound)
            if label is not None:
                sounds.append(
                    Sound(
                        token=token,
                        letters=match.group(),
                        label=label,
                        is_vowel=sound[0] in _VOWELS,
                        is_stressed=main in marks,
                    )
                )
    return tuple(sounds)
