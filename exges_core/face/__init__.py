"""The face: mouth, brows, eyelids and gaze of a take, from the words, sound and score that its gestures come from.

Phones become visemes (`visemes`), visemes the mouth's curves (`mouth`), accents with a stroke brows (`brows`), phrases
and pauses blinks and gaze (`eyes`); `performance` makes ARKit's 52 curves of them, `joints` jaw and eyes, `csv_file`
a file.
"""
