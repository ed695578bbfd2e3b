"""The denoiser in training: masks, losses, presets, the task, and what a trained network hands to a new one."""
