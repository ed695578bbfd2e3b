"""The judge of listening in training: motion and sound that belong together against those that do not."""
