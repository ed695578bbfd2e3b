# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the builder as a package of its own: Python puts the folder that it runs on the path, not its parent."""

import importlib
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path[0] = str(_FOLDER.parent)
    sys.exit(importlib.import_module(f"{_FOLDER.name}.builder").main())
