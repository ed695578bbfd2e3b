"""The gesture score: which strokes a take has, when, with which hand, how large.

The layer between speech and motion that the paper lacks (ours): retrieval says which gesture, the score when, with
which hand, how large and how long, and the denoiser plays it. A score comes from labels, from motion, from the planner
or from a person's file.
"""
