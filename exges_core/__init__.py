"""ExGes: speech in, expressive co-speech gesture out, with the animator in control.

The rooms, in the order of the flow: ``audio`` -> ``speech`` -> ``retrieval`` -> ``control`` -> ``diffusion`` ->
``motion`` / ``rig``; ``pipeline`` is the only module that knows the whole of it. Importing this package imports
neither torch nor any other heavy library: Blender's own Python imports it too.

Threads of OpenMP that wait for each other sleep instead of spinning, unless the environment says otherwise: beside one
busy process (Blender at play, a training) the diffusion of a minute of speech on two cores took 6 to 15 s spinning, 1.1
to 1.5 s asleep. It is read when torch is imported, so it is said here, before.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
