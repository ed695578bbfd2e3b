"""Motion and recordings as people have them on disk: which files belong together, what rig they are in, what they hold.

``bvh_rigs`` (what a BVH's rig is) -> ``motion_files`` (any motion file as canonical motion) -> ``pairs`` (a studio's
folder); ``recordings`` (BEAT2's layout) beside; ``target_rigs`` writes motion back for such a rig. Formats themselves
(BVH, .npz, sound, transcripts) stay in their rooms; nothing is learned, searched or computed from the motion here.
"""
