"""How fast the authored corpus is made: speech and motion apart, per core (`python -m benchmarks.corpus`)."""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np

from training.corpus.gesture.behaviour import act
from training.corpus.production.dataset import plan_of
from training.corpus.speech.speaking import speak
from training.corpus.speech.voices import voice_of
from training.corpus.text.monologue import write_monologue

_TARGET_S = 58.0


def main() -> int:
    """Make some takes in this process and print how many times faster than real time each stage is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takes", type=int, default=8, help="how many, each by another voice")
    options = parser.parse_args()
    spent = {"text": 0.0, "speech": 0.0, "motion": 0.0}
    seconds = 0.0
    for index in range(options.takes):
        plan, generator = plan_of(index, kokoro_share=0.0), np.random.default_rng([9, index])
        marks = [time.process_time()]
        sentences = write_monologue(generator=generator, target_duration_s=_TARGET_S, split=plan.split)
        marks.append(time.process_time())
        take = speak(sentences, voice_of(plan.speaker.voice), generator=generator, take_id=plan.id)
        marks.append(time.process_time())
        act(take, plan.speaker, generator=generator)
        marks.append(time.process_time())
        for stage, before, after in zip(spent, marks, marks[1:], strict=False):
            spent[stage] += after - before
        seconds += take.duration_s
    print(f"{options.takes} takes, {seconds / 60:.1f} minutes; processor time of one core")
    for stage, used_s in spent.items():
        print(f"{stage:8s} {seconds / max(used_s, 1e-9):8.0f} times faster than real time")
    print(f"{'all':8s} {seconds / sum(spent.values()):8.0f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
