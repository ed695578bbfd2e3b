"""Numbers in a row, frame by frame: filters, peaks, splines and bands in NumPy alone; nothing of motion or sound.

Each gives what SciPy's or librosa's function of its kind gives, with the same rules at the ends; tests compare them.
They are here so that the engine inside Blender needs neither: ``filters`` (Gaussian, Butterworth, sums of bells),
``runs`` (flags and maxima over frames), ``peaks``, ``splines``, ``banded`` (equations), ``mel`` (the ear's bands).
"""
