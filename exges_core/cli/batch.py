"""Many clips from one manifest: resumable, one status line per clip, one bad clip never stops the rest.

Outputs are named by id; a clip whose report exists is done and is skipped. Clips are made one after another: none
depends on what else is in the manifest. What a manifest is: `manifests`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from exges_core.cli.manifests import missing_files, read_manifest
from exges_core.errors import ExgesError
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.idle import idle_files
from exges_core.pipeline.models import AUTO, Models
from exges_core.protocol import Idle

__all__ = ["read_manifest", "run_batch"]


def run_batch(manifest: Path, out: Path, *, device: str, engine: str = AUTO, say: Callable[[str], None]) -> int:
    """Generate every clip of a manifest that has no report yet; return how many failed.

    Files that are missing are told first, all at once; the other clips are made.

    Raises:
        InputError: if the manifest cannot be read or a line is not of its form; nothing is generated then.
    """
    requests = read_manifest(manifest, out, device=device)
    models = Models(engine=engine, device=device)
    is_done = {request.id: Path(request.report or "").is_file() for request in requests}
    missing = {request.id: () if is_done[request.id] else missing_files(request) for request in requests}
    for name, files in missing.items():
        if files:
            say(f"{name}: failed: missing {', '.join(files)}")
    failed = sum(1 for files in missing.values() if files)
    for request in requests:
        if is_done[request.id]:
            say(f"{request.id}: already done")
            continue
        if missing[request.id]:
            continue
        try:
            report = (
                idle_files(request, models) if isinstance(request, Idle) else generate_files(request, models)
            ).report
        except ExgesError as error:
            failed += 1
            say(f"{request.id}: failed: {error}")
        else:
            say(f"{request.id}: done, {report.frames} frames, RTF {report.rtf:.3f}")
    return failed
