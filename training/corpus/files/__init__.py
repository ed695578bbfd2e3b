"""Takes on disk: written in BEAT2's layout, read back for measuring."""
