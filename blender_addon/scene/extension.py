# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender calls this add-on, and where it lies: `bl_ext.REPOSITORY.exges` as an extension."""

from pathlib import Path

NAME = (__package__ or "").rpartition(".")[0]
"""The add-on's own package: the key of its preferences, its translations and its user folder."""
FOLDER = Path(__file__).resolve().parents[1]
"""The folder with the manifest and the bundled wheel."""
