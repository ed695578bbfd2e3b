"""Training: everything that makes weights, motion bases and the authored corpus. Nothing in exges_core imports it."""

import sys

import exges_core as exges_core  # first of all: it says how threads wait, before torch is imported
from exges_core.extras import is_installed, not_installed

if sys.argv[0] == "-m" and not is_installed("torch"):  # a command of a light installation
    sys.stderr.write(f"{not_installed('torch', 'training', 'training')}\n")
    sys.exit(2)
