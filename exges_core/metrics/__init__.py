"""What is measured, exactly, by named protocols (`protocols`); each definition stands in its own docstring.

Frechet distance of gestures, beats, diversity, position error, retrieval and physical plausibility, with intervals.
"""
