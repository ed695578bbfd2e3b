# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender calls this add-on, and where it lies: `bl_ext.REPOSITORY.exges` as an extension."""

from pathlib import Path

NAME = __package__
"""The key of the add-on's preferences, of its translations and of its own folder."""
FOLDER = Path(__file__).resolve().parent
"""The folder with the manifest and the bundled wheel."""
