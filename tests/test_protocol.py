import pytest

from exges_core.errors import WorkerError
from exges_core.protocol import (
    Cancel,
    Failure,
    Hello,
    Idle,
    JobProgress,
    Message,
    Plan,
    Request,
    Result,
    decode,
    encode,
)

MESSAGES: list[Message] = [
    Request(id="a", speech="/x/ü b.wav", outputs=("/x/o.npz", "/x/o.bvh"), seed=7, steps=None),
    Request(id="b", speech="/b.wav", outputs=("/o.npz",), score="/s.json", score_out="/t.json", vividness=0.5),
    Request(id="c", speech="/c.wav", outputs=("/o.npz",), use_score=False),
    Plan(id="d", speech="/d.wav", score_out="/s.json", seed=3, vividness=2.0, library=("default", "/mine")),
    Idle(id="e", seconds=8.5, outputs=("/o.npz", "/o.bvh"), speaker="ada", seed=4, fps=24.0, closes=True),
    Result(id="a", outputs=("/x/o.npz",), report={"rtf": 0.1, "words": [{"text": "hi"}]}),
    Failure(id="a", kind="AudioError", text="x: expected sound, got nothing.", exit_code=2),
    Hello(exges_version="0", backend="torch", device="cpu", speakers=("a", "b")),
    JobProgress(id="a", stage="words", fraction=0.5),
    Cancel(id="a"),
]


@pytest.mark.parametrize("record", MESSAGES, ids=lambda each: type(each).__name__)
def test_a_message_survives_its_line(record: Message) -> None:
    line = encode(record)
    assert "\n" not in line
    assert decode(line) == record


@pytest.mark.parametrize(
    "line", ["", "x", "[]", "{}", '{"type": "nothing"}', '{"type": "cancel", "id": "a", "extra": 1}']
)
def test_what_is_no_message_is_refused(line: str) -> None:
    with pytest.raises(WorkerError):
        decode(line)
