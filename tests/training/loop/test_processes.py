import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import hashlib
import sys
import numpy as np
import torch
from retrieval.sets import random_set
from training.retrieval.presets import RETRIEVAL_MODEL_TINY, RETRIEVAL_TRAINING_TINY
from training.loop.processes import Processes
from training.retrieval.training_step import make_state, train_step

processes = Processes.started(2, device="cpu")
data = random_set(np.random.default_rng(0), 32)
state = make_state(RETRIEVAL_MODEL_TINY, RETRIEVAL_TRAINING_TINY, data, seed=1, device="cpu")
for step in range(2):
    rows = np.arange(8) + 8 * (2 * step + processes.rank)
    pairs = data.pairs(rows, jitter_frames=0, generator=np.random.default_rng(0))
    train_step(state, pairs, RETRIEVAL_TRAINING_TINY, progress=0.1, seed=step, processes=processes)
weights = torch.cat([each.detach().flatten() for each in state.trained().values()])
queue = state.queue.state()
digest = hashlib.sha256(weights.numpy().tobytes() + queue["audio"].numpy().tobytes()).hexdigest()
sys.stdout.write(f"RESULT {processes.rank} {digest} {queue['identity'].tolist()}\\n")
"""


def test_two_processes_stay_alike_and_see_each_others_batches(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(SCRIPT)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = sorted(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    assert len(lines) == 2, done.stderr[-2000:]
    assert lines[0].split(" ", 2)[2] == lines[1].split(" ", 2)[2]
    assert lines[0].endswith(str(list(range(32))))
