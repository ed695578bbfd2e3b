"""Sound: files into samples (`waveform`, the only input and output here) and samples into numbers (`features`).

Words, motion and networks may not enter: this room knows that there is a signal, not what it says.
"""
