"""From a speech to a score, and from a score to what the motion base can show of it (ours).

The planner draws strokes; casting finds for each the base's gesture that it is to look like.
"""
