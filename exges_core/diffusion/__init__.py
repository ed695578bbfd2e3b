"""Diffusion: speech features and observed motion in, motion features out (paper 3.3).

``schedule`` -> ``denoiser`` (a network only) -> ``objective`` (training) | ``guidance`` -> ``sampler`` (pure functions)
-> ``longform`` (many windows, one motion); ``model`` loads weights. No files but weights, no clips, no words.
"""
