# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom properties by which takes, their layers and the animator's Actions below them are known again."""

from __future__ import annotations

TAKE_KEY = "exges_take"
"""Custom property of every Action that is a take: its settings as JSON, seed included."""

OWNER_KEY = "exges_of"
"""Custom property of a take: the name of its character."""

BELOW_KEY = "exges_below"
"""Custom property of the animator's own Action while it lies in a track below takes, where it was the active one."""

LAYER_KEY = "exges_part_of"
"""Custom property of an Action that is one layer of a take: the take's Action itself, whatever its name becomes."""

FACE_KEY = "exges_face_of"
"""Custom property of an Action that is what a take does with shape keys, where Actions have no slots: their name."""

FACE_BELOW_KEY = "exges_face_below"
"""Custom property of an Action that holds shape keys as a take in layers found them, below its strips: their name."""
