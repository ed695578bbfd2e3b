"""Training: everything that makes weights, motion bases and the authored corpus. Nothing in exges_core imports it."""

import exges_core as exges_core  # first of all: it says how threads wait, before torch is imported
