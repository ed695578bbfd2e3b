# SPDX-License-Identifier: GPL-3.0-or-later
"""A take on a character: written, read back, edited, remembered, compared, exported, added to a motion base.

In here: whatever an Action of ours holds, and the animator's own keys beside it. Not in here: how a new take comes
about, and buttons.
"""
