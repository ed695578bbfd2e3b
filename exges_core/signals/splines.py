"""A cubic spline through values at whole frames."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float

_ROOT = np.sqrt(3.0) - 2.0
"""By how much a slope answers to one a frame farther away; its 32nd power is below rounding."""
_DOUBLINGS = 5


def spline_at(
    values: Float[Array, "frames *channels"], places: Float[Array, "instants"]
) -> Float[Array, "instants *channels"]:
    """Return the cubic spline through the values at fractional frames, float64: `scipy.interpolate.CubicSpline`.

    Its ends are "not a knot": the first two spans are one cubic, and so are the last two. Three values are joined by a
    parabola, two by a line.

    Args:
        values: at least two frames, 0 .. frames - 1.
        places: within them.
    """
    rows = np.asarray(values, np.float64).reshape(len(values), -1)
    slopes = _slopes(rows)
    first = np.minimum(places.astype(np.int64), len(rows) - 2)
    after = (places - first)[:, None]
    before = 1.0 - after
    rise = rows[first + 1] - rows[first]
    # Hermite's cubic about the straight line: exact on whole frames.
    bend = before * (slopes[first] - rise) - after * (slopes[first + 1] - rise)
    curve = before * rows[first] + after * rows[first + 1] + after * before * bend
    return curve.reshape(len(places), *values.shape[1:])


def _slopes(rows: Float[Array, "frames channels"]) -> Float[Array, "frames channels"]:
    """Return the slope at every frame: s[k-1] + 4 s[k] + s[k+1] = 3 (y[k+1] - y[k-1]), and the conditions at the ends.

    The equations of an endless course are solved by running sums; two fading courses that solve them for a level one,
    one from either end, are added so that the ends' conditions hold.
    """
    count, rises = len(rows), np.diff(rows, axis=0)
    if count == 2:
        return np.repeat(rises, 2, axis=0)
    if count == 3:
        bend = 0.5 * (rises[1] - rises[0])
        return np.stack([rises[0] - bend, 0.5 * (rises[0] + rises[1]), rises[1] + bend])
    force = np.zeros_like(rows)
    force[1:-1] = 3.0 * (rises[1:] + rises[:-1])
    slopes = (_summed(force) + _summed(force[::-1])[::-1] - force) / (2.0 * np.sqrt(3.0))
    fading = _ROOT ** np.arange(count)
    wanted = np.stack([2.5 * rises[0] + 0.5 * rises[1], 2.5 * rises[-1] + 0.5 * rises[-2]])
    missing = wanted - np.stack([slopes[0] + 2.0 * slopes[1], slopes[-1] + 2.0 * slopes[-2]])
    near, far = fading[0] + 2.0 * fading[1], fading[-1] + 2.0 * fading[-2]
    left, right = np.linalg.solve(np.array([[near, far], [far, near]]), missing)
    return slopes + fading[:, None] * left + fading[::-1, None] * right


def _summed(force: Float[Array, "frames channels"]) -> Float[Array, "frames channels"]:
    """Return s[k] = force[k] + root s[k-1], by doubling: (1 + root D)(1 + root^2 D^2)(1 + root^4 D^4)..."""
    total = force.copy()
    for doubling in range(_DOUBLINGS):
        step = 1 << doubling
        total[step:] += _ROOT**step * total[:-step].copy()
    return total
