"""ExGes: speech in, expressive co-speech gesture out, with the animator in control.

The rooms, in the order of the flow: ``audio`` -> ``speech`` -> ``retrieval`` -> ``control`` -> ``diffusion`` ->
``motion`` / ``rig``; ``pipeline`` is the only module that knows the whole of it. Importing this package imports
neither torch nor any other heavy library: Blender's own Python imports it too.
"""

__version__ = "0.1.0"
