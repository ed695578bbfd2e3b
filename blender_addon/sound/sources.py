# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the speech comes from and when it begins: a strip, several, what is heard in a range, a Speaker, a file."""

from __future__ import annotations

import contextlib
import wave
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import bpy

from exges_core.errors import AudioError, message

from ..scene import compat, cooperative, lookup
from . import strips
from .strips import Stretch

STRIP, SELECTED, RANGE, SPEAKER, FILE = "STRIP", "SELECTED", "RANGE", "SPEAKER", "FILE"
SHORTEST_S, LONGEST_S = 0.3, 3600.0
_PITCH = (0.35, 2.0)


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the user chose; names, not references.

    Attributes:
        kind: STRIP, SELECTED, RANGE, SPEAKER or FILE.
        strips: names of sound strips; for STRIP the first counts, '' = the first one in time.
        frames: of RANGE, in the sequencer's scene.
        speaker: name of a Speaker object.
        audio: a sound file.
        start_frame: where the speech of a file begins in the scene.
    """

    kind: str = STRIP
    strips: tuple[str, ...] = ()
    frames: tuple[int, int] = (0, 0)
    speaker: str = ""
    audio: str = ""
    start_frame: int = 1


def source_from(
    *,
    kind: str = "",
    strip: str = "",
    selected: tuple[str, ...] = (),
    frames: tuple[int, int] | None = None,
    speaker: str = "",
    audio: str = "",
    start_frame: int = 1,
) -> Source:
    """Return the source that settings name; without a kind, whichever is given."""
    if not kind and audio:
        kind = FILE
    elif not kind and speaker:
        kind = SPEAKER
    elif not kind and frames is not None:
        kind = RANGE
    kind = kind or (SELECTED if selected else STRIP)
    return Source(
        kind=kind,
        strips=selected if kind == SELECTED else (strip,) if strip else (),
        frames=frames or (0, 0),
        speaker=speaker,
        audio=audio,
        start_frame=start_frame,
    )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the speech lies in the scene: frame it begins at, and seconds if they are known."""

    start_frame: int
    seconds: float | None


def place_of(source: Source, scene: bpy.types.Scene, sequencer: bpy.types.Scene) -> Place:
    """Return where the speech lies, without reading sound.

    Raises:
        AudioError: if there is no such speech, or it is shorter than 0.3 s or longer than an hour.
    """
    if source.kind == FILE:
        path = _file(source)
        place = Place(start_frame=source.start_frame, seconds=strips.file_length_s(path))
    elif source.kind == SPEAKER:
        speaker, data, sound = _speaker(source)
        length_s = None
        if sound.packed_file is None:
            length_s = strips.file_length_s(strips.source_of(sound, f"Speaker {speaker.name!r}"))
        seconds = length_s and length_s / data.pitch
        place = Place(start_frame=_start_of(speaker), seconds=seconds)
    else:
        start, stop = _frames(source, sequencer)
        rate_hz, other_hz = lookup.scene_rate_hz(scene), lookup.scene_rate_hz(sequencer)
        first = start if rate_hz == other_hz else round(start * rate_hz / other_hz)
        place = Place(start_frame=first, seconds=(stop - start) / other_hz)
    return _checked(place)


def writing(source: Source, sequencer: str, folder: Path) -> cooperative.Work[Stretch]:
    """Return the speech as a stretch of a sound file, slice by slice; whatever must be mixed is written to the folder.

    Raises:
        AudioError: if it is missing or cannot be read.
    """
    if source.kind == FILE:
        return Stretch(path=_file(source))
    if source.kind == SPEAKER:
        return (yield from _writing_speaker(source, folder))
    scene = lookup.scene(sequencer)
    names = None if source.kind == RANGE else tuple(strip.name for strip in _strips(source, scene))
    if names is not None and len(names) == 1:
        return (yield from strips.speaking(sequencer, names[0], folder))
    path = folder / "speech.wav"
    yield from strips.mixing(strips.strips_heard(sequencer, names, _frames(source, scene)), path)
    return Stretch(path=path)


def _checked(place: Place) -> Place:
    if place.seconds is None or SHORTEST_S <= place.seconds <= LONGEST_S:
        return place
    minutes, seconds = divmod(place.seconds, 60.0)
    got = f"{place.seconds:.2f} s" if place.seconds < SHORTEST_S else f"{minutes:.0f} min {seconds:.0f} s"
    do = "Choose more of it." if place.seconds < SHORTEST_S else "Trim the strip, or choose a range of it."
    raise AudioError(
        message(expected=f"speech of {SHORTEST_S:g} s to {LONGEST_S / 60:.0f} min", got=got, where="Speech", do=do)
    )


def _file(source: Source) -> Path:
    if not source.audio:
        raise AudioError("No sound file is chosen. Choose one under Speech.")
    path = Path(bpy.path.abspath(source.audio))
    if not lookup.is_there(path):
        raise AudioError(f"No sound file {path}. Choose one that is there.")
    return path.resolve()


def _strips(source: Source, sequencer: bpy.types.Scene) -> list[bpy.types.SoundStrip]:
    if source.kind == STRIP:
        return [strips.find_strip(sequencer, source.strips[0] if source.strips else "")]
    if not source.strips:
        raise AudioError("No sound strip is selected. Select some in the sequencer.")
    return [strips.find_strip(sequencer, name) for name in source.strips]


def _frames(source: Source, sequencer: bpy.types.Scene) -> tuple[int, int]:
    if source.kind == RANGE:
        if source.frames[1] <= source.frames[0]:
            raise AudioError(f"Speech: the range ends at frame {source.frames[1]}, before it begins. Correct it.")
        if not strips.sound_strips(sequencer):
            raise AudioError("No sound in the sequencer. Add the speech, or choose a sound file.")
        return source.frames
    ranges = [compat.strip_range(strip) for strip in _strips(source, sequencer)]
    return min(start for start, _ in ranges), max(stop for _, stop in ranges)


def _speaker(source: Source) -> tuple[bpy.types.Object, bpy.types.Speaker, bpy.types.Sound]:
    speaker = bpy.data.objects.get(source.speaker)
    data = cast("bpy.types.Speaker", speaker.data) if speaker is not None and speaker.type == "SPEAKER" else None
    if speaker is None or data is None or data.sound is None:
        what = "Speaker object is chosen" if speaker is None else f"sound on the Speaker object {speaker.name!r}"
        raise AudioError(f"No {what}. Choose one with a sound, or speech from a strip.")
    return speaker, data, data.sound


def _start_of(speaker: bpy.types.Object) -> int:
    """Return the frame at which a Speaker begins: its first sound strip in the NLA, else frame 1."""
    animation = speaker.animation_data
    tracks = [] if animation is None else [track for track in animation.nla_tracks if not track.mute]
    starts = [strip.frame_start for track in tracks for strip in track.strips if strip.type == "SOUND"]
    return round(min(starts)) if starts else 1


def _writing_speaker(source: Source, folder: Path) -> cooperative.Work[Stretch]:
    speaker, data, sound = _speaker(source)
    where, pitch = f"Speaker {speaker.name!r}", float(data.pitch)
    path = strips.unpacked(sound, folder, where)
    if pitch == 1.0 and path.suffix.lower() in strips.PLAIN_SUFFIXES:
        return Stretch(path=path)
    least, most = _PITCH
    if not least <= pitch <= most:
        raise AudioError(f"{where}: expected a pitch from {least:g} to {most:g}, got {pitch:g}. Set it nearer to 1.")
    target = folder / "speech.wav"
    try:
        yield from strips.mixing(lambda: _alone(path), target)
    except RuntimeError as error:
        raise AudioError(f"{where}: Blender cannot read its sound ({error}).") from error
    if pitch != 1.0:
        yield from cooperative.aside(lambda: _sped_up(target, pitch), writes_files=True)
    return Stretch(path=target)


@contextlib.contextmanager
def _alone(path: Path) -> Generator[strips.Heard]:
    """Put a sound into a scene of its own, for one slice."""
    scene, before = bpy.data.scenes.new("ExGes"), set(bpy.data.sounds)
    try:
        strip = compat.add_sound(scene, name="Speech", filepath=str(path), channel=1, frame=1)
        yield strips.Heard(scene=scene, frames=compat.strip_range(strip), strips=[strip])
    finally:
        bpy.data.scenes.remove(scene)
        for left in set(bpy.data.sounds) - before:
            bpy.data.sounds.remove(left)


def _sped_up(path: Path, pitch: float) -> None:
    """Let a WAV file play at another speed, as a pitch does: the same samples at another rate."""
    with wave.open(str(path), "rb") as file:
        parameters, samples = file.getparams(), file.readframes(file.getnframes())
    with wave.open(str(path), "wb") as file:
        file.setparams(parameters._replace(framerate=round(parameters.framerate * pitch)))
        file.writeframes(samples)
