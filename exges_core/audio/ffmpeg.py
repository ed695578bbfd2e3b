"""Sound that only an `ffmpeg` reads (AAC, MP4, MOV, WebM, WMA...): decoded by one that is there, over a pipe.

ffmpeg is never required and never fetched. It is found through EXGES_FFMPEG, on the PATH, or in the package
`imageio-ffmpeg`. It decodes to float WAV, so that rate, channels and their roles come in the stream's own header.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio.channels import Layout
from exges_core.audio.headers import wave_format
from exges_core.errors import AudioError, message

VARIABLE = "EXGES_FFMPEG"
"""Environment variable that names the ffmpeg to use."""
HOW_TO_GET = (
    "Install ffmpeg (https://ffmpeg.org, your package manager, or `pip install imageio-ffmpeg`), "
    f"or point {VARIABLE} to one; or convert the file to WAV, FLAC, OGG or MP3."
)
STALL_S = 60.0
"""An ffmpeg that says nothing for this long is ended."""
_BLOCK_VALUES = 1 << 20
_STREAM = re.compile(r"^\s*Stream #0:(\d+)(?:\[\w+\])?(?:\((\w+)\))?: Audio: (\S+?),? .*?(\(default\))?\s*$")
_START = re.compile(r"^\s*Duration: .*?, start: (-?[\d.]+)", re.MULTILINE)
_CONTEXT = re.compile(r"^(?:\[[^\]]*\] )+")
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def find_ffmpeg() -> Path | None:
    """Return the ffmpeg to use, or None if there is none.

    Raises:
        AudioError: if EXGES_FFMPEG names something that is no program.
    """
    if wanted := os.environ.get(VARIABLE):
        found = shutil.which(wanted)
        if found is None:
            what = message(expected="an ffmpeg program", got=wanted, where=VARIABLE, do="Correct or unset it.")
            raise AudioError(what)
        return Path(found)
    if found := shutil.which("ffmpeg"):
        return Path(found)
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return None
    try:
        return Path(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except RuntimeError:  # the package is there without a program for this platform
        return None


class FfmpegSound:
    """One sound stream of a file as ffmpeg decodes it; iterate `blocks` once.

    Attributes:
        notes: what was chosen or went wrong; complete once the blocks have ended.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes], *, where: str, codec: str) -> None:
        self._process, self._log, self._where = process, log, where
        self._pipe = _pipe_of(process)
        self.subtype = "FLOAT" if codec.startswith("pcm_f") else "FFMPEG"
        self.notes: list[str] = []
        try:
            with _not_stalling(process, where):
                self.channels, self.rate_hz, mask = _read_header(self._pipe) or self._refuse()
        except BaseException:
            self.close()
            raise
        self.layout = Layout.of_mask(mask, self.channels)

    def blocks(self) -> Iterator[Float[Array, "samples channels"]]:
        """Yield the samples, full scale at 1.

        Raises:
            AudioError: if ffmpeg hangs.
        """
        frame_bytes = 4 * self.channels
        size = max(1, _BLOCK_VALUES // self.channels) * frame_bytes
        while True:
            with _not_stalling(self._process, self._where):
                data = self._pipe.read(size)
            whole = len(data) // frame_bytes * frame_bytes
            if not whole:
                break
            yield np.frombuffer(data[:whole], dtype="<f4").reshape(-1, self.channels)
        with _not_stalling(self._process, self._where):
            failed = self._process.wait() != 0
        said = self._said()
        if failed or said:
            what = "stopped" if failed else "complained"
            self.notes.append(f"the file is damaged: ffmpeg {what} ({said or 'no reason given'}); sound may be missing")

    def _refuse(self) -> tuple[int, int, int]:
        self._process.wait()
        got = f"a file that ffmpeg cannot decode ({self._said() or 'no reason given'})"
        raise AudioError(message(expected="sound", got=got, where=self._where, do="Export it again, as WAV or FLAC."))

    def _said(self) -> str:
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read(1 << 16).decode(errors="replace").splitlines() if line.strip()]
        return _CONTEXT.sub("", lines[0]) if lines else ""

    def close(self) -> None:
        """End ffmpeg if it still runs."""
        self._process.kill()
        self._pipe.close()
        self._process.wait()
        self._log.close()


def open_with_ffmpeg(path: Path, program: Path, kind: str) -> FfmpegSound:
    """Start ffmpeg on a file's default sound stream; silence stands where the stream starts later than the video.

    Raises:
        AudioError: if the file has no sound stream, or ffmpeg cannot be started or cannot decode it.
    """
    where = str(path)
    streams, said = _streams(path, program)
    if not streams:
        got = (
            f"{kind} without a sound stream"
            if "Input #0" in said
            else f"{kind} that ffmpeg cannot open ({_reason(said)})"
        )
        raise AudioError(message(expected="sound", got=got, where=where, do="Export the sound again, as WAV or FLAC."))
    number, codec, _ = next((each for each in streams if each[2]), streams[0])
    log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the sound it is given to
    command = _command(program, "error", path)
    command += ["-map", f"0:{number}", "-af", _on_the_files_clock(said), "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    try:
        process = _start(command, stdout=subprocess.PIPE, stderr=log)
    except AudioError:
        log.close()
        raise
    sound = FfmpegSound(process, log, where=where, codec=codec)
    if len(streams) > 1:
        place = [each[0] for each in streams].index(number) + 1
        sound.notes.append(f"the file has {len(streams)} sound streams: number {place} is used")
    return sound


def _on_the_files_clock(said: str) -> str:
    """Return the filter that pads (or cuts) the sound's start: what begins after the picture would else come early."""
    start = _START.search(said)
    return f"asetpts=PTS-({start[1] if start else 0})/TB,aresample=async=1:first_pts=0"


def _streams(path: Path, program: Path) -> tuple[list[tuple[int, str, bool]], str]:
    """Return (number, codec, is default) of every sound stream, and all that ffmpeg said about the file."""
    with tempfile.TemporaryFile() as log:
        process = _start(_command(program, "info", path), stdout=subprocess.DEVNULL, stderr=log)
        with _not_stalling(process, str(path)):
            process.wait()
        log.seek(0)
        said = log.read(1 << 20).decode(errors="replace")
    found = [match for line in said.splitlines() if (match := _STREAM.match(line))]
    return [(int(each[1]), each[3], each[4] is not None) for each in found], said


def _command(program: Path, loudness: str, path: Path) -> list[str]:
    # `file:` keeps a name from being taken for an option or an address; the protocols keep a file from fetching others.
    quiet = ["-nostdin", "-hide_banner", "-loglevel", loudness]
    return [str(program), *quiet, "-protocol_whitelist", "file,pipe", "-copyts", "-i", f"file:{path.absolute()}"]


def _start(command: list[str], *, stdout: int, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - no shell, a program the user has installed, and a checked file name
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, creationflags=_NO_WINDOW
        )
    except OSError as error:
        got = f"one that cannot be started ({error})"
        raise AudioError(message(expected="an ffmpeg program", got=got, where=command[0], do=HOW_TO_GET)) from error


def _pipe_of(process: subprocess.Popen[bytes]) -> BinaryIO:
    assert process.stdout is not None
    return process.stdout  # pyright: ignore[reportReturnType] - typed IO[bytes], it is a buffered binary stream


@contextmanager
def _not_stalling(process: subprocess.Popen[bytes], where: str) -> Generator[None]:
    """End the process if the block takes longer than `STALL_S`.

    Raises:
        AudioError: if it did.
    """
    has_stalled = threading.Event()

    def end() -> None:
        has_stalled.set()
        process.kill()

    watch = threading.Timer(STALL_S, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
    if has_stalled.is_set():
        got = f"nothing from ffmpeg for {STALL_S:g} s"
        raise AudioError(message(expected="sound", got=got, where=where, do="Convert it to WAV or FLAC."))


def _read_header(pipe: BinaryIO) -> tuple[int, int, int] | None:
    """Return channels, rate and channel mask, leaving the pipe at the first sample; None if there is no header."""
    if len(pipe.read(12)) < 12:
        return None
    found: tuple[int, int, int] | None = None
    while len(header := pipe.read(8)) == 8:
        if header[:4] == b"data":
            return found
        body = pipe.read(int.from_bytes(header[4:], "little"))
        if header[:4] == b"fmt ":
            found = wave_format(body)[1:]
    return None


def _reason(said: str) -> str:
    """Return why ffmpeg could not open a file: the first of its parts to complain, or else its last words."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    complaints = [line for line in lines if _CONTEXT.match(line)] or lines[-1:]
    return _CONTEXT.sub("", complaints[0]) if complaints else "no reason given"
