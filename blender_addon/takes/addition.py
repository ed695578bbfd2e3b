# SPDX-License-Identifier: GPL-3.0-or-later
"""A take and its speech into the user's own motion base: files are written here, the engine's Python does the rest."""

from __future__ import annotations

import json
import shutil
import time
import wave
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from exges_core.errors import AudioError, InputError, WorkerError, message
from exges_core.motion.npz import write_npz
from exges_core.timeline import MOTION_RATE_HZ

from ..character import rigcache
from ..engine import preferences
from ..engine.process import LineProcess
from ..scene import cooperative, lookup
from ..scene.extension import stored
from ..sound import sources, strips
from . import reading, record

_LIMIT_S = 600.0
_SOURCE = {
    **{"kind": "speech_from", "speaker": "speaker_object"},
    **{name: name for name in ("strip", "audio", "start_frame")},
}
"""What says where the speech of a take comes from -> its name among the take's settings."""


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
        """Choose a working folder; motion, sound and words are written into it by the first steps."""
        self.library = Path(bpy.path.abspath(stored(scene).library))
        self.name = _name_of(character, action)
        self._names = (scene.name, character.name, action.name, sequencer.name)
        self._python, self._licence = python, licence
        self._process: LineProcess | None = None
        self._started_s = time.monotonic()
        self.folder = preferences.work_folder(bpy.context)
        self._writing: cooperative.Driver[tuple[str, ...]] | None = cooperative.Driver(self._command())

    def _command(self) -> cooperative.Work[tuple[str, ...]]:
        """Write motion, sound and words, slice by slice; return what the engine's Python is called with.

        Raises:
            ExgesError: if the character, the take or its speech is no longer there.
        """
        scene_name, character, take, _ = self._names
        action = self._take()
        motion, words = self.folder / "motion.npz", self.folder / "words.json"
        rate_hz = lookup.scene_rate_hz(lookup.scene(scene_name))
        start, stop = record.frames_of(action)
        count = int((stop - 1 - start) / rate_hz * MOTION_RATE_HZ + 1e-6) + 1
        frames = start + np.arange(count) / MOTION_RATE_HZ * rate_hz
        report, speaker = record.report(action), record.remembered(action, "speaker", "")
        retargeter = yield from rigcache.requiring(character)
        clip = yield from reading.clipping(
            character, retargeter, lambda: lookup.curves_of_action(take), frames, rate_hz=float(MOTION_RATE_HZ)
        )
        yield from cooperative.aside(lambda: write_npz(motion, clip), writes_files=True)
        sound, shift_s = yield from self._sound(rate_hz)
        words.write_text(json.dumps(_words(report, shift_s, count / MOTION_RATE_HZ)), encoding="utf-8")
        options = ["--transcript", str(words)] if report.get("words") else ["--asr", "none"]
        options += ["--licence", self._licence] if self._licence else []
        options += ["--speaker", speaker] if speaker else []
        source = f"take {take} of {Path(bpy.data.filepath).name or 'an unsaved file'}"
        return (
            *(self._python, "-m", "exges_core.cli", "library", "add", str(self.library)),
            *("--motion", str(motion), "--speech", str(sound), "--name", self.name, "--source", source),
            *options,
        )

    def _take(self) -> bpy.types.Action:
        action = bpy.data.actions.get(self._names[2])
        if action is None:
            raise InputError(f"Add Take: {self._names[2]!r} is gone meanwhile. Show another take.")
        return action

    def _sound(self, rate_hz: float) -> cooperative.Work[tuple[Path, float]]:
        """Write the sound of just the take's frames; return it and how far it begins after the words' zero."""
        action, sequencer = self._take(), lookup.scene(self._names[3])
        settings: dict[str, Any] = record.settings_of(action)
        source = sources.source_from(
            **{name: settings[key] for name, key in _SOURCE.items() if key in settings},
            selected=tuple(settings.get("strips") or ()),
            frames=tuple(settings["sound_frames"]) if settings.get("sound_frames") else None,
        )
        place = sources.place_of(source, lookup.scene(self._names[0]), sequencer)
        start, stop = record.frames_of(action)
        shift_s = (start - settings.get("first_frame", start)) / rate_hz
        if source.kind == sources.STRIP:
            path = self.folder / "mixed.wav"
            strip = strips.find_strip(sequencer, settings.get("strip", ""))
            yield from strips.mixing(strips.strips_heard(sequencer.name, (strip.name,)), path)
        else:
            path = (yield from sources.writing(source, sequencer.name, self.folder)).path
        offset_s, length_s = (start - place.start_frame) / rate_hz, (stop - start) / rate_hz
        is_whole = abs(offset_s) < 1e-6 and place.seconds is not None and abs(place.seconds - length_s) < 0.5
        if not is_whole:
            whole, cut = path, self.folder / "cut.wav"
            path = yield from cooperative.aside(lambda: _cut(whole, cut, offset_s, length_s), writes_files=True)
        return path, shift_s

    def step(self) -> str | None:
        """Return what was done, None while it goes on.

        Raises:
            ExgesError: if the take or its speech has gone, or the engine refuses, with its own sentence.
        """
        if self._writing is not None:
            self._start(self._writing)
            return None
        process = self._process
        assert process is not None
        process.read()
        if not process.is_finished:
            if time.monotonic() - self._started_s > _LIMIT_S:
                raise WorkerError(f"Add Take: it took longer than {_LIMIT_S:.0f} s and was given up.")
            return None
        self._process = None
        code = process.stop()
        if code != 0:
            said = [line for line in process.log if line.strip()]
            raise WorkerError(f"Add Take: {said[-1] if said else f'the engine ended with code {code}'}")
        return f"{self.name} was added to {self.library}."

    def _start(self, writing: cooperative.Driver[tuple[str, ...]]) -> None:
        """Write some more, and start the engine's Python once all is there."""
        try:
            if not writing.step():
                return
            command, self._writing = writing.result, None
            assert command is not None
            self._process = LineProcess(command, environment=preferences.engine_environment(bpy.context))
        except OSError as error:
            raise WorkerError(f"Add Take: {error.strerror or error}. Check the engine in the preferences.") from error

    def wait(self) -> str:
        """Return what was done, waiting for it.

        Raises:
            ExgesError: as `step`.
        """
        while (text := self.step()) is None:
            time.sleep(cooperative.SLICE_S)
        return text

    def end(self) -> None:
        """Stop, and delete the working files."""
        if self._writing is not None:
            self._writing.close()
            self._writing = None
        if self._process is not None:
            self._process.stop(grace_s=0.5)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)


def _name_of(character: bpy.types.Object, action: bpy.types.Action) -> str:
    file = Path(bpy.data.filepath).stem or "unsaved"
    raw = f"{file}_{character.name}_{action.name}_seed{record.remembered(action, 'seed', 0)}"
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in raw)


def _words(report: record.Report, shift_s: float, length_s: float) -> list[record.Word]:
    """Return the words inside a take, from its own beginning on."""
    return [
        {**word, "start_s": word["start_s"] - shift_s, "end_s": word["end_s"] - shift_s}
        for word in report.get("words", ())
        if word["start_s"] >= shift_s and word["end_s"] - shift_s <= length_s
    ]


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
