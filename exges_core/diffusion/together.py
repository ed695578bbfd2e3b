"""Many takes at once: their windows share calls of the network, which a GPU needs to be busy (ours).

The samplers know nothing of takes: they move a state towards data frame by frame. So the states of several takes, end
to end, are one state, with the noise that each would have alone; and every take's windows are cut, imposed on and
blended as ever (`longform.DenoisedTake`). Only what is put into one call of the network is put together anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.control.masks import Observed
from exges_core.control.posture import foreign_posture
from exges_core.diffusion.batches import Batches
from exges_core.diffusion.longform import DenoisedTake, Meter, Sampling, answered, generate, steps_of
from exges_core.diffusion.noise import START, noise_on
from exges_core.diffusion.predictor import Asked, Predictor
from exges_core.diffusion.sampler import SAMPLERS, timesteps_of
from exges_core.diffusion.schedule import cosine_schedule
from exges_core.diffusion.sections import Section, sections_of
from exges_core.postprocess.residual import spread_residual
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.timeline import Window


@dataclass(frozen=True, kw_only=True, eq=False)
class Wanted:
    """One take to be made, as `longform.generate` is asked for it."""

    audio_features: Float[Array, "frames audio_channels"]
    observed: Observed
    sampling: Sampling
    score: Float[Array, "frames score_channels"] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Place:
    """A take that is one section, and its place among all."""

    number: int
    wanted: Wanted
    section: Section
    steps: int

    @property
    def course(self) -> tuple[object, ...]:
        """Return what takes of one state have in common."""
        sampling = self.wanted.sampling
        return (sampling.sampler, self.steps, sampling.guidance, sampling.score_guidance)


def generate_together(
    model: Predictor,
    takes: Sequence[Wanted],
    *,
    batches: Batches | None = None,
    on_progress: OnProgress = ignore_progress,
) -> list[Float[Array, "frames 337"]]:
    """Return what `longform.generate` makes of every take, to rounding; calls are full as long as there are windows.

    Takes of more than one section are made alone: their own windows fill calls; so are all takes by a network whose
    answers depend on what else is in a call (whole numbers). Memory is bounded: so many takes share a state as have the
    windows of one section together.

    Args:
        model: the network and what belongs to it.
        takes: in any number; those of one sampler, steps and guidance go together.
        batches: how many windows a call has; None = as the first take's sampling says.
        on_progress: told after every call, of each group of takes anew; may raise `Cancelled`.

    Raises:
        InputError: as `longform.generate`, or if memory runs out for small batches, too.
    """
    if not takes:
        return []
    batches = batches or Batches(takes[0].sampling.config.windows_per_batch)
    made: dict[int, Array] = {}
    short: list[_Place] = []
    for number, wanted in enumerate(takes):
        place = _placed(model, number, wanted) if model.is_exact else None
        if place is not None:
            short.append(place)
            continue
        asked = (model, wanted.audio_features, wanted.observed, wanted.sampling)
        made[number] = generate(*asked, score=wanted.score, batches=batches, on_progress=on_progress)
    for group in _groups(short):
        made |= _make(model, group, batches, on_progress)
    return [made[number] for number in range(len(takes))]


def _placed(model: Predictor, number: int, wanted: Wanted) -> _Place | None:
    """Return a take as one section; None if it is more."""
    frames, window = len(wanted.audio_features), model.config.window_frames
    schedule = cosine_schedule(model.config.training_steps)
    steps = steps_of(frames, wanted.observed, wanted.score, wanted.sampling, schedule.steps)
    config, is_known = wanted.sampling.config, wanted.observed.is_known
    sections = sections_of(max(frames, window), window, config, is_known=is_known)
    return _Place(number=number, wanted=wanted, section=sections[0], steps=steps) if len(sections) == 1 else None


def _groups(places: Sequence[_Place]) -> Iterator[list[_Place]]:
    """Yield takes that go together: of one course, with no more windows than a section has, or one take alone."""
    ordered = sorted(places, key=lambda place: str(place.course))
    for _, same in groupby(ordered, key=lambda place: place.course):
        group: list[_Place] = []
        windows = 0
        for place in same:
            config = place.wanted.sampling.config
            count = len(place.section.windows)
            if group and windows + count > config.batches_per_section * config.windows_per_batch:
                yield group
                group, windows = [], 0
            group.append(place)
            windows += count
        yield group


def _make(
    model: Predictor, group: Sequence[_Place], batches: Batches, on_progress: OnProgress
) -> dict[int, Float[Array, "frames 337"]]:
    sampling, count = group[0].wanted.sampling, group[0].steps
    schedule = cosine_schedule(model.config.training_steps)
    postures = [foreign_posture(each.wanted.observed, model.stats) for each in group]
    postures = [
        each if place.wanted.sampling.keeps_posture else None for each, place in zip(postures, group, strict=True)
    ]
    meter = Meter(count, on_progress)
    takes = [_denoised(model, place, posture, meter) for place, posture in zip(group, postures, strict=True)]
    state = _State(model=model, takes=takes, sampling=sampling, batches=batches, meter=meter)

    def noise(timestep: int) -> Array:
        drawn = [
            noise_on(take.frames, place.wanted.sampling.seed, timestep, start=take.start)
            for take, place in zip(takes, group, strict=True)
        ]
        return np.concatenate(drawn)

    places = timesteps_of(sampling.sampler, schedule, count)
    clean = SAMPLERS[sampling.sampler](state.denoise, noise(START), schedule=schedule, timesteps=places, noise=noise)
    found: dict[int, Array] = {}
    for place, part, posture in zip(group, state.cut(clean), postures, strict=True):
        found[place.number] = _whole(model, place, part, posture)
    return found


def _denoised(model: Predictor, place: _Place, posture: Array | None, meter: Meter) -> DenoisedTake:
    wanted, windows = place.wanted, place.section.windows
    observed = wanted.observed
    if posture is not None:
        observed = replace(observed, target=observed.target - posture)
    part = slice(windows[0].start, min(windows[-1].stop, len(wanted.audio_features)))
    told = None if wanted.score is None else wanted.score[part]
    sound = wanted.audio_features[part]
    return DenoisedTake(model, sound, observed.cut(part), told, windows, wanted.sampling, place.steps, meter)


def _whole(
    model: Predictor, place: _Place, clean: Float[Array, "padded channels"], posture: Array | None
) -> Float[Array, "frames 337"]:
    """Return a take's motion as `longform.generate` does, from its section's normalised data."""
    wanted, start = place.wanted, place.section.start
    stop = min(place.section.windows[-1].stop, place.section.stop, len(wanted.audio_features))
    made = model.stats.denormalise(clean[: stop - start])
    if posture is not None:
        made += posture[start:stop]
    raw = wanted.observed.target.astype(np.float32)
    raw[start:stop] = made
    return spread_residual(raw, wanted.observed)


@dataclass(frozen=True, kw_only=True, eq=False)
class _State:
    """The takes of a group, end to end, as the samplers see them."""

    model: Predictor
    takes: Sequence[DenoisedTake]
    sampling: Sampling
    batches: Batches
    meter: Meter

    def cut(self, x: Array) -> list[Array]:
        """Return each take's part."""
        return np.split(x, np.cumsum([take.frames for take in self.takes])[:-1])

    def denoise(self, x: Array, timestep: int) -> Float[Array, "frames channels"]:
        """Return the blended predictions of all takes."""
        for take, part in zip(self.takes, self.cut(x), strict=True):
            take.begin(part, timestep)
        windows = [(number, window) for number, take in enumerate(self.takes) for window in take.windows]
        self.batches.each(self.model, windows, self._call, lambda done: self.meter.tell(done / len(windows)))
        self.meter.step += 1
        return np.concatenate([take.end() for take in self.takes])

    def _call(self, part: Sequence[tuple[int, Window]]) -> None:
        parts = [
            (self.takes[number], [window for _, window in own])
            for number, own in groupby(part, key=lambda each: each[0])
        ]
        asked = _joined([take.asked(windows) for take, windows in parts])
        found = answered(self.model, asked, self.sampling.guidance, self.sampling.score_guidance)
        bounds = np.cumsum([len(windows) for _, windows in parts])[:-1]
        for (take, windows), own in zip(parts, np.split(found, bounds), strict=True):
            take.blend(windows, own)


def _joined(parts: Sequence[Asked]) -> Asked:
    """Return several takes' windows as one question; what one has and another lacks is zeros, which say the same."""

    def one(arrays: Sequence[Array | None]) -> Array | None:
        like = next((each for each in arrays if each is not None), None)
        if like is None:
            return None
        shape, kind = like.shape[1:], like.dtype
        filled = [
            np.zeros((len(part.x), *shape), kind) if array is None else array
            for part, array in zip(parts, arrays, strict=True)
        ]
        return np.concatenate(filled)

    return Asked(
        x=np.concatenate([part.x for part in parts]),
        is_observed=np.concatenate([part.is_observed for part in parts]),
        given=one([part.given for part in parts]),
        audio=np.concatenate([part.audio for part in parts]),
        score=one([part.score for part in parts]),
        timestep=parts[0].timestep,
        style=np.concatenate([part.style for part in parts]),
    )
