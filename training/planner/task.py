"""The planner as a training task: how likely is, stroke by stroke, what the speakers really did?"""

from __future__ import annotations

import copy
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional

from exges_core.arrays import Array, whole_numbers
from exges_core.planning.bins import edges_of
from exges_core.planning.known_words import KnownWords
from exges_core.planning.planner_config import QUANTITIES, TIMINGS, PlannerConfig
from exges_core.planning.planner_model import LoadedPlanner
from exges_core.planning.planner_network import PlannerNetwork, Shown
from exges_core.planning.tokens import spelling
from exges_core.planning.word_habits import WordHabits
from exges_core.tensors import manual_seed
from training.loop.network_task import NetworkTask
from training.loop.task import Draws, State
from training.planner.samples import AS_IT_IS, Codes, Sample, Shaking, counted, matches, quantities, sample_of, shaken
from training.planner.takes import PlannerTake

_PARTS: tuple[str, ...] = ("whether", "which")
"""Of the network: each is kept from when it was best, for deciding whether there is a stroke overfits first."""
_LEAST_MET, _MOST_WORDS = 3, 5000


SHAKING = Shaking(
    jitter_s=0.02, lost=0.04, wordless=0.12, tempo=0.06, settled=0.3, kindless=0.08, strange=0.12, unknown=0.04
)


@dataclass(frozen=True, kw_only=True)
class PlannerPreset:
    """Everything about training a planner but its data and duration.

    Attributes:
        batch: takes per step.
        learning_rate: the highest, after `warmup_steps`; falls as a cosine to `last_rate_share` of it.
        passes: over the takes: of the whole training, where nobody says otherwise, and after which what says whether
            there is a stroke learns no more.
        hint: weight of the kinds that it is asked for beside.
        weight_decay: AdamW's.
        shaking: how takes are varied; variants: of each take, made once.
        no_style: share of the samples whose style is not told.
        noise: sd added to scalars; vector_noise: to words' vectors; no_vector: share of vectors left out.
        stroke_scale, kind_scale: as in `PlannerConfig`: a network that has seen a few hours is less sure than a speaker
            is; of 1 to 5 and 1 to 3, chosen on the validation split.
        middle_spread: the same: what is learnt of a stroke's place is wider than speakers are, and a place far off the
            stress meets nobody's stroke.
        clip_norm: of the gradient.
        ema: decay of the averaged weights.
    """

    batch: int = 16
    learning_rate: float = 2e-3
    warmup_steps: int = 60
    last_rate_share: float = 0.02
    passes: float = 40.0
    hint: float = 1.0
    weight_decay: float = 0.05
    shaking: Shaking = SHAKING
    variants: int = 5
    no_style: float = 0.13
    noise: float = 0.1
    vector_noise: float = 0.03
    no_vector: float = 0.2
    stroke_scale: float = 3.0
    kind_scale: float = 1.5
    middle_spread: float = 0.2
    clip_norm: float = 1.0
    ema: float = 0.99


def codes_of(takes: Sequence[PlannerTake], bins: int) -> Codes:
    """Return the kinds, speakers, frequent words and bins of training takes."""
    kinds = sorted({stroke.kind for take in takes for stroke in take.score.strokes if stroke.kind is not None})
    met = Counter(spelling(word.text) for take in takes for word in take.words)
    words = [word for word, count in met.most_common(_MOST_WORDS) if count >= _LEAST_MET and word]
    values: dict[str, list[float]] = {name: [] for name in QUANTITIES}
    for take in takes:
        tokens, strokes, origin = shaken(take, AS_IT_IS, generator=np.random.default_rng(0))
        for token, number in matches(tokens, strokes, origin).items():
            for name, value in quantities(strokes[number], float(tokens.anchor_s[token])).items():
                values[name].append(value)
    known = KnownWords(words)
    habits = WordHabits.none(len(words) + 1, len(kinds))
    parts = {take.id: counted(take, known, kinds) for take in takes}
    for part in parts.values():
        habits.count(*part)
    return Codes(
        kinds=tuple(kinds),
        styles=tuple(sorted({take.speaker for take in takes if take.speaker})),
        known=known,
        strange=known.strange_rows(),
        habits=habits,
        counted=parts,
        edges={name: edges_of(np.array(values[name]), bins) for name in QUANTITIES},
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Samples side by side, padded at the end; `is_token` tells what is real."""

    scalars: Tensor
    rows: Tensor
    weights: Tensor
    vectors: Tensor
    odds: Tensor
    shares: Tensor
    counts: Tensor
    memory: Tensor
    last_kind: Tensor
    has_stroke: Tensor
    has_kind: Tensor
    kind: Tensor
    hand: Tensor
    log_size: Tensor
    bins: Tensor
    gaps: Tensor
    style: Tensor
    is_token: Tensor


def batch_of(samples: Sequence[Sample]) -> Batch:
    """Pad samples to the longest."""
    length = max(len(sample.counts) for sample in samples)
    names = [name for name in Batch.__dataclass_fields__ if name not in ("style", "is_token")]

    def padded(array: Array) -> Array:
        return np.pad(array, [(0, length - len(array))] + [(0, 0)] * (array.ndim - 1))

    stacked = {name: torch.as_tensor(np.stack([padded(getattr(each, name)) for each in samples])) for name in names}
    is_token = np.stack([np.arange(length) < len(each.counts) for each in samples]).astype(np.float32)
    style = torch.tensor([each.style for each in samples])
    return Batch(**stacked, style=style, is_token=torch.as_tensor(is_token))


def planner_losses(network: PlannerNetwork, batch: Batch) -> dict[str, Tensor]:
    """Return the mean negative log likelihood per token of each decision, and of all ("loss")."""
    shown = Shown(
        batch.scalars,
        batch.rows,
        batch.weights,
        batch.vectors,
        batch.odds,
        batch.shares,
        batch.style,
        batch.is_token,
    )
    is_here = batch.is_token > 0
    counts = batch.counts[is_here]
    made = batch.memory[is_here], batch.last_kind[is_here]
    seen, coded = network.whether.encode(shown)[is_here], network.encode(shown)[is_here]
    wrong = functional.binary_cross_entropy_with_logits(
        network.whether(seen, *made), batch.has_stroke[is_here], reduction="none"
    )
    chosen = (batch.has_stroke[is_here] * counts) > 0
    truth = {
        name: getattr(batch, name)[is_here][chosen]
        for name in ("kind", "hand", "log_size", "bins", "gaps", "has_kind", "shares")
    }
    sums = {"stroke": (wrong * counts).sum()}
    named = truth["has_kind"] > 0
    if network.config.kinds and bool(named.any()):
        sums["hint"] = _wrong(network.whether.hinted(seen[chosen][named]), truth["kind"][named])
    sums |= _which_sums(network, coded[chosen], network.trunk(coded, *made)[chosen], truth)
    total = counts.sum().clamp_min(1.0)
    found = {name: value / total for name, value in sums.items()}
    return {"loss": torch.stack(list(found.values())).sum(), **found}


def _which_sums(
    network: PlannerNetwork, coded: Tensor, trunk: Tensor, truth: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return how unlikely the strokes that were made are, one decision after the other."""
    kind, hand, named = truth["kind"], truth["hand"], truth["has_kind"] > 0
    found: dict[str, Tensor] = {}
    if network.config.kinds and bool(named.any()):
        found["kind"] = _wrong(network.kind_logits(coded, trunk, truth["shares"])[named], kind[named])
    found["hand"] = _wrong(network.hand_logits(trunk, kind), hand)
    found["size"] = _wrong(network.size_logits(trunk, kind, hand), truth["bins"][:, QUANTITIES.index("size")])
    state = network.timing_start(coded, kind, hand, truth["log_size"], truth["gaps"])
    timed: list[Tensor] = []
    for number, name in enumerate(TIMINGS):
        column = truth["bins"][:, QUANTITIES.index(name)]
        timed.append(_wrong(network.timing_logits(number, state), column))
        state = network.after(number, state, column)
    return {**found, "timing": torch.stack(timed).sum()}


def _wrong(logits: Tensor, truth: Tensor) -> Tensor:
    return functional.cross_entropy(logits, truth, reduction="sum")


def _part_of(name: str) -> str:
    return "whether" if name.startswith("whether.") else "which"


class PlannerTask(NetworkTask[PlannerNetwork]):
    """Trains a planner; `best` holds the averaged weights to which held-out takes were the likeliest so far."""

    def __init__(
        self,
        preset: PlannerPreset,
        takes: Sequence[PlannerTake],
        held_out: Sequence[PlannerTake],
        fabric: Fabric,
        *,
        seed: int,
        bins: int = 16,
    ) -> None:
        self.preset, self.seed = preset, seed
        self.takes, self.held_out = list(takes), list(held_out)
        self.codes = codes_of(takes, bins)
        self.config = PlannerConfig(
            words=len(self.codes.known.words), kinds=len(self.codes.kinds), styles=len(self.codes.styles), bins=bins
        )
        manual_seed(seed)
        network = PlannerNetwork(self.config)
        groups = [
            {"part": part, "params": [value for name, value in network.named_parameters() if _part_of(name) == part]}
            for part in _PARTS
        ]
        optimiser = torch.optim.AdamW(groups, lr=preset.learning_rate, weight_decay=preset.weight_decay)
        super().__init__(network, optimiser, fabric, preset)
        self.best = copy.deepcopy(self.average.state_dict())
        self.best_loss: dict[str, float] = dict.fromkeys(_PARTS, float("inf"))
        self._variants: dict[tuple[int, int], Sample] = {}
        self._watched = [self._plain(take) for take in self.held_out]

    def train_step(self, draws: Draws, *, rate_scale: float) -> Mapping[str, Tensor | float]:
        """Draw takes, make one step, move the average."""
        self.network.train()
        early = min(draws.step * self.preset.batch / len(self.takes) / self.preset.passes, 1.0)
        scales = {"whether": rate_scale * 0.5 * (1.0 + float(np.cos(np.pi * early))), "which": rate_scale}
        for group in self.optimiser.param_groups:
            group["lr"] = self.preset.learning_rate * scales[group["part"]]
        chosen = draws.arrays.permutation(len(self.takes))[: self.preset.batch]
        picked = whole_numbers(draws.arrays, 0, self.preset.variants, len(chosen))
        samples = [self._variant(int(take), int(number)) for take, number in zip(chosen, picked, strict=True)]
        batch = self._disturbed(batch_of(samples), draws.tensors)
        found = planner_losses(self.network.module, batch)
        hinted = (self.preset.hint - 1.0) * found.get("hint", torch.zeros(()))
        norm = self.optimise(found["loss"] + hinted, step=draws.step)
        return {**{name: value.detach() for name, value in found.items()}, "gradient": norm}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Return the losses on held-out takes, and keep the weights if they are the best."""
        if not self._watched:
            self.best = copy.deepcopy(self.average.state_dict())
            return {}
        found = {name: float(value) for name, value in planner_losses(self.average, batch_of(self._watched)).items()}
        which = found["loss"] - found["stroke"] - found.get("hint", 0.0)
        losses = {"whether": found["stroke"], "which": which}
        for part, loss in losses.items():
            if loss < self.best_loss[part]:
                self.best_loss[part] = loss
                self.best |= {
                    name: value.clone() for name, value in self.average.state_dict().items() if _part_of(name) == part
                }
        return {**found, **{f"best_{part}": loss for part, loss in self.best_loss.items()}}

    def state(self) -> State:
        """Return networks, the best weights and optimiser, as `NetworkTask.state`."""
        return {**super().state(), "best": self.best, "best_loss": self.best_loss}

    def restore(self, state: State) -> None:
        """Take a state back."""
        super().restore(state)
        self.best, self.best_loss = dict(state["best"]), dict(state["best_loss"])

    def planner(self, *, stroke_bias: float = 0.0, style_biases: tuple[float, ...] = ()) -> LoadedPlanner:
        """Return the best weights as a planner, before they are written."""
        preset = self.preset
        config = replace(
            self.config,
            stroke_bias=stroke_bias,
            style_biases=style_biases,
            stroke_scale=preset.stroke_scale,
            kind_scale=preset.kind_scale,
            middle_spread=preset.middle_spread,
        )
        network = PlannerNetwork(config)
        network.load_state_dict(self.best)
        return LoadedPlanner(
            config=config,
            kinds=self.codes.kinds,
            styles=self.codes.styles,
            known=self.codes.known,
            habits=self.codes.habits,
            edges=self.codes.edges,
            network=network.eval().requires_grad_(False),
            name="",
            sha256="",
            provenance={},
        )

    def _plain(self, take: PlannerTake) -> Sample:
        return sample_of(take, self.codes, AS_IT_IS, generator=np.random.default_rng(0))

    def _variant(self, take: int, number: int) -> Sample:
        """Return one of a take's varied samples; it depends on seed, id and number alone."""
        if (take, number) not in self._variants:
            seeds = [self.seed, number, zlib.crc32(self.takes[take].id.encode())]
            generator = np.random.default_rng(seeds)
            self._variants[take, number] = sample_of(
                self.takes[take], self.codes, self.preset.shaking, generator=generator
            )
        return self._variants[take, number]

    def _disturbed(self, batch: Batch, tensors: torch.Generator) -> Batch:
        """Hide styles, add noise."""
        preset, shape = self.preset, batch.counts.shape
        style = torch.where(torch.rand(len(batch.style), generator=tensors) < preset.no_style, 0, batch.style)
        has_vector = torch.rand(shape, generator=tensors) >= preset.no_vector
        noise = torch.randn(batch.vectors.shape, generator=tensors) * preset.vector_noise
        noisy = batch.scalars + preset.noise * torch.randn(batch.scalars.shape, generator=tensors)
        return replace(
            batch,
            style=style,
            vectors=(batch.vectors + noise * (batch.vectors != 0)) * has_vector[..., None],
            scalars=noisy,
        )
