"""The motion base and its retrieval (paper sections 3.1 and 3.2): which known gesture fits a stretch of speech.

``inputs`` (what the towers see) -> ``encoders`` (towers, matching) -> ``contrastive``, ``teacher``, ``queue`` (how they
learn) -> ``model`` (weights on disk) -> ``library`` (the motion base on disk) -> ``search``, within the user's
``constraints``. Diffusion and control may not be known here.
"""
