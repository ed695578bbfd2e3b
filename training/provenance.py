"""How a command was given, for the provenance of what it made."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path


def command_line(module: str, arguments: Sequence[str]) -> str:
    """Return the command with absolute paths cut to their names: one machine's folders are nobody's business."""
    shown = [Path(each).name if Path(each).is_absolute() else each for each in arguments]
    return f"python -m {module} {shlex.join(shown)}".rstrip()
