"""A face's curves as the values of its shape keys, each in its slider's range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.names import ARKIT_NAMES, COLUMN
from exges_core.face.rigs.convention import Convention
from exges_core.face.rigs.keys import FaceChannel, in_range
from exges_core.face.rigs.match import FaceMatch
from exges_core.face.rigs.mixture import Mixture, mixture_of
from exges_core.face.rigs.tables import CONVENTIONS


def values(
    match: FaceMatch, curves: Float[Array, "frames 52"], *, conventions: Sequence[Convention] = CONVENTIONS
) -> dict[tuple[str, str], Float[Array, "frames"]]:
    """Return (mesh, key) -> its values at every frame, in its slider's range.

    Args:
        match: of the character.
        curves: ARKit's, 0 to 1.
        conventions: the tables that it was matched with.
    """
    by_name = {each.name: each for each in conventions}
    mixtures = _mixtures(match.channels, by_name, np.clip(curves, 0.0, 1.0))
    known: dict[object, Float[Array, "frames"]] = {}
    found: dict[tuple[str, str], Float[Array, "frames"]] = {}
    for channel in match.channels:
        mixture = mixtures.get((channel.mesh, channel.beyond or channel.convention))
        same = (tuple(channel.weights.items()), channel.shape, id(mixture), channel.low, channel.high)
        if same not in known:
            known[same] = in_range(_share(channel, curves, mixture), channel.low, channel.high)
        found[channel.mesh, channel.key] = known[same]
    return found


def _share(channel: FaceChannel, curves: Array, mixture: Mixture | None) -> Float[Array, "frames"]:
    """Return how far a key is out, 0 to 1."""
    if channel.is_mixed and mixture is not None:
        return mixture.shares[channel.shape]
    weights = np.zeros(len(ARKIT_NAMES))
    for name, weight in channel.weights.items():
        weights[COLUMN[name]] = weight
    shown = curves if not channel.beyond or mixture is None else np.maximum(curves - mixture.curves, 0.0)
    return np.clip(shown @ weights, 0.0, 1.0)


def _mixtures(
    channels: Sequence[FaceChannel], by_name: Mapping[str, Convention], curves: Array
) -> dict[tuple[str, str], Mixture]:
    """Return (mesh, convention) -> its mixture; meshes that have the same shapes share one."""
    members: dict[tuple[str, str], set[str]] = {}
    for channel in channels:
        if channel.is_mixed:
            members.setdefault((channel.mesh, channel.convention), set()).add(channel.shape)
    known: dict[tuple[str, frozenset[str]], Mixture] = {}
    found: dict[tuple[str, str], Mixture] = {}
    for (mesh, name), shapes in members.items():
        same = (name, frozenset(shapes))
        if same not in known:
            looks = {shape: by_name[name].shapes[shape].looks or {} for shape in sorted(shapes)}
            known[same] = mixture_of(looks, curves)
        found[mesh, name] = known[same]
    return found
