"""Training shards: a zip archive of takes in formats that any tool opens, small enough to copy about.

    index.json     the format, and the id, split and frames of every take
    TAKE.json      speaker, words, marks, stresses, score
    TAKE.flac      motion in whole steps (see `STEP`), 24-bit mono: all frames of one channel, then the next channel's
    TAKE.ogg       sound as Opus, playable as it is

Shards are a cache: anyone who has them has, or had, the folder they were made from. Why FLAC: docs/decisions/0006.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import soundfile

from exges_core import json_text
from exges_core.arrays import Array, Float
from exges_core.audio.waveform import Waveform
from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec, rotvec_from_quat
from exges_core.motion.skeleton import BODY, JOINTS
from exges_core.score.records import Stroke
from exges_core.speech.words import Word
from exges_core.timeline import AUDIO_RATE_HZ, MOTION_RATE_HZ
from training.data.labels import Mark
from training.data.takes import RecordedTake

FORMAT = 2
"""Raised whenever older files can no longer be read with the same meaning."""
SUFFIX = ".shards"
"""Marks such files in a folder; a single file may have any name."""
STEP = 4e-4
"""Rounding of motion: radians for the body's joints, metres for the root; fingers get twice that. Joint positions are
off by 0.25 mm on average."""
SOUND_LEVEL = 0.95
"""libsndfile's compression level, 0 to 1: 18 kbit/s, 8 MB per hour; features differ by 0.1 of their unit."""
_ROTATIONS = 3 * JOINTS
_CHANNELS = _ROTATIONS + 3
_SPARE_BITS = 8  # libsndfile takes 24-bit samples as the upper bits of 32
_OPUS_BLOCK = AUDIO_RATE_HZ * 8  # libsndfile puts a whole call on its stack
_INDEX = "index.json"
_MOST_BYTES = 2**26
"""Of one member, unpacked: an hour's sound or words is less; a header that claims more is refused unread."""
_ADVICE = "Write it anew from its corpus: python -m training.shards --data FOLDER --out FILE."


@dataclass(frozen=True, kw_only=True)
class StoredTake:
    """A take in a file of shards, read when asked for.

    Attributes:
        path: the file of shards.
        id: of the take.
        split: train, val, test or additional.
        frames: of its motion.
        checksums: CRC-32 of its members; they change whenever its content does.
    """

    path: Path
    id: str
    split: str
    frames: int
    checksums: tuple[int, ...]

    def read(self) -> RecordedTake:
        """Read motion, sound, words and labels.

        Raises:
            InputError: if the file was cut short or damaged.
        """
        with _opened(self.path) as archive:
            text, motion, sound = (_bytes(archive, name, self.path) for name in _members(self.id))
        try:
            return self._take(cast("dict[str, Any]", json_text.parse(text)), motion, sound)
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            ArithmeticError,
            RuntimeError,
            MemoryError,
        ) as error:
            raise _unusable(self.path, f"take {self.id}", f"content that cannot be read ({error})") from error

    def _take(self, values: dict[str, Any], motion: bytes, sound: bytes) -> RecordedTake:
        return RecordedTake(
            id=self.id,
            speaker=values["speaker"],
            split=self.split,
            clip=_clip(motion, self.frames),
            waveform=Waveform(samples=_sound(sound, values["samples"])),
            words=tuple(Word(**word) for word in values["words"]),
            marks=tuple(Mark(**mark) for mark in values["marks"]),
            stresses_s=tuple(values["stresses_s"]),
            strokes=_strokes(values["strokes"]),
        )

    def fingerprint(self) -> str:
        """Return a text that changes with the take's content."""
        return f"{self.id} {self.split} {self.checksums}"


def write_shards(
    path: Path, takes: Iterable[RecordedTake], *, limit_bytes: int | None = None, sound_level: float = SOUND_LEVEL
) -> list[StoredTake]:
    """Write takes into one file, atomically; each is read from `takes` when its turn comes.

    Args:
        path: the file.
        takes: their motion is at 30 fps.
        limit_bytes: the file may not be larger.
        sound_level: compression of the sound, 0 to 1.

    Raises:
        InputError: if the file would exceed `limit_bytes`.
        OutputError: if it cannot be written.
    """
    index: list[dict[str, Any]] = []
    with replacing(path) as temporary:
        with zipfile.ZipFile(temporary, "w") as archive:
            for take in takes:
                text, motion, sound = _members(take.id)
                archive.writestr(text, _text_of(take), zipfile.ZIP_DEFLATED)
                archive.writestr(motion, _motion_flac(take.clip))
                archive.writestr(sound, _sound_opus(take.waveform.samples, sound_level))
                index.append({"id": take.id, "split": take.split, "frames": take.clip.frames})
                _check_size(temporary, limit_bytes, path)
            archive.writestr(_INDEX, json.dumps({"format": FORMAT, "takes": index}), zipfile.ZIP_DEFLATED)
        _check_size(temporary, limit_bytes, path)
    return read_index(path)


def read_index(path: Path) -> list[StoredTake]:
    """List the takes of a file of shards.

    Raises:
        InputError: if it is missing, cut short, not a file of shards, or of another format.
    """
    with _opened(path) as archive:
        data = _bytes(archive, _INDEX, path)
        checksums = {member.filename: member.CRC for member in archive.infolist()}
    try:
        values = cast("dict[str, Any]", json_text.parse(data))
        if values.get("format") != FORMAT:
            raise _unusable(path, f"shards of format {FORMAT}", f"format {values.get('format')}")
        return [
            StoredTake(path=path, checksums=tuple(checksums[name] for name in _members(take["id"])), **take)
            for take in values["takes"]
        ]
    except InputError:
        raise
    except (ValueError, AttributeError, LookupError, TypeError) as error:
        raise _unusable(path, "an index of shards", f"content that cannot be read ({error})") from error


def _members(take_id: str) -> tuple[str, str, str]:
    return f"{take_id}.json", f"{take_id}.flac", f"{take_id}.ogg"


def _text_of(take: RecordedTake) -> str:
    return json.dumps(
        {
            "speaker": take.speaker,
            "samples": len(take.waveform.samples),
            "words": [asdict(word) for word in take.words],
            "marks": [asdict(mark) for mark in take.marks],
            "stresses_s": take.stresses_s,
            "strokes": None if take.strokes is None else [asdict(stroke) for stroke in take.strokes],
        },
        ensure_ascii=False,
    )


def _strokes(stored: Sequence[dict[str, Any]] | None) -> tuple[Stroke, ...] | None:
    return None if stored is None else tuple(Stroke(**stroke) for stroke in stored)


def _steps() -> Float[Array, "channels"]:
    steps = np.full(_CHANNELS, STEP)
    steps[3 * len(BODY) : _ROTATIONS] *= 2
    return steps


def _motion_flac(clip: MotionClip) -> bytes:
    rotations = rotvec_from_quat(clip.local_quat_wxyz).reshape(clip.frames, _ROTATIONS)
    levels = np.round(np.concatenate([rotations, clip.root_position_m], axis=1) / _steps()).astype(np.int32)
    stream = io.BytesIO()
    samples = levels.T.reshape(-1) << _SPARE_BITS
    soundfile.write(stream, samples, AUDIO_RATE_HZ, format="FLAC", subtype="PCM_24", compression_level=1.0)
    return stream.getvalue()


def _clip(flac: bytes, frames: int) -> MotionClip:
    with soundfile.SoundFile(io.BytesIO(flac)) as sound:
        if sound.channels != 1 or sound.frames != _CHANNELS * frames:
            raise ValueError(f"motion of {sound.frames} numbers in {sound.channels} channels for {frames} frames")
        samples: Array = sound.read(dtype="int32")
    values = (samples >> _SPARE_BITS).reshape(_CHANNELS, frames).T * _steps()
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(values[:, :_ROTATIONS].reshape(frames, JOINTS, 3)),
        root_position_m=values[:, _ROTATIONS:],
        frame_rate_hz=float(MOTION_RATE_HZ),
    )


def _sound_opus(samples: Float[Array, "samples"], level: float) -> bytes:
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream, "w", samplerate=AUDIO_RATE_HZ, channels=1, format="OGG", subtype="OPUS", compression_level=level
    ) as file:
        for start in range(0, len(samples), _OPUS_BLOCK):
            file.write(samples[start : start + _OPUS_BLOCK])
    return stream.getvalue()


def _sound(opus: bytes, samples: int) -> Float[Array, "samples"]:
    with soundfile.SoundFile(io.BytesIO(opus)) as sound:
        found = (sound.frames, sound.channels, sound.samplerate)
        if found != (samples, 1, AUDIO_RATE_HZ):
            raise ValueError(f"sound of {found} samples, channels and Hz, not {(samples, 1, AUDIO_RATE_HZ)}")
        return sound.read(dtype="float32")


def _check_size(written: Path, limit: int | None, path: Path) -> None:
    if limit is not None and written.stat().st_size > limit:
        do = "Raise --limit-mb, leave splits out (--splits) or raise --sound-level (0.97: 2 MB an hour less)."
        raise _unusable(path, f"at most {limit / 1e6:g} MB", "more", do)


def _unusable(path: Path, expected: str, got: str, do: str = _ADVICE) -> InputError:
    return InputError(message(expected=expected, got=got, where=str(path), do=do))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise _unusable(path, "a file of shards", "nothing") from error
    except (OSError, ValueError, LookupError, RuntimeError, zipfile.BadZipFile) as error:
        raise _unusable(path, "a file of shards", f"a file cut short or of another kind ({error})") from error


def _bytes(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        if archive.getinfo(name).file_size > _MOST_BYTES:
            raise zipfile.BadZipFile(f"a member that claims {archive.getinfo(name).file_size} bytes")
        return archive.read(name)
    except (LookupError, OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise _unusable(path, name, f"a member that is missing or damaged ({error})") from error
