"""Sections of a take: as many windows as memory is spent on at a time, each with some of its neighbours'."""

from __future__ import annotations

from dataclasses import dataclass

from exges_core.arrays import Array, Bool
from exges_core.timeline import Window, cover


@dataclass(frozen=True, kw_only=True)
class LongformConfig:
    """How a take is cut into windows.

    Attributes:
        overlap_frames: at least so many frames are seen by two windows.
        windows_per_batch: of one call of the network; the motion does not depend on it (to rounding). Two dozen keep
            two cores busy and their caches sufficient.
        batches_per_section: a longer take is made in sections: about 13 minutes by default.
        halo_batches: of the neighbours' windows, computed beside a section on either side.
    """

    overlap_frames: int = 32
    windows_per_batch: int = 24
    batches_per_section: int = 10
    halo_batches: int = 1


@dataclass(frozen=True, kw_only=True)
class Section:
    """Frames [start, stop) of a take and the windows, halo and all, that they are made of."""

    start: int
    stop: int
    windows: tuple[Window, ...]


def sections_of(
    frames: int, window: int, config: LongformConfig, *, is_known: Bool[Array, "frames"] | None = None
) -> list[Section]:
    """Cut a take's windows into sections of whole batches, so that every batch is one the whole take would have.

    With a part of it known, only windows in which something is left to make, and one to either side: that one has a say
    in the first known frame's residual, by which what is made is led over into what is known. Of windows farther away
    nothing but contacts would come through (up to half a degree in a range of 5 s).
    """
    windows = cover(frames, window=window, overlap=min(config.overlap_frames, window - 1))
    if is_known is not None and is_known.any() and not is_known.all():
        wanted = [place for place, each in enumerate(windows) if not is_known[each.start : each.stop].all()]
        windows = windows[max(wanted[0] - 1, 0) : wanted[-1] + 2]
        frames = min(frames, windows[-1].stop)
    size = config.batches_per_section * config.windows_per_batch
    halo = config.halo_batches * config.windows_per_batch
    if len(windows) <= size + 2 * halo:
        return [Section(start=windows[0].start, stop=frames, windows=windows)]
    sections: list[Section] = []
    for first in range(0, len(windows), size):
        last = first + size
        sections.append(
            Section(
                start=windows[first].start,
                stop=windows[last].start if last < len(windows) else frames,
                windows=windows[max(first - halo, 0) : last + halo],
            )
        )
    return sections
