"""Post-processing: what happens to motion after the network, each step on its own and all of them as ``finish``.

``residual`` (exact keys) and ``intensity`` work on features; ``footsteps``, ``settling`` and ``limits`` on clips;
``finish`` runs them in their order. No network, no files, no sound. The foot lock is not here but in `motion`: rigs and
metrics plant feet too, and Blender's Python imports it.
"""
