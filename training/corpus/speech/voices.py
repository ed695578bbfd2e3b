"""The voices that speak the authored corpus (`tables/voices.toml`), and which of them this machine has; no synthesis.

A voice is a Debian synthesiser's voice with a speaking rate, a pitch and a size of the vocal tract, so that a dozen
recordings give two dozen people, or one of Kokoro's. All are free: Festival with its CMU and CSTR voices and Flite
under permissive CMU and Edinburgh licences, espeak-ng under GPL-3 (which does not reach its output), Kokoro-82M under
Apache-2.0.
"""

from __future__ import annotations

import functools
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exges_core.errors import InputError, message
from training.corpus.speech import kokoro_files
from training.corpus.tables import entry, read_table

TABLES = Path(__file__).with_name("tables")
INSTALL_COMMAND = (
    "apt-get install festival flite espeak-ng festvox-us-slt-hts festvox-kallpc16k festvox-kdlpc16k"
    " (training/corpus/install_voices.sh does it)"
)
FESTIVAL_VOICES = Path("/usr/share/festival/voices")


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A voice of the corpus.

    Attributes:
        id: what a speaker refers to.
        engine: festival, flite, espeak or kokoro.
        name: the engine's name of the voice.
        rate: speaking rate relative to the engine's own (1.1 = faster).
        pitch: fundamental frequency relative to the engine's own.
        size: length of the vocal tract relative to the recording's (1.08 = a bigger body: lower formants and pitch).
        is_held_out: True for the voices that only tests may hear.
    """

    id: str
    engine: Literal["festival", "flite", "espeak", "kokoro"]
    name: str
    rate: float = 1.0
    pitch: float = 1.0
    size: float = 1.0
    is_held_out: bool = False


HELD_OUT_KOKORO = ("af_sarah", "bm_george")


@functools.cache
def debian_voices() -> tuple[Voice, ...]:
    """Return the voices of Debian's synthesisers, in the table's order.

    Raises:
        InputError: if the table is wrong.
    """
    table = read_table(TABLES / "voices.toml", dict[str, Voice], key="id")
    return tuple(table.values())


@functools.cache
def kokoro_voices() -> tuple[Voice, ...]:
    """Return Kokoro's voices, the guests that replace a speaker's own voice now and then."""
    return tuple(
        Voice(id=f"kokoro_{name}", engine="kokoro", name=name, is_held_out=name in HELD_OUT_KOKORO)
        for name in kokoro_files.ENGLISH
    )


@functools.cache
def voices() -> dict[str, Voice]:
    """Return every voice by its id."""
    return {voice.id: voice for voice in (*debian_voices(), *kokoro_voices())}


@functools.cache
def held_out_voices() -> tuple[Voice, ...]:
    """Return the voices of test takes, Debian's first; nothing else may be spoken by them."""
    return tuple(voice for voice in voices().values() if voice.is_held_out)


def voice_of(voice_id: str) -> Voice:
    """Return the voice of an id.

    Raises:
        InputError: if there is no such voice.
    """
    return entry(voices(), voice_id, "voice")


def is_available(voice: Voice) -> bool:
    """Tell whether this machine can speak with a voice."""
    if voice.engine == "kokoro":
        return shutil.which("espeak-ng") is not None and kokoro_files.is_here(voice.name)
    if voice.engine == "festival":
        return shutil.which("festival") is not None and any(FESTIVAL_VOICES.glob(f"*/{voice.name}"))
    if shutil.which({"flite": "flite", "espeak": "espeak-ng"}[voice.engine]) is None:
        return False
    # Flite's dictionary tells the stress of what espeak-ng speaks.
    return voice.engine != "espeak" or shutil.which("flite") is not None


def available_voices() -> tuple[Voice, ...]:
    """Return the voices that this machine can speak with."""
    return tuple(voice for voice in voices().values() if is_available(voice))


def require(*voices: Voice) -> None:
    """Check that voices can be used.

    Raises:
        InputError: if the synthesiser of one is not installed; it names those that lack.
    """
    missing = [voice for voice in voices if not is_available(voice)]
    if not missing:
        return
    for voice in missing:
        if voice.engine == "kokoro" and shutil.which("espeak-ng") is not None:
            kokoro_files.require_kokoro(voice.name)
    names = ", ".join(f"{voice.id} ({voice.engine}, {voice.name})" for voice in missing)
    raise InputError(
        message(
            expected="a speech synthesiser" if not available_voices() else f"the synthesiser of {names}",
            got="none on this machine" if not available_voices() else f"{len(missing)} of {len(voices)} voices missing",
            where="speech synthesis",
            do=f"Run: {INSTALL_COMMAND}.",
        )
    )
