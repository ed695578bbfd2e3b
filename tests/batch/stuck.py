"""Clips that hang whoever makes them, for real: in the kernel, on a pipe that nobody writes to."""

import json
import os
from pathlib import Path


def with_stuck(path: Path, **values: object) -> Path:
    """Add a line to a manifest whose rig hangs whoever reads it, once `jam` was called; return the rig's file."""
    rig = path.parent / "stuck.bvh"
    rig.write_text("HIERARCHY\n")
    first = json.loads(path.read_text().splitlines()[0])
    line = {**first, "id": "stuck", "rig": str(rig), "format": "bvh", **values}
    path.write_text("\n".join([json.dumps(line), path.read_text()]))
    return rig


def jam(rig: Path) -> None:
    """Put a pipe there that nobody writes to: to open it blocks in the kernel."""
    rig.unlink()
    os.mkfifo(rig)
