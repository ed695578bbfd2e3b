"""Speed and memory, printed as tables; never timed tests."""

import exges_core as exges_core  # first of all: it says how threads wait, before torch is imported
