"""`python -m exges_core.cli` is `exges`."""

from exges_core.cli import main

main()
