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

_JAW, _CLOSE = COLUMN["jawOpen"], COLUMN["mouthClose"]


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
    curves = _shutting(np.clip(np.nan_to_num(curves), 0.0, 1.0), match)
    mixtures = _mixtures(match.channels, by_name, curves)
    read = _read(match.channels, curves)
    known: dict[object, Float[Array, "frames"]] = {}
    found: dict[tuple[str, str], Float[Array, "frames"]] = {}
    for channel in match.channels:
        same = (channel.low, channel.high, *map(_said, channel.parts))
        if same not in known:
            shares = [_share(part, curves, read, mixtures) for part in channel.parts]
            known[same] = in_range(_sum(shares, [part.share for part in channel.parts]), channel.low, channel.high)
        found[channel.mesh, channel.key] = known[same]
    return found


def _said(part: FaceChannel) -> tuple[object, ...]:
    """Return what tells one part of a key's value from another."""
    return (part.convention, part.shape, part.beyond, _weights(part), part.share)


def _weights(channel: FaceChannel) -> tuple[tuple[str, float], ...]:
    return tuple(channel.weights.items())


def _share(
    part: FaceChannel,
    curves: Float[Array, "frames 52"],
    read: Mapping[tuple[tuple[str, float], ...], Float[Array, "frames"]],
    mixtures: Mapping[str, Mixture],
) -> Float[Array, "frames"]:
    """Return how full a shape is, 0 to 1."""
    mixture = mixtures.get(part.beyond or part.convention)
    if mixture is None or (not part.is_mixed and not part.beyond):
        return read[_weights(part)]
    if part.is_mixed:
        return mixture.shares[part.shape]
    return _read([part], np.maximum(curves - mixture.curves, 0.0))[_weights(part)]


def _sum(shares: Sequence[Float[Array, "frames"]], weights: Sequence[float]) -> Float[Array, "frames"]:
    """Return how far a key goes, 0 to 1, by how full the shapes are that it is a part of."""
    if len(shares) == 1 and weights[0] == 1.0:
        return shares[0]
    return np.minimum(np.stack(shares, axis=1) @ np.array(weights), 1.0)


def _shutting(curves: Float[Array, "frames 52"], match: FaceMatch) -> Float[Array, "frames 52"]:
    """Return curves whose jaw shuts the lips where no key of the face closes them over an open jaw."""
    if "mouthClose" in match.played:
        return curves
    shut = curves.copy()
    shut[:, _JAW] = np.maximum(curves[:, _JAW] - curves[:, _CLOSE], 0.0)
    shut[:, _CLOSE] = 0.0
    return shut


def _read(
    channels: Sequence[FaceChannel], curves: Float[Array, "frames 52"]
) -> Mapping[tuple[tuple[str, float], ...], Float[Array, "frames"]]:
    """Return weights -> the curves that they read, 0 to 1."""
    all_weights = list(dict.fromkeys(_weights(part) for channel in channels for part in channel.parts))
    rows = np.zeros((len(all_weights), len(ARKIT_NAMES)))
    for row, weights in zip(rows, all_weights, strict=True):
        for name, weight in weights:
            row[COLUMN[name]] = weight
    return dict(zip(all_weights, np.clip(rows @ curves.T, 0.0, 1.0), strict=True))


def _mixtures(channels: Sequence[FaceChannel], by_name: Mapping[str, Convention], curves: Array) -> dict[str, Mixture]:
    """Return convention -> its mixture; meshes that have fewer of its shapes move with those that have more."""
    members: dict[str, set[str]] = {}
    for part in (part for channel in channels for part in channel.parts):
        if part.is_mixed:
            members.setdefault(part.convention, set()).add(part.shape)
    found: dict[str, Mixture] = {}
    for name, shapes in members.items():
        convention = by_name[name]
        looks = {shape: convention.shapes[shape].looks or {} for shape in sorted(shapes)}
        found[name] = mixture_of(looks, curves, most=convention.most)
    return found
