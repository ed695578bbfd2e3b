# SPDX-License-Identifier: GPL-3.0-or-later
"""Contexts that put back what they touch."""

from __future__ import annotations

import contextlib
from collections.abc import Generator


@contextlib.contextmanager
def restoring(*pairs: tuple[object, str]) -> Generator[None]:
    """Put back the named attributes of objects on leaving, whatever happens."""
    before = [(owner, name, getattr(owner, name)) for owner, name in pairs]
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
