"""Festival as a process per batch: texts in, sound and times from its utterance relations out.

A word is a token between spaces, so times belong to the words of the script without guessing.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import soundfile

from exges_core.errors import InputError, message
from training.corpus.speech.phones import arpabet
from training.corpus.speech.rendering import Manner, Rendered, Segment, word_times
from training.corpus.speech.voices import INSTALL_COMMAND, Voice

FESTIVAL_LIMIT_S = 120
_FESTIVAL_PRELUDE = """
(define (tell_word word index)
  (mapcar (lambda (syl)
    (mapcar (lambda (seg)
      (format t "S %d %s %s %s %s %s\\n" index (item.name seg) (item.feat seg "ph_vc") (item.feat syl "stress")
              (item.feat seg "segment_start") (item.feat seg "segment_end")))
      (item.daughters syl)))
    (item.daughters (item.relation word 'SylStructure))))
(define (say text stretch pitch file)
  (let ((utt (eval (list (quote Utterance) (quote Text) text))) (index 0))
    (set_manner stretch pitch)
    (utt.synth utt)
    (utt.save.wave utt file 'riff)
    (format t "U\\n")
    (mapcar (lambda (token)
      (if (null (item.parent token))
        (begin
          (mapcar (lambda (word) (tell_word word index)) (item.daughters token))
          (set! index (+ index 1)))))
      (utt.relation.items utt 'Token))))
"""
_FESTIVAL_DIPHONES = """
(define (set_manner stretch pitch)
  (Param.set 'Duration_Stretch stretch)
  (set! int_lr_params (list (list 'target_f0_mean (* 105 pitch)) (list 'target_f0_std (* 16 pitch))
                            (list 'model_f0_mean 170) (list 'model_f0_std 34))))
"""
_FESTIVAL_HTS = """
(set! plain_params hts_engine_params)
(define (set_manner stretch pitch)
  (set! hts_engine_params (append plain_params (list (list "-r" (/ 1 stretch))
                                                     (list "-fm" (/ (* 12 (log pitch)) (log 2)))))))
"""
_FESTIVAL_MANNER = {
    "cmu_us_slt_arctic_hts": _FESTIVAL_HTS,
    "kal_diphone": _FESTIVAL_DIPHONES,
    "ked_diphone": _FESTIVAL_DIPHONES,
}


def speak_with_festival(voice: Voice, texts: Sequence[str], manners: Sequence[Manner]) -> tuple[Rendered, ...]:
    """Speak texts in one run of Festival; its HTS voice keeps its pitch.

    Raises:
        InputError: if Festival is missing or fails.
    """
    with tempfile.TemporaryDirectory(prefix="exges-festival-") as scratch:
        folder = Path(scratch)
        lines = [f"(voice_{voice.name})", _FESTIVAL_MANNER[voice.name], _FESTIVAL_PRELUDE]
        for index, (text, manner) in enumerate(zip(texts, manners, strict=True)):
            stretch = 1.0 / (voice.rate * manner.rate)
            quoted = text.replace("\\", "").replace('"', "")
            lines.append(f'(say "{quoted}" {stretch:.4f} {voice.pitch * manner.pitch:.4f} "{folder / f"{index}.wav"}")')
        script = folder / "batch.scm"
        script.write_text("\n".join(lines), encoding="utf-8")
        told = _run_festival(script)
        blocks = told.split("U\n")[1:]
        if len(blocks) != len(texts):
            raise InputError(
                message(
                    expected=f"{len(texts)} utterances", got=str(len(blocks)), where="festival", do="Check the text."
                )
            )
        return tuple(
            _rendered_by_festival(folder / f"{index}.wav", block, text.split())
            for index, (block, text) in enumerate(zip(blocks, texts, strict=True))
        )


def _run_festival(script: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own script
            ["festival", "-b", str(script)],  # noqa: S607 - wherever the system has it
            capture_output=True,
            text=True,
            timeout=FESTIVAL_LIMIT_S,
            check=True,
        )
    except FileNotFoundError as absent:
        raise InputError(
            message(expected="festival", got="no such program", where="speech synthesis", do=f"Run: {INSTALL_COMMAND}.")
        ) from absent
    except subprocess.CalledProcessError as failed:
        last = (failed.stderr or "").strip().splitlines()[-1:] or ["no message"]
        raise InputError(
            message(expected="speech", got=last[0], where="festival", do="Check that its voice is installed.")
        ) from failed
    return done.stdout


def _rendered_by_festival(wave: Path, told: str, tokens: Sequence[str]) -> Rendered:
    segments: list[Segment] = []
    for line in told.splitlines():
        fields = line.split()
        if len(fields) == 7 and fields[0] == "S":
            is_stressed = fields[4] != "0"
            segments.append(
                Segment(
                    token=int(fields[1]),
                    is_vowel=fields[3] == "+",
                    is_stressed=is_stressed,
                    start_s=float(fields[5]),
                    end_s=float(fields[6]),
                    label=arpabet(fields[2], is_stressed=is_stressed, engine="festival"),
                )
            )
    samples, rate_hz = soundfile.read(wave, dtype="float32")
    return Rendered(samples=samples, rate_hz=rate_hz, words=word_times(segments, tokens), segments=tuple(segments))
