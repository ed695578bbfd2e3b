"""One child of `fuzz`: makes inputs from their seed, gives each to its reader, and writes what came of it.

python -m soak.fuzz_child SEED FIRST STOP FOLDER [KIND]
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import random
import resource
import shutil
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

from soak import hostile, samples

from exges_core.errors import ExgesError

LIMIT_S = 30.0
MOST_BYTES = 2 << 30
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.truncate"}
_PROGRAMS = ("ffmpeg", "ffprobe")
"""With what follows in a wheel's own: ffmpeg-linux-x86_64-v9.0.2."""
MANY_LINES = {"manifest"}
"""All faults of a manifest are told at once, a line each."""


class Guard:
    """An audit hook that says what a reader must never do."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.is_on = f"{folder}{os.sep}", False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on:
            return
        if event == "open" and self._writes(*arguments):
            self._note(f"wrote to {arguments[0]}", arguments[0])
        elif event in _CHANGES:
            self._note(f"{event} {arguments[0]}", arguments[0])
        elif event == "pickle.find_class":
            self.seen.append(f"unpickled {arguments[0]}.{arguments[1]}")
        elif event in ("socket.connect", "os.system", "os.exec", "os.posix_spawn"):
            self.seen.append(f"{event} {arguments}")
        elif event == "subprocess.Popen" and not Path(str(arguments[0])).name.startswith(_PROGRAMS):
            self.seen.append(f"started {arguments[0]}")

    def _writes(self, path: object, mode: str | None, flags: int) -> bool:
        is_for_writing = any(each in (mode or "") for each in "wax+")
        return is_for_writing or bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))

    def _note(self, text: str, path: object) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            place = os.path.realpath(os.fsdecode(path))
            if not place.startswith(self.folder) and place != os.devnull:
                self.seen.append(text)


def outcome_of(kind: str, path: Path, guard: Guard, printed: Path) -> tuple[str, str, str]:
    """Give a file to its reader; return what came of it, the words, and where."""
    before, guard.seen, place = printed.stat().st_size, [], ""
    faulthandler.dump_traceback_later(LIMIT_S, exit=True, file=STACK)
    guard.is_on = True
    try:
        samples.READERS[kind](path)
        outcome, text = "accepted", ""
    except ExgesError as error:
        outcome, text = "refused", str(error)
        if kind not in MANY_LINES and len(text.splitlines()) != 1:
            outcome, text = "fault", f"not one line: {text!r}"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what this looks for
        outcome, text, place = "fault", traceback.format_exc(limit=-6), place_of(error)
    finally:
        guard.is_on = False
        faulthandler.cancel_dump_traceback_later()
    sys.stdout.flush()
    if guard.seen:
        outcome, text = "fault", f"{'; '.join(guard.seen[:5])} {text}"
    if printed.stat().st_size > before:
        outcome, text = "fault", f"printed {printed.read_bytes()[before:][:500]!r} {text}"
    return outcome, text, place


def place_of(error: BaseException) -> str:
    """Return where of ours an error came from, so that faults can be counted by it."""
    ours = [
        each
        for each in traceback.extract_tb(error.__traceback__)
        if "/exges_core/" in each.filename or "/training/" in each.filename
    ]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Put an input's files in place, nothing else beside them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def main() -> None:
    """Run the inputs FIRST .. STOP."""
    seed, first, stop, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    only = sys.argv[5] if len(sys.argv) > 5 else ""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    printed = folder / "printed.txt"
    shared = samples.Samples(folder / "samples")
    with printed.open("wb") as words:
        os.dup2(words.fileno(), 1)
        os.dup2(words.fileno(), 2)
    logging.getLogger().addHandler(logging.NullHandler())
    warnings.simplefilter("always")
    guard = Guard(folder.resolve())
    for kind in samples.READERS:  # what is imported late is imported now, and not counted
        for sample in shared.of(kind)[:1]:
            write(folder / "in", sample.files)
            samples.READERS[kind](folder / "in" / sample.main)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, resource.RLIM_INFINITY))
    for number in range(first, stop):
        dice = random.Random(f"{seed} {number}")
        kind = only or dice.choices([*samples.SHARES], [*samples.SHARES.values()])[0]
        sample, how = hostile.made(shared, kind, dice)
        write(folder / "in", sample.files)
        begun = {"at": number, "kind": kind, "how": how}
        channel.write(json.dumps({**begun, "outcome": "begun"}) + "\n")
        channel.flush()
        began_s = time.monotonic()
        outcome, text, place = outcome_of(kind, folder / "in" / sample.main, guard, printed)
        if outcome == "fault":
            shutil.copytree(folder / "in", Path(os.environ["EXGES_FUZZ_KEEP"]) / f"{number}-{kind}", dirs_exist_ok=True)
        done = {"outcome": outcome, "text": text, "place": place, "seconds": time.monotonic() - began_s}
        done["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        channel.write(json.dumps({**begun, **done}) + "\n")
        channel.flush()


if __name__ == "__main__":
    with (Path(sys.argv[4]) / "stack.txt").open("w", encoding="utf-8") as STACK:
        main()
    os._exit(0)  # taking torch down in order takes minutes under a memory limit
