"""What `exges library` does: build, extend and copy motion bases, out of what the rooms below can do."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from exges_core import __version__, assets
from exges_core.audio.waveform import Waveform
from exges_core.datasets.motion_files import open_motion
from exges_core.datasets.pairs import Pair, read_pairs
from exges_core.datasets.recordings import Take, read_folder
from exges_core.errors import InputError, LibraryError, OutputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.orientation import lying_frames
from exges_core.pipeline.analyse import hear
from exges_core.pipeline.models import AUTO, Models
from exges_core.protocol import OnProgress, Progress
from exges_core.retrieval.library import LibraryInfo, MotionBase
from exges_core.retrieval.sources import SourceTake, source_take
from exges_core.speech.words import Word

NOT_STATED = "not stated"
LYING_SHARE = 0.1
"""A segment may have so many of its frames on the ground: the edge of a fall, nothing to retrieve."""
_OURS = re.compile(r"base\.json|base\.lock|shard-\d+|index-\d+\.faiss|base\.json\.\d+\.part")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What is kept of where recordings come from.

    Attributes:
        licence: what others may do with the motion.
        source: in the user's words.
        speaker: of all of them; None = as their names say.
    """

    licence: str = NOT_STATED
    source: str = ""
    speaker: str | None = None

    def provenance(self, command: str, takes: Sequence[str]) -> dict[str, object]:
        """Return what base.json keeps beside the licence."""
        named: dict[str, object] = {"first_take": takes[0], "takes": len(takes)} if takes else {"takes": 0}
        return {"command": command, "exges": __version__, "source": self.source or NOT_STATED, **named}


@dataclass(frozen=True, kw_only=True)
class Written:
    """A base that was written.

    Attributes:
        info: what is in it now.
        skipped: recordings that were left out, and why.
        warnings: what was done to others.
    """

    info: LibraryInfo
    skipped: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return it as the command line prints it."""
        return {**asdict(self.info), "skipped": list(self.skipped), "warnings": list(self.warnings)}


@dataclass(frozen=True, kw_only=True)
class _Recording:
    """Something that can be read when its turn comes."""

    name: str
    speaker: str
    read: Callable[[], tuple[MotionClip, Waveform, tuple[Word, ...] | None]]


@dataclass(kw_only=True)
class _Said:
    """What a person is told of the recordings: at once by the log, and in the result."""

    skipped: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])

    def warn(self, text: str) -> None:
        self.warnings.append(text)
        _LOG.warning("%s", text)

    def skip(self, text: str) -> None:
        self.skipped.append(text)
        _LOG.warning("left out: %s", text)

    def of(self, info: LibraryInfo) -> Written:
        return Written(info=info, skipped=tuple(self.skipped), warnings=tuple(self.warnings))


def build_library(
    folder: Path,
    data: Path,
    *,
    origin: Origin | None = None,
    asr: str = "auto",
    device: str = "auto",
    engine: str = AUTO,
    on_progress: OnProgress,
) -> Written:
    """Build a motion base of every recording in a folder (BEAT2's layout, or motion beside its sound); return its info.

    A recording that cannot be used is left out and named in `skipped`; what was done to others is in `warnings`.

    Raises:
        InputError: if the folder holds no recordings, none can be used, or the base is the shipped one.
        OutputError: if the base cannot be written; an old one stays as it was.
    """
    origin = origin or Origin()
    _require_own(folder)
    said = _Said()
    recordings = _recordings(data, origin, asr, said)
    models = Models(engine=engine, device=device)
    sources = _sources(recordings, said, on_progress, refuses=False)
    provenance = origin.provenance("exges library build", [each.name for each in recordings])
    base = MotionBase.build(folder, sources, models.retrieval, licence=origin.licence, provenance=provenance)
    on_progress(Progress(stage="done", fraction=1.0))
    return said.of(base.info())


def add_to_library(
    folder: Path,
    *,
    data: Path | None = None,
    motion: Path | None = None,
    speech: Path | None = None,
    transcript: Path | None = None,
    speaker_tier: str | None = None,
    name: str | None = None,
    origin: Origin | None = None,
    asr: str = "auto",
    device: str = "auto",
    engine: str = AUTO,
    on_progress: OnProgress,
) -> Written:
    """Add one recording, or all of a folder, to a motion base, or begin one; return its info. No retraining.

    Raises:
        InputError: if motion, speech or base cannot be used, or the base is the shipped one.
        OutputError: if it cannot be written; the base stays as it was.
    """
    origin, said = origin or Origin(), _Said()
    _require_own(folder)
    if data is not None:
        one = {"--motion": motion, "--speech": speech, "--transcript": transcript}
        one |= {"--speaker-tier": speaker_tier, "--name": name}
        _refuse_beside_folder([option for option, value in one.items() if value is not None])
        recordings = _recordings(data, origin, asr, said)
    elif motion is not None and speech is not None:
        pair = Pair(name=name or motion.stem, motion=motion, speech=speech, transcript=transcript)
        recordings = [_of_pair(pair, origin, asr, said, speaker_tier)]
    else:
        got = "one of them" if motion or speech else "neither"
        do = "Give a recording's two files, or --data FOLDER."
        raise InputError(message(expected="--motion and --speech", got=got, where="exges library add", do=do))
    models = Models(engine=engine, device=device)
    named = [each.name for each in recordings]
    sources = _sources(recordings, said, on_progress, refuses=data is None)
    provenance = origin.provenance("exges library add", named)
    if (folder / "base.json").is_file():
        base = models.base(folder)
        base.refuse_known(named)
        base = base.add(sources, models.retrieval, licence=origin.licence, provenance=provenance)
    else:
        base = MotionBase.build(folder, sources, models.retrieval, licence=origin.licence, provenance=provenance)
    on_progress(Progress(stage="done", fraction=1.0))
    info = base.info()
    new = set(named)
    for alike in info.duplicate_takes:
        if new & set(alike):
            said.warn(f"the same motion is in the base more than once: {', '.join(alike)}")
    return said.of(info)


def _refuse_beside_folder(options: Sequence[str]) -> None:
    if options:
        got, do = f"{' and '.join(options)} as well", "Those are of one recording: add it by itself."
        raise InputError(message(expected="--data alone", got=got, where="exges library add", do=do))


def copy_library(folder: Path, *, of: Path | None = None) -> LibraryInfo:
    """Copy a motion base (None = the shipped one), to be extended; return the copy's info.

    Raises:
        InputError: if there is no whole base to copy, or the target is not empty.
        OutputError: if the copy cannot be written; nothing is left then.
    """
    origin = of or assets.LIBRARY
    MotionBase.open(origin)
    _require_own_name(folder)
    if folder.exists() and any(folder.iterdir()):
        do = "Name a new folder."
        raise InputError(message(expected="an empty place", got="a folder with files", where=str(folder), do=do))
    part = folder.with_name(f".{folder.name}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(origin, part, ignore=shutil.ignore_patterns("base.lock"), copy_function=shutil.copyfile)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        got, do = error.strerror or str(error), "Free some space or choose another place; no partial copy was left."
        raise OutputError(message(expected="room for a copy", got=got, where=str(folder), do=do)) from error
    return MotionBase.open(folder).info()


def _require_own(folder: Path) -> None:
    """Make sure that a folder is a user's base, or may become one."""
    _require_own_name(folder)
    if folder.resolve() == assets.LIBRARY.resolve():
        do = "Copy it first: exges library copy DIR; then add to the copy."
        raise InputError(message(expected="a base of your own", got="the shipped one", where=str(folder), do=do))
    if folder.is_dir() and not (folder / "base.json").is_file():
        foreign = next((path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name)), None)
        if foreign is not None:
            expected, do = "a motion base, or a new or empty folder", "Name another folder."
            raise InputError(message(expected=expected, got=f"{foreign} in it", where=str(folder), do=do))


def _require_own_name(folder: Path) -> None:
    """Make sure that a folder can be told from the shipped base, and is no file."""
    if folder == Path(assets.LIBRARY_NAME):
        do = "Name another folder (to begin with the shipped gestures: exges library copy DIR)."
        got = f"{assets.LIBRARY_NAME!r}, which means the shipped one"
        raise InputError(message(expected="a base of your own", got=got, where="exges library", do=do))
    if folder.is_file():
        raise InputError(message(expected="a folder", got="a file", where=str(folder), do="Name another place."))


def _recordings(data: Path, origin: Origin, asr: str, said: _Said) -> list[_Recording]:
    if (data / "smplxflame_30").is_dir():
        return [_of_take(take, origin, said) for take in read_folder(data, "all", left_out=said.skip)]
    found = read_pairs(data)
    for text in found.left_out:
        said.skip(text)
    for text in found.warnings:
        said.warn(text)
    return [_of_pair(pair, origin, asr, said) for pair in found.pairs]


def _of_take(take: Take, origin: Origin, said: _Said) -> _Recording:
    def read() -> tuple[MotionClip, Waveform, tuple[Word, ...] | None]:
        clip = take.upright_clip(lambda text: said.warn(f"{take.id}: {text}"))
        return clip, take.waveform, take.words or None

    speaker = take.speaker if origin.speaker is None else origin.speaker
    return _Recording(name=take.id, speaker=speaker, read=read)


def _of_pair(pair: Pair, origin: Origin, asr: str, said: _Said, speaker_tier: str | None = None) -> _Recording:
    def read() -> tuple[MotionClip, Waveform, tuple[Word, ...] | None]:
        found = open_motion(pair.motion)
        for warning in found.warnings:
            said.warn(warning)
        heard = hear(pair.speech, transcript=pair.transcript, speaker_tier=speaker_tier, asr=asr)
        for warning in heard.warnings:
            said.warn(f"{pair.name}: {warning}")
        return found.clip, heard.waveform, heard.words or None

    return _Recording(name=pair.name, speaker=origin.speaker or "", read=read)


def _sources(
    recordings: Sequence[_Recording], said: _Said, on_progress: OnProgress, *, refuses: bool
) -> Iterator[SourceTake]:
    """Yield recordings as takes; one that cannot be used is left out and named, or refused."""
    for number, each in enumerate(recordings):
        on_progress(Progress(stage="embedding", fraction=0.95 * number / len(recordings), note=each.name))
        try:
            clip, waveform, words = each.read()
            take = _standing(source_take(each.name, clip, waveform, words, speaker=each.speaker), said)
        except InputError as error:
            if refuses:
                raise
            said.skip(str(error))
        else:
            yield take


def _standing(take: SourceTake, said: _Said) -> SourceTake:
    """Return a take without the segments in which the person lies: such gestures would throw others to the ground.

    Raises:
        LibraryError: if none is left.
    """
    is_lying = lying_frames(take.clip)
    spans = [take.frames_of(segment) for segment in take.segments]
    kept = tuple(
        segment
        for segment, (start, stop) in zip(take.segments, spans, strict=True)
        if is_lying[start:stop].mean() <= LYING_SHARE
    )
    if not kept:
        do = "Use a recording of somebody standing or sitting."
        raise LibraryError(message(expected="an upright person", got="one lying down", where=take.id, do=do))
    if len(kept) < len(take.segments):
        said.warn(f"{take.id}: left out {len(take.segments) - len(kept)} segments in which the person is lying down")
    return replace(take, segments=kept)
