# SPDX-License-Identifier: GPL-3.0-or-later
"""A take and its speech into the user's own motion base: files are written here, the engine's Python does the rest."""

from __future__ import annotations

import json
import shutil
import time
import wave
from pathlib import Path

import bpy
import numpy as np

from exges_core.errors import AudioError, InputError, WorkerError, message
from exges_core.motion.npz import write_npz
from exges_core.timeline import MOTION_RATE_HZ

from . import armature, compat, curves, keyframes, preferences, reading, soundstrip, speech, takes
from .process import LineProcess
from .wishes import Wish

_LIMIT_S = 600.0
_SOURCE = ("speech_from", "strip", "audio", "start_frame", "speaker_object")


class State:
    """The addition that runs."""

    current: Addition | None = None


def stop() -> None:
    """End it and delete its working files."""
    if State.current is not None:
        State.current.end()
    State.current = None


class Addition:
    """One take on its way into a motion base. `step` until it returns a sentence."""

    def __init__(
        self,
        scene: bpy.types.Scene,
        character: bpy.types.Object,
        action: bpy.types.Action,
        *,
        sequencer: bpy.types.Scene,
        python: str,
        licence: str,
    ) -> None:
        """Write motion, sound and words into a working folder and start the engine's Python on them.

        Raises:
            InputError: if the speech of the take is no longer there.
            WorkerError: if that Python cannot be started.
        """
        self.library = Path(bpy.path.abspath(scene.exges.library))
        self.name = _name_of(character, action)
        self._process: LineProcess | None = None
        self._started_s = time.monotonic()
        self.folder = preferences.work_folder(bpy.context)
        try:
            command = self._command(scene, character, action, sequencer, python, licence)
            self._process = LineProcess(command, environment=preferences.engine_environment(bpy.context))
        except OSError as error:
            self.end()
            raise WorkerError(f"Add Take: {error.strerror or error}. Check the engine in the preferences.") from error
        except (InputError, WorkerError):
            self.end()
            raise

    def _command(
        self,
        scene: bpy.types.Scene,
        character: bpy.types.Object,
        action: bpy.types.Action,
        sequencer: bpy.types.Scene,
        python: str,
        licence: str,
    ) -> tuple[str, ...]:
        motion, words = self.folder / "motion.npz", self.folder / "words.json"
        rate_hz = keyframes.scene_rate_hz(scene)
        start, stop = takes.frames_of(action)
        count = int((stop - 1 - start) / rate_hz * MOTION_RATE_HZ + 1e-6) + 1
        frames = start + np.arange(count) / MOTION_RATE_HZ * rate_hz
        channels = curves.by_channel(compat.curves_of(action))
        retargeter = armature.retargeter_of(character)
        clip = reading.clip_of(character, retargeter, channels, frames, rate_hz=float(MOTION_RATE_HZ))
        write_npz(motion, clip)
        sound, shift_s = self._sound(scene, action, sequencer, rate_hz)
        words.write_text(json.dumps(_words(takes.report(action), shift_s, count / MOTION_RATE_HZ)), encoding="utf-8")
        options = ["--transcript", str(words)] if takes.report(action).get("words") else ["--asr", "none"]
        options += ["--licence", licence] if licence else []
        speaker = takes.record(action).get("speaker")
        options += ["--speaker", speaker] if speaker else []
        source = f"take {action.name} of {Path(bpy.data.filepath).name or 'an unsaved file'}"
        return (
            *(python, "-m", "exges_core.cli", "library", "add", str(self.library)),
            *("--motion", str(motion), "--speech", str(sound), "--name", self.name, "--source", source),
            *options,
        )

    def _sound(
        self, scene: bpy.types.Scene, action: bpy.types.Action, sequencer: bpy.types.Scene, rate_hz: float
    ) -> tuple[Path, float]:
        """Write the sound of just the take's frames; return it and how far it begins after the words' zero."""
        record = takes.record(action)
        wish = Wish(
            scene=scene.name,
            character="",
            **{
                name: record[name]
                for name in ("speech_from", "strip", "audio", "start_frame", "speaker_object")
                if name in record
            },
            strips=tuple(record.get("strips") or ()),
            sound_frames=tuple(record["sound_frames"]) if record.get("sound_frames") else None,
        )
        place = speech.place_of(wish.source, scene, sequencer)
        start, stop = takes.frames_of(action)
        shift_s = (start - record.get("first_frame", start)) / rate_hz
        if wish.source.kind == speech.STRIP:
            path = self.folder / "mixed.wav"
            soundstrip.mix_strip(sequencer, soundstrip.find_strip(sequencer, wish.strip), path)
        else:
            path = speech.write(wish.source, sequencer, self.folder).path
        offset_s, length_s = (start - place.start_frame) / rate_hz, (stop - start) / rate_hz
        is_whole = abs(offset_s) < 1e-6 and place.seconds is not None and abs(place.seconds - length_s) < 0.5
        return (path if is_whole else _cut(path, self.folder / "cut.wav", offset_s, length_s)), shift_s

    def step(self) -> str | None:
        """Return what was done, None while it goes on.

        Raises:
            WorkerError: if the engine refuses, with its own sentence.
        """
        self._process.read()
        if not self._process.is_finished:
            if time.monotonic() - self._started_s > _LIMIT_S:
                raise WorkerError(f"Add Take: it took longer than {_LIMIT_S:.0f} s and was given up.")
            return None
        process, self._process = self._process, None
        code = process.stop()
        if code != 0:
            said = [line for line in process.log if line.strip()]
            raise WorkerError(f"Add Take: {said[-1] if said else f'the engine ended with code {code}'}")
        return f"{self.name} was added to {self.library}."

    def wait(self) -> str:
        """Return what was done, waiting for it.

        Raises:
            WorkerError: as `step`.
        """
        while (text := self.step()) is None:
            time.sleep(0.05)
        return text

    def end(self) -> None:
        """Stop, and delete the working files."""
        if self._process is not None:
            self._process.stop(grace_s=0.5)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)


def _name_of(character: bpy.types.Object, action: bpy.types.Action) -> str:
    file = Path(bpy.data.filepath).stem or "unsaved"
    raw = f"{file}_{character.name}_{action.name}_seed{takes.record(action).get('seed', 0)}"
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in raw)


def _words(report: dict[str, object], shift_s: float, length_s: float) -> list[dict[str, object]]:
    """Return the words inside a take, from its own beginning on."""
    words = report.get("words")
    moved = [
        {**word, "start_s": word["start_s"] - shift_s, "end_s": word["end_s"] - shift_s}
        for word in (words if isinstance(words, list) else [])
    ]
    return [word for word in moved if word["start_s"] >= 0.0 and word["end_s"] <= length_s]


def _cut(path: Path, target: Path, start_s: float, length_s: float) -> Path:
    """Write a part of a WAV file.

    Raises:
        AudioError: if it is no plain WAV file.
    """
    try:
        with wave.open(str(path), "rb") as file:
            rate_hz = file.getframerate()
            file.setpos(min(file.getnframes(), max(0, round(start_s * rate_hz))))
            parameters, samples = file.getparams(), file.readframes(round(length_s * rate_hz))
        with wave.open(str(target), "wb") as file:
            file.setparams(parameters)
            file.writeframes(samples)
    except (wave.Error, EOFError) as error:
        raise AudioError(
            message(
                expected="a WAV file, to cut the take's part out of it",
                got=f"{path.name} ({error})",
                where="Add Take",
                do="Put the sound into the sequencer and generate from the strip.",
            )
        ) from error
    return target
