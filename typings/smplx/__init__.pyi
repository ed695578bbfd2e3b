"""SMPL-X bodies; we call `smplx.lbs` alone."""
