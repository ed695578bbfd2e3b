"""Does motion listen? Measures that see whether gestures belong to the speech they are shown with.

Frechet distance, beat consistency and diversity score a deaf motion like one that hears. Each measure in here comes
with the level that chance gives it, and is lost by a motion whose sound is exchanged. Pure functions of motion, sound
and labels; nothing is averaged over takes in here, and no file is read but the judge's weights.
"""
