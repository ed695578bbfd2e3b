import numpy as np

from training.commands import command_line
from training.evaluate_retrieval import mfcc, shares_gesture


def test_the_audio_baseline_finds_a_louder_copy_first(generator: np.random.Generator) -> None:
    clips = [generator.normal(size=(frames, 84)).astype(np.float32).cumsum(axis=0) for frames in (30, 41, 35, 50, 44)]
    louder = clips[2] + 0.5
    table = mfcc([louder, *clips])
    assert int(np.argmax(table[1:] @ table[0])) == 2


def test_beats_are_no_answer() -> None:
    queries = [frozenset({"beat_up", "point_up"}), frozenset({"beat_up"})]
    gallery = [frozenset({"beat_up"}), frozenset({"point_up"}), frozenset()]
    assert shares_gesture(queries, gallery).tolist() == [[False, True, False], [False, False, False]]


def test_provenance_names_no_folders_of_this_machine() -> None:
    found = command_line("training.x", ["--data", "/data/corpus", "--minutes", "3"])
    assert found == "python -m training.x --data corpus --minutes 3"
