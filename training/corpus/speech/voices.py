"""The voices that speak the authored corpus: a table, and what of it this machine has. No synthesis here.

A voice is a Debian synthesiser's voice with a speaking rate, a pitch and a size of the vocal tract, so that a dozen
recordings give two dozen people, or one of Kokoro's. All are free: Festival with its CMU and CSTR voices and Flite
under permissive CMU and Edinburgh licences, espeak-ng under GPL-3 (which does not reach its output), Kokoro-82M under
Apache-2.0.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import InputError, message
from training.corpus.speech import kokoro_files

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
    engine: str
    name: str
    rate: float = 1.0
    pitch: float = 1.0
    size: float = 1.0
    is_held_out: bool = False


_TABLE = (
    Voice(id="festival_slt", engine="festival", name="cmu_us_slt_arctic_hts"),
    Voice(id="festival_slt_calm", engine="festival", name="cmu_us_slt_arctic_hts", rate=0.96, size=1.06),
    Voice(id="festival_slt_bright", engine="festival", name="cmu_us_slt_arctic_hts", rate=1.08, size=0.93),
    Voice(id="festival_slt_deep", engine="festival", name="cmu_us_slt_arctic_hts", rate=1.02, size=1.17),
    Voice(id="festival_kal", engine="festival", name="kal_diphone", rate=1.05, pitch=1.05),
    Voice(id="festival_ked", engine="festival", name="ked_diphone"),
    Voice(id="festival_ked_light", engine="festival", name="ked_diphone", rate=1.06, size=0.9),
    Voice(id="flite_slt", engine="flite", name="slt"),
    Voice(id="flite_slt_quick", engine="flite", name="slt", rate=1.07, size=0.95),
    Voice(id="flite_slt_warm", engine="flite", name="slt", rate=0.95, pitch=0.94, size=1.05),
    Voice(id="flite_rms", engine="flite", name="rms", rate=1.1),
    Voice(id="flite_rms_big", engine="flite", name="rms", rate=1.1, size=1.08),
    Voice(id="flite_rms_young", engine="flite", name="rms", rate=1.18, pitch=1.08, size=0.92),
    Voice(id="flite_kal16", engine="flite", name="kal16"),
    Voice(id="flite_kal16_deep", engine="flite", name="kal16", rate=0.98, pitch=0.9, size=1.07),
    Voice(id="flite_awb", engine="flite", name="awb", is_held_out=True),
    Voice(id="espeak_us_m1", engine="espeak", name="en-us+m1"),
    Voice(id="espeak_us_m3", engine="espeak", name="en-us+m3", rate=0.95, pitch=0.9),
    Voice(id="espeak_us_m7", engine="espeak", name="en-us+m7", rate=1.05),
    Voice(id="espeak_us_f2", engine="espeak", name="en-us+f2"),
    Voice(id="espeak_us_f5", engine="espeak", name="en-us+f5", rate=1.06, pitch=1.05),
    Voice(id="espeak_gb_m2", engine="espeak", name="en+m2", rate=0.97),
    Voice(id="espeak_gb_m5", engine="espeak", name="en+m5", rate=1.04, size=0.95),
    Voice(id="espeak_gb_f1", engine="espeak", name="en+f1", rate=0.98),
    Voice(id="espeak_gb_f4", engine="espeak", name="en+f4", rate=1.02, pitch=0.95),
    Voice(id="espeak_scotland_m4", engine="espeak", name="en-gb-scotland+m4", size=1.05),
)
HELD_OUT_KOKORO = ("af_sarah", "bm_george")
KOKORO_VOICES = tuple(
    Voice(id=f"kokoro_{name}", engine="kokoro", name=name, is_held_out=name in HELD_OUT_KOKORO)
    for name in kokoro_files.ENGLISH
)
"""Kokoro's voices: guests, who speak for a speaker now and then."""
VOICES: dict[str, Voice] = {voice.id: voice for voice in (*_TABLE, *KOKORO_VOICES)}
"""Every voice by its id."""
HELD_OUT_VOICE = next(voice for voice in _TABLE if voice.is_held_out)
"""The voice of test takes; no other take may use it, nor the held-out ones of Kokoro's."""
HELD_OUT_VOICES = tuple(voice for voice in VOICES.values() if voice.is_held_out)
"""Every voice that only test takes may be spoken by."""


def voice_of(voice_id: str) -> Voice:
    """Return the voice of an id.

    Raises:
        InputError: if there is no such voice.
    """
    if voice_id not in VOICES:
        raise InputError(
            message(
                expected=f"one of {', '.join(VOICES)}",
                got=repr(voice_id),
                where="voice",
                do="Name a voice of voices.py.",
            )
        )
    return VOICES[voice_id]


def is_available(voice: Voice) -> bool:
    """Tell whether this machine can speak with a voice."""
    if voice.engine == "kokoro":
        return shutil.which("espeak-ng") is not None and kokoro_files.is_here(voice.name)
    if voice.engine == "festival":
        found = shutil.which("festival") is not None
        return found and any(FESTIVAL_VOICES.glob(f"*/{voice.name}"))
    if shutil.which({"flite": "flite", "espeak": "espeak-ng"}[voice.engine]) is None:
        return False
    # Flite's dictionary tells the stress of what espeak-ng speaks.
    return voice.engine != "espeak" or shutil.which("flite") is not None


def available_voices() -> tuple[Voice, ...]:
    """Return the voices that this machine can speak with."""
    return tuple(voice for voice in VOICES.values() if is_available(voice))


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
