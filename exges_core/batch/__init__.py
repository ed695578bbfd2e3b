"""Batches: many clips from one manifest, by many workers, resumable, with a summary to look through.

``manifests`` (what is asked) -> ``plan`` (what of it is to be made, by ``inputs`` and ``ledger``) -> ``run`` (clips to
workers, deaths and failures answered) -> ``tasks`` (one clip, the same wherever it is made) in ``local`` processes, on
a Ray ``cluster`` or ``here`` -> ``summary``. ``choosing`` says who works. No clip depends on what else is in the
manifest, on the number of workers, or on where they are.
"""

from exges_core.batch.choosing import Crew
from exges_core.batch.inputs import Setup
from exges_core.batch.run import Ending, dry_run, run_batch

__all__ = ["Crew", "Ending", "Setup", "dry_run", "run_batch"]
