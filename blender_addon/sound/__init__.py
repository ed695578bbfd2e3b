# SPDX-License-Identifier: GPL-3.0-or-later
"""The speech as a stretch of a sound file: which sound is meant, where it lies in the scene, and the mixing of strips.

In here: whatever reads the sequencer and Speaker objects. Not in here: words and transcripts, and who asks for them.
"""
