"""The retrieval model in training and on the bench, and the stretches of a corpus that a motion base holds."""
