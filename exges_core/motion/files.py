"""Writing motion files so that a failure leaves the old file intact. Only the standard library."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from exges_core.errors import OutputError, message


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Give a temporary path beside the target to write to, and put it in place afterwards.

    Raises:
        OutputError: if it cannot be written (disk full, no permission); the target is untouched then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(
            message(
                expected="a place to write to",
                got=str(error),
                where=str(path),
                do="Free space or choose another folder.",
            )
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
