"""Pictures for people to judge motion by: what is drawn, never a number.

``mannequin`` (a pose as shapes) -> ``figures`` (sheets, strips and animations of a clip) -> ``matches`` (what a speech
retrieves). Pillow alone draws; charts, and what Blender renders, do not belong here.
"""
