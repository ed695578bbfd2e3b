"""Training: everything that makes weights, motion bases and the authored corpus. Nothing in exges_core imports it."""
