"""The loop around every training of weights: time, learning rate, randomness, logs, checkpoints, resume."""
