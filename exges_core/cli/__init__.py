"""The command line `exges`: its commands, their options, and the jobs that only they do.

``main`` (the commands and their exit codes) -> ``batch``, ``library``, ``rig``, ``models``, ``score`` (commands and
groups of them) -> ``options`` (what they share); ``library_jobs``, ``library_search``, ``demo`` and ``doctor`` (what
they do). What the worker, the add-on or Python needs too does not enter: it stands in the batch, the pipeline or below.
Commands import heavy parts when they run.
"""

from exges_core.cli.main import main

__all__ = ["main"]
