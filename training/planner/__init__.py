"""The planner in training and on the bench: takes as samples, the task, its rate of strokes, its figures."""
