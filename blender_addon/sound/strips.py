# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound of the sequencer as it is heard: trims, offsets, retiming, volume, several strips, packed or not.

A strip that plays a plain stretch of a sound file is handed on as that stretch: nothing is mixed and nothing waits.
"""

from __future__ import annotations

import contextlib
import wave
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import bpy

from exges_core.errors import AudioError

from ..scene import compat, cooperative, lookup, workspace

PLAIN_SUFFIXES = (".wav", ".flac", ".ogg")
"""What every reader decodes to the same samples; an mp3 begins later in some than in others, so it is mixed."""
_LEAST_HZ, _MOST_HZ = 16000, 48000
_HEADER_BYTES = 44
_FIRST_S, _PIECE_S = 0.4, 20.0
"""So much is mixed in the first slice, and in any at most: 2 ms a second, but Blender evaluates the whole scene..."""
_WAIT_S = 0.08
"""...for each frame of it, which is 5 ms with an animated Rigify human: pieces are cut to take about so long."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of a sound file; `stop_s` None = to its end."""

    path: Path
    start_s: float = 0.0
    stop_s: float | None = None


def sound_strips(scene: bpy.types.Scene) -> tuple[bpy.types.SoundStrip, ...]:
    """Return the scene's sound strips, in the order of time."""
    strips = [cast("bpy.types.SoundStrip", each) for each in compat.strips_of(scene) if each.type == "SOUND"]
    return tuple(sorted(strips, key=lambda strip: (compat.strip_range(strip)[0], strip.name)))


def find_strip(scene: bpy.types.Scene, name: str) -> bpy.types.SoundStrip:
    """Return a sound strip by its name; with an empty name the only or the first one.

    Raises:
        AudioError: if there is none.
    """
    strips = sound_strips(scene)
    found = next((strip for strip in strips if not name or strip.name == name), None)
    if found is None:
        names = ", ".join(repr(strip.name) for strip in strips)
        what = f"sound strip {name!r}" if name else "sound strip"
        raise AudioError(
            f"No {what} in the sequencer of scene {scene.name!r}{f', which has {names}' if names else ''}. "
            "Add the speech to the sequencer, or choose a sound file."
        )
    return found


def source_of(sound: bpy.types.Sound, where: str) -> Path:
    """Return the file of a sound that is not packed.

    Raises:
        AudioError: if it is missing.
    """
    path = Path(bpy.path.abspath(sound.filepath, library=sound.library))
    if not lookup.is_there(path):
        raise AudioError(
            f"No file {path}, which {where} plays. Find the missing file (File > External Data), or choose "
            "other speech."
        )
    return path


def _sound_of(strip: bpy.types.SoundStrip) -> bpy.types.Sound:
    assert strip.sound is not None
    return strip.sound


def check_source(strip: bpy.types.SoundStrip) -> None:
    """Refuse a strip whose sound is neither packed nor a file that is there.

    Raises:
        AudioError: saying so.
    """
    sound = _sound_of(strip)
    if sound.packed_file is None:
        source_of(sound, f"sound strip {strip.name!r}")


def unpacked(sound: bpy.types.Sound, folder: Path, where: str) -> Path:
    """Return a file with the sound; what is packed is written into the folder.

    Raises:
        AudioError: if it is neither packed nor there, or cannot be written.
    """
    if sound.packed_file is None:
        return source_of(sound, where)
    path = folder / f"packed{Path(sound.filepath).suffix or '.wav'}"
    try:
        path.write_bytes(sound.packed_file.data)
    except OSError as error:
        raise AudioError(f"{where}: the packed sound could not be written ({error.strerror or error}).") from error
    return path


def _is_animated(scene: bpy.types.Scene, strip: bpy.types.SoundStrip) -> bool:
    animation = scene.animation_data
    if animation is None:
        return False
    curves = [*animation.drivers, *(compat.curves_of(animation.action) if animation.action else ())]
    return any(f'["{strip.name}"]' in curve.data_path for curve in curves)


def is_plain(scene: bpy.types.Scene, strip: bpy.types.SoundStrip) -> bool:
    """Say whether a strip plays a stretch of its file just as it is."""
    content = compat.content_range(strip)
    start, stop = compat.strip_range(strip)
    has_offset = any(abs(float(getattr(strip, name, 0.0))) > 0.0 for name in ("sound_offset", "animation_offset_start"))
    return (
        Path(_sound_of(strip).filepath).suffix.lower() in PLAIN_SUFFIXES
        and content[0] <= start < stop <= content[1] + 1
        and strip.volume == 1.0
        and not has_offset
        and not len(getattr(strip, "retiming_keys", ()))
        and not len(strip.modifiers)
        and strip.parent_meta() is None
        and not _is_animated(scene, strip)
    )


def speaking(scene_name: str, name: str, folder: Path) -> cooperative.Work[Stretch]:
    """Return what is heard of one strip, every other sound silent; slice by slice.

    Raises:
        AudioError: if its sound is missing or cannot be mixed.
    """
    scene = lookup.scene(scene_name)
    strip = find_strip(scene, name)
    where = f"sound strip {strip.name!r}"
    if not is_plain(scene, strip):
        path = folder / "speech.wav"
        yield from mixing(strips_heard(scene_name, (name,)), path)
        return Stretch(path=path)
    rate_hz = lookup.scene_rate_hz(scene)
    start, stop = compat.strip_range(strip)
    offset_s = (start - compat.content_range(strip)[0]) / rate_hz
    path = unpacked(_sound_of(strip), folder, where)
    length_s = file_length_s(path)
    stop_s = offset_s + (stop - start) / rate_hz
    return Stretch(path=path, start_s=offset_s, stop_s=stop_s if length_s is None else min(stop_s, length_s))


def file_length_s(path: Path) -> float | None:
    """Return how long a sound file is, None where Blender cannot tell without decoding it."""
    try:
        import aud  # pyright: ignore[reportMissingModuleSource] - Blender has it, but not every build
    except ImportError:
        return _plain_length_s(path)
    try:
        sound = aud.Sound.file(str(path))
        length, rate_hz = sound.length, sound.specs[0]
    except (aud.error, ValueError):  # pyright: ignore[reportGeneralTypeIssues]
        return None
    return length / rate_hz if length > 0 and rate_hz > 0 else None


def _plain_length_s(path: Path) -> float | None:
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()
    except (wave.Error, EOFError, OSError):
        return None


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """What is mixed: of which scene, from which frame to the one after the last, which strips; None = all."""

    scene: bpy.types.Scene
    frames: tuple[int, int]
    strips: Sequence[bpy.types.SoundStrip] | None


HeardNow = Callable[[], contextlib.AbstractContextManager[Heard]]
"""Looks up what is mixed, for one slice."""


def strips_heard(scene: str, names: Sequence[str] | None, frames: tuple[int, int] | None = None) -> HeardNow:
    """Return how strips of a scene are looked up; without frames, from the first one's beginning to the last's end."""

    def look_up() -> contextlib.AbstractContextManager[Heard]:
        found = lookup.scene(scene)
        strips = None if names is None else [find_strip(found, name) for name in names]
        ranges = [compat.strip_range(strip) for strip in strips or ()]
        whole = frames or (min(start for start, _ in ranges), max(stop for _, stop in ranges))
        return contextlib.nullcontext(Heard(scene=found, frames=whole, strips=strips))

    return look_up


def mixing(heard_now: HeardNow, path: Path) -> cooperative.Work[None]:
    """Write what is heard as a mono WAV file, piece by piece; nothing of the scene stays changed between pieces.

    Raises:
        AudioError: if a sound file is missing or Blender cannot mix.
    """
    pieces: list[tuple[Path, float]] = []
    stop, piece_s = None, min(_FIRST_S, _PIECE_S)
    while True:
        begun_s = cooperative.clock()
        with heard_now() as heard:
            rate_hz = lookup.scene_rate_hz(heard.scene)
            first = heard.frames[0] if stop is None else stop
            if stop is not None and first >= heard.frames[1]:
                break
            stop = min(heard.frames[1], first + max(1, round(piece_s * rate_hz)))
            piece = path.with_name(f"{path.stem}-{len(pieces)}.wav")
            mix(heard.scene, (first, stop), piece, strips=heard.strips)
            pieces.append((piece, (stop - first) / rate_hz))
        took_s = max(cooperative.clock() - begun_s, 1e-4)
        piece_s = min(_PIECE_S, _WAIT_S / took_s * pieces[-1][1])
        yield None
    yield from cooperative.aside(lambda: _put_together(pieces, path), writes_files=True)


def _put_together(pieces: Sequence[tuple[Path, float]], path: Path) -> None:
    """Write pieces of sound one after the other, each as long as it should be: Blender makes them a little longer."""
    passed_s, written = 0.0, 0
    with wave.open(str(path), "wb") as target:
        for number, (piece, length_s) in enumerate(pieces):
            with wave.open(str(piece), "rb") as file:
                if not number:
                    target.setparams(file.getparams())
                is_last = number == len(pieces) - 1
                passed_s += length_s
                count = file.getnframes() if is_last else round(passed_s * file.getframerate()) - written
                samples = file.readframes(count)
                lacking = 0 if is_last else count * file.getsampwidth() - len(samples)
            target.writeframes(samples + bytes(max(0, lacking)))
            written += count
            piece.unlink()


def mix(
    scene: bpy.types.Scene, frames: tuple[int, int], path: Path, *, strips: Iterable[bpy.types.SoundStrip] | None = None
) -> None:
    """Write what is heard between two frames as a mono WAV file, at its sound's own rate.

    Args:
        scene: of the sequencer.
        frames: the first, and the one after the last.
        path: to write.
        strips: the only ones that are heard; None = all as they are, muted ones silent.

    Raises:
        AudioError: if a sound file is missing or Blender cannot mix.
    """
    start, stop = frames
    chosen = None if strips is None else list(strips)
    heard = [strip for strip in (sound_strips(scene) if chosen is None else chosen) if chosen or not strip.mute]
    for strip in heard:
        check_source(strip)
    # Resampling is what mixing costs (forty times the rest), so it is left to the engine.
    rate_hz = max([_LEAST_HZ, *(int(_sound_of(strip).samplerate) for strip in heard)])
    with _only(scene, chosen), workspace.restoring((scene, "frame_start"), (scene, "frame_end")):
        scene.frame_start, scene.frame_end = start, max(start, stop - 1)
        try:
            with bpy.context.temp_override(scene=scene):  # pyright: ignore[reportUnknownMemberType] - by the stubs
                bpy.ops.sound.mixdown(
                    filepath=str(path),
                    check_existing=False,
                    container="WAV",
                    codec="PCM",
                    format="S16",
                    mixrate=min(rate_hz, _MOST_HZ),
                    channels="MONO",
                )
        except RuntimeError as error:
            raise AudioError(f"sequencer of {scene.name!r}: Blender could not mix it down ({error}).") from error
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _HEADER_BYTES:
            return
    raise AudioError(f"sequencer of {scene.name!r}: the mixdown is empty. Check that Blender can play the sound.")


def _only(scene: bpy.types.Scene, chosen: list[bpy.types.SoundStrip] | None) -> contextlib.ExitStack:
    """Silence all but the chosen strips, speakers too, until the context ends; None = leave everything as it is."""
    stack = contextlib.ExitStack()
    if chosen is None:
        return stack
    metas = {meta.name for strip in chosen for meta in _metas_of(strip)}
    names = {strip.name for strip in chosen}
    wanted: list[tuple[object, str, object]] = [
        (strip, "mute", strip.name not in names | metas) for strip in compat.strips_of(scene)
    ]
    wanted += [(speaker, "muted", True) for speaker in bpy.data.speakers if speaker.library is None]
    editor = scene.sequence_editor
    assert editor is not None  # it has the strips
    channels = editor.channels
    wanted += [(channels[strip.channel], "mute", False) for strip in chosen if strip.channel < len(channels)]
    wanted.append((scene, "audio_volume", 1.0))
    # Setting a property to what it is makes Blender build its relations anew: seconds, with a heavy character.
    wanted = [each for each in wanted if getattr(each[0], each[1]) != each[2]]
    stack.enter_context(workspace.restoring(*((owner, name) for owner, name, _ in wanted)))
    for owner, name, value in wanted:
        setattr(owner, name, value)
    return stack


def _metas_of(strip: bpy.types.SoundStrip) -> list[bpy.types.Strip]:
    metas: list[bpy.types.Strip] = []
    meta = strip.parent_meta()
    while meta is not None:
        metas.append(meta)
        meta = meta.parent_meta()
    return metas
