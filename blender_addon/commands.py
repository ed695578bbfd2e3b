# SPDX-License-Identifier: GPL-3.0-or-later
"""For scripts: `from bl_ext.user_default.exges import commands; commands.run(argv)`. The work is `headless`."""

from .headless.commands import run

__all__ = ["run"]
