# SPDX-License-Identifier: GPL-3.0-or-later
"""ExGes: expressive gestures from speech. Registration only; `registration` holds the list."""


def register() -> None:
    """Add ExGes to Blender."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Take ExGes out of Blender, leaving nothing behind."""
    from . import registration

    registration.unregister()
