"""Motion of any length from a network of one window: many windows, one motion (ours).

The state that is denoised is the whole take. At every step its windows are cut out, denoised in batches, and their
predictions of x0 are blended where they overlap; so seams agree by construction and nothing accumulates. Noise belongs
to the take too: it is drawn in blocks of fixed size from (seed, step, block), so that a seed gives one motion whatever
the batch, and a longer take begins with the noise of a shorter one. A take's windows share a call of the network with
another take's only where that is asked for (``together``). No files, no clips, no words.

Memory is bounded by working through a take section by section, each with `halo` windows of its neighbours beside it.
In one step a window learns from its direct neighbours alone; so with fewer steps than halo windows a section is, bit
for bit, what the whole take at once would be, and with more of them the rest is too far away to matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.control.masks import GROUPS, Observed, groups_of_channels
from exges_core.control.posture import foreign_posture
from exges_core.diffusion.batches import Batches
from exges_core.diffusion.config import SCORE_CHANNELS
from exges_core.diffusion.guidance import guided
from exges_core.diffusion.kriging import krige
from exges_core.diffusion.noise import START, noise_on
from exges_core.diffusion.predictor import Asked, Predictor
from exges_core.diffusion.sampler import DEFAULT_SAMPLER, DEFAULT_STEPS, SAMPLERS, timesteps_of
from exges_core.diffusion.schedule import cosine_schedule
from exges_core.diffusion.sections import LongformConfig, sections_of
from exges_core.errors import InputError, message
from exges_core.postprocess.residual import spread_residual
from exges_core.protocol import OnProgress, Progress, ignore_progress
from exges_core.timeline import Window

RELEASE_SHARE = 0.2
"""A soft entry of full confidence is observed down to this share of the timesteps, one of confidence 0 never."""


_WINDOWS = LongformConfig()


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a motion is drawn from the network.

    Attributes:
        style: a speaker's name, or None for nobody's.
        seed: one seed, one motion.
        sampler: a name of `sampler.SAMPLERS`.
        steps: of the sampler; None = its default.
        guidance: scale of audio guidance; 1 = off (and half the work).
        score_guidance: scale of guidance on the score, the sound given; 1 = off. Without a score it does nothing.
        keeps_posture: gesture about the posture that keys show, where it is foreign to the network.
        config: windows.
    """

    style: str | None
    seed: int
    sampler: str = DEFAULT_SAMPLER
    steps: int | None = None
    guidance: float = 1.0
    score_guidance: float = 1.0
    keeps_posture: bool = True
    config: LongformConfig = _WINDOWS


def generate(
    model: Predictor,
    audio_features: Float[Array, "frames audio_channels"],
    observed: Observed,
    sampling: Sampling,
    *,
    score: Float[Array, "frames score_channels"] | None = None,
    batches: Batches | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Float[Array, "frames 337"]:
    """Return motion features (not normalised) for the whole sound, one row per frame.

    Hard observed entries are in it exactly (bit-equal); what they differ from the network's own motion is spread over
    neighbouring frames. Soft ones shape the motion for a share of the denoising that grows with their confidence.

    Args:
        model: the network and what belongs to it.
        audio_features: fixes the number of frames, any from 1.
        observed: of the same frames.
        sampling: style, seed, sampler and windows.
        score: the take's strokes (`score.channels`); None = none is given, which is the paper.
        batches: how many windows a call has, and whether memory ran out; None = as `sampling` says.
        on_progress: told after every batch; may raise `Cancelled`.

    Raises:
        InputError: if lengths differ or sampler or steps are unknown.
    """
    raw = observed.target.astype(np.float32)  # where nothing is made, all is known
    pieces = stream(model, audio_features, observed, sampling, score=score, batches=batches, on_progress=on_progress)
    for start, piece in pieces:
        raw[start : start + len(piece)] = piece
    return spread_residual(raw, observed)


def stream(
    model: Predictor,
    audio_features: Float[Array, "frames audio_channels"],
    observed: Observed,
    sampling: Sampling,
    *,
    score: Float[Array, "frames score_channels"] | None = None,
    batches: Batches | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[tuple[int, Float[Array, "_ 337"]]]:
    """Yield the network's own motion section by section as (first frame, features), in bounded memory.

    As `generate`, whose arguments these are, but hard entries are observed only: nothing is pinned afterwards. A
    posture that is foreign to the network is taken off what it observes, and put back on what it makes (`posture`).
    Nothing is made of frames that are known whole and lie more than a window before or after all others.
    """
    posture = foreign_posture(observed, model.stats) if sampling.keeps_posture else None
    if posture is not None:
        observed = replace(observed, target=observed.target - posture)
    schedule = cosine_schedule(model.config.training_steps)
    count = steps_of(len(audio_features), observed, score, sampling, schedule.steps)
    places = timesteps_of(sampling.sampler, schedule, count)
    window = model.config.window_frames
    sections = sections_of(max(len(audio_features), window), window, sampling.config, is_known=observed.is_known)
    meter = Meter(count * len(sections), on_progress)
    for section in sections:
        first, stop = section.windows[0].start, min(section.windows[-1].stop, len(audio_features))
        part = slice(first, stop)
        told = None if score is None else score[part]
        take = DenoisedTake(
            model, audio_features[part], observed.cut(part), told, section.windows, sampling, count, meter, batches
        )
        noise = partial(noise_on, take.frames, sampling.seed, start=take.start)
        clean = SAMPLERS[sampling.sampler](take.denoise, noise(START), schedule=schedule, timesteps=places, noise=noise)
        kept = clean[section.start - first : min(section.stop, stop) - first]
        made = model.stats.denormalise(kept)
        if posture is not None:
            made += posture[section.start : section.start + len(made)]
        yield section.start, made


def steps_of(frames: int, observed: Observed, score: Array | None, sampling: Sampling, most: int) -> int:
    """Return how many steps the sampler takes.

    Raises:
        InputError: if lengths differ or sampler or steps are unknown.
    """

    def wrong(expected: str, got: str, where: str) -> InputError:
        return InputError(message(expected=expected, got=got, where=where, do="Change it."))

    if frames < 1 or observed.frames != frames:
        raise wrong(f"sound and mask of equal length, got sound of {frames} frames", f"{observed.frames}", "generate")
    if score is not None and score.shape != (frames, SCORE_CHANNELS):
        raise wrong(f"a score of shape ({frames}, {SCORE_CHANNELS})", f"{score.shape}", "generate")
    if sampling.sampler not in SAMPLERS:
        raise wrong(f"one of {', '.join(SAMPLERS)}", sampling.sampler, "sampler")
    count = DEFAULT_STEPS[sampling.sampler] if sampling.steps is None else sampling.steps
    if not 1 <= count <= most:
        raise wrong(f"1 to {most}", str(count), "steps")
    return count


@dataclass
class Meter:
    """Counts denoising steps, of all sections, and tells progress."""

    steps: int
    on_progress: OnProgress
    step: int = 0

    def tell(self, share_of_step: float) -> None:
        """Tell how far the step in hand is."""
        fraction = min((self.step + share_of_step) / self.steps, 1.0)
        self.on_progress(Progress(stage="diffusion", fraction=fraction, note=f"step {self.step + 1} of {self.steps}"))


class DenoisedTake:
    """A take, or a section of one, as the samplers see it: a callable from noisy to clean."""

    def __init__(
        self,
        model: Predictor,
        audio_features: Float[Array, "frames audio_channels"],
        observed: Observed,
        score: Float[Array, "frames score_channels"] | None,
        windows: tuple[Window, ...],
        sampling: Sampling,
        steps: int,
        meter: Meter,
        batches: Batches | None = None,
    ) -> None:
        self.model, self.guidance, self.meter = model, sampling.guidance, meter
        self.batches = batches or Batches(sampling.config.windows_per_batch)
        self.steps_left = steps
        self.start = windows[0].start
        self.frames = windows[-1].stop - self.start
        self.windows = tuple(Window(start=each.start - self.start, stop=each.stop - self.start) for each in windows)
        padding = self.frames - len(audio_features)
        # A take shorter than a window is denoised as one whose end rings on.
        self.audio = np.pad(audio_features.astype(np.float32), ((0, padding), (0, 0)), mode="edge")
        self.score = None
        if score is not None and model.config.has_score:
            self.score = np.pad(score.astype(np.float32), ((0, padding), (0, 0)), mode="edge")
        self.score_guidance = 1.0 if self.score is None else sampling.score_guidance
        self.style = model.style_index(sampling.style)
        self.weight = _weight_in_window(model.config.window_frames)
        self.total_weight = np.zeros((self.frames, 1), np.float32)
        for each in self.windows:
            self.total_weight[each.start : each.stop] += self.weight
        self.is_free = observed.is_empty
        if not self.is_free:
            self._take_observed(observed, padding)

    def denoise(self, x: Array, timestep: int) -> Float[Array, "frames channels"]:
        """Return the blended prediction of the clean take; observed entries are imposed on both sides (Eq. 8)."""
        self.begin(x, timestep)

        def call(part: Sequence[Window]) -> None:
            self.blend(part, answered(self.model, self.asked(part), self.guidance, self.score_guidance))

        count = len(self.windows)
        self.batches.each(self.model, self.windows, call, lambda done: self.meter.tell(done / count))
        self.meter.step += 1
        return self.end()

    def begin(self, x: Array, timestep: int) -> None:
        """Begin a step: impose what is observed on the noisy take."""
        self.timestep = timestep
        self.is_shown = None if self.is_free else self._is_shown(timestep)
        self.x = x if self.is_shown is None else np.where(self.is_shown, self.target, x)
        if self.is_shown is not None:
            self._show(groups_of_channels(self.is_shown))
        self.clean = np.zeros_like(x)

    def blend(self, part: Sequence[Window], found: Float[Array, "windows frames channels"]) -> None:
        """Take up what the network says of some windows."""
        for each, window in zip(found, part, strict=True):
            self.clean[window.start : window.stop] += each * self.weight

    def end(self) -> Float[Array, "frames channels"]:
        """Return the blended prediction of a step, once all its windows are taken up."""
        clean = self.clean / self.total_weight
        self.steps_left -= 1
        if self.is_shown is None or not self.steps_left:
            # The last prediction stays the network's own: `spread_residual` pins it without a pop.
            return clean
        return np.where(self.is_shown, self.target, clean)

    def asked(self, part: Sequence[Window]) -> Asked:
        """Return what the network is asked about some windows."""

        def cut(array: Array) -> Array:
            return np.stack([array[each.start : each.stop] for each in part])

        state = cut(self.x)
        shown = np.zeros((*state.shape[:2], GROUPS), np.bool_) if self.is_free else cut(self.groups)
        return Asked(
            x=state,
            is_observed=shown,
            given=None if self.is_free else self._guess(part, shown, cut),
            audio=cut(self.audio),
            score=None if self.score is None else cut(self.score),
            timestep=self.timestep,
            style=np.full(len(part), self.style, np.int64),
        )

    def _guess(self, part: Sequence[Window], shown: Array, cut: Callable[[Array], Array]) -> Array | None:
        """Return what the observed entries of windows say of the rest; worked out once while the mask stays."""
        correlation = self.model.correlation
        if correlation is None:
            return None
        place = (part[0].start, len(part))
        if place not in self.guesses:
            self.guesses[place] = krige(cut(self.target), shown, correlation)
        return self.guesses[place]

    def _take_observed(self, observed: Observed, padding: int) -> None:
        def padded(array: Array) -> Array:
            return np.pad(array, [(0, padding)] + [(0, 0)] * (array.ndim - 1))

        known = np.where(observed.is_observed, observed.target, self.model.stats.mean)
        self.target = padded(self.model.stats.normalise(known).astype(np.float32))
        self.is_observed = padded(observed.is_observed)
        self.is_hard = padded(observed.is_hard)
        self.confidence = padded(observed.confidence.astype(np.float32))
        self.groups: Bool[Array, "frames groups"] = np.zeros((self.frames, GROUPS), np.bool_)
        self.guesses: dict[tuple[int, int], Array] = {}

    def _is_shown(self, timestep: int) -> Bool[Array, "frames channels"]:
        """Return what is observed at a timestep: hard entries always, soft ones until they are released."""
        is_kept = timestep / self.model.config.training_steps >= 1 - self.confidence * (1 - RELEASE_SHARE)
        return self.is_observed & (self.is_hard | is_kept[:, None])

    def _show(self, groups: Bool[Array, "frames groups"]) -> None:
        if not np.array_equal(groups, self.groups):
            self.groups, self.guesses = groups, {}


def answered(
    model: Predictor, asked: Asked, guidance: float, score_guidance: float
) -> Float[Array, "windows frames channels"]:
    """Return the network's answer, pushed towards sound and score where guidance is other than 1."""
    found = plain = model.answer(asked)
    if score_guidance != 1.0:
        plain = model.answer(asked._replace(score=None))
        found = guided(found, plain, score_guidance)
    if guidance == 1.0:
        return found
    # Each condition is pushed on its own: the score beside the sound alone, the sound beside neither.
    unheard = None if score_guidance != 1.0 else asked.score
    deaf = model.answer(asked._replace(is_heard=False, score=unheard))
    return found + guided(plain, deaf, guidance) - plain


def _weight_in_window(frames: int) -> Float[Array, "frames 1"]:
    """Return how much each frame of a window counts where windows overlap.

    Steep, for windows are rough at their ends, where they see one side only: with the square, jerk at seams was 1.09
    times that elsewhere, so it is 1.05.
    """
    phase = (np.arange(frames, dtype=np.float32) + np.float32(0.5)) * np.float32(np.pi / frames)
    return (np.sin(phase) ** 6 + np.float32(1e-9))[:, None]
