"""Folders in BEAT2's layout become arrays: names, splits, lengths, the cache."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.datasets.recordings import read_folder, speaker_of
from exges_core.errors import InputError
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import clip_from_features, home_anchor
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec
from training.data.augment_presets import AUGMENTATION
from training.data.labels import read_marks
from training.data.recordings import arrays_of, corpus_hash, read_arrays, recorded

TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.0
            text = "hello"
"""


def write_take(folder: Path, name: str, *, frames: int, seconds: float, generator: np.random.Generator) -> None:
    for part in ("smplxflame_30", "wave16k", "textgrid"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    rotvecs = 0.1 * np.sin(np.arange(frames)[:, None, None] / 9 + generator.uniform(0, 6, (55, 3)))
    roots = np.tile([0.5, 0.9, -0.3], (frames, 1))
    clip = MotionClip(local_quat_wxyz=quat_from_rotvec(rotvecs), root_position_m=roots, frame_rate_hz=30.0)
    write_npz(folder / "smplxflame_30" / f"{name}.npz", clip)
    sound = Waveform(samples=generator.normal(0, 0.05, round(seconds * 16_000)).astype(np.float32))
    write_waveform(folder / "wave16k" / f"{name}.wav", sound)
    (folder / "textgrid" / f"{name}.TextGrid").write_text(TEXTGRID)


def write_labels(folder: Path, name: str) -> None:
    for part in ("sem", "events"):
        (folder / part).mkdir(exist_ok=True)
    (folder / "sem" / f"{name}.txt").write_text("offer\t0.400\t1.200\t0.800\t9\thello\n")
    (folder / "events" / f"{name}.json").write_text('{"word_events": [{"text": "hello", "stress_s": 0.6}]}')


@pytest.fixture
def folder(tmp_path: Path, generator: np.random.Generator) -> Path:
    data = tmp_path / "data"
    write_take(data, "1_ada_0_1_1", frames=60, seconds=2.0, generator=generator)
    write_take(data, "2_van_dyke_0_1_1", frames=75, seconds=2.0, generator=generator)
    write_take(data, "3_bob_0_1_1", frames=60, seconds=2.0, generator=generator)
    rows = "id,type\n1_ada_0_1_1,train\n2_van_dyke_0_1_1,train\n3_bob_0_1_1,val\n"
    (data / "train_test_split.csv").write_text(rows)
    return data


def test_names_of_speakers() -> None:
    assert [speaker_of(name) for name in ("2_scott_0_1_1", "7_van_dyke_0_3_3", "my take")] == ["scott", "van_dyke", ""]


def test_takes_become_arrays(folder: Path) -> None:
    takes = read_arrays(folder, "train", cache=None)
    assert [(take.id, take.speaker, take.split, take.frames) for take in takes] == [
        ("1_ada_0_1_1", "ada", "train", 60),
        ("2_van_dyke_0_1_1", "van_dyke", "train", 60),
    ]
    assert [(take.motion.dtype, take.audio.dtype) for take in takes] == [(np.float16, np.float16)] * 2
    assert [word.text for word in takes[0].words] == ["hello"]
    clip = read_folder(folder, "train")[0].clip
    back = clip_from_features(takes[0].motion.astype(np.float32), home_anchor(clip), 30.0)
    np.testing.assert_allclose(back.positions_m(), clip.positions_m(), atol=3e-3)


def test_the_cache_answers_alike_until_something_changes(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    fresh = read_arrays(folder, "all", cache=cache, workers=2)
    cached = read_arrays(folder, "all", cache=cache)
    assert corpus_hash(fresh) == corpus_hash(cached)
    assert [(take.id, take.words, take.segments) for take in fresh] == [
        (take.id, take.words, take.segments) for take in cached
    ]
    assert len(list(cache.iterdir())) == 1
    write_take(folder, "3_bob_0_1_1", frames=50, seconds=2.0, generator=np.random.default_rng(9))
    assert read_arrays(folder, "val", cache=cache)[0].frames == 50
    assert read_arrays(folder, "all", cache=cache)[2].frames == 50


def test_labels_come_along_and_are_kept_in_the_cache(folder: Path, tmp_path: Path) -> None:
    write_labels(folder, "1_ada_0_1_1")
    (mark,) = read_marks(folder, "1_ada_0_1_1")
    assert (mark.name, mark.start_s, mark.end_s) == ("offer", 0.4, 1.2)
    take = recorded(folder, read_folder(folder, "train")[0])
    assert (take.marks, take.stresses_s) == ((mark,), (0.6,))
    for _ in range(2):
        assert [each.marks for each in read_arrays(folder, "train", cache=tmp_path / "cache")] == [(mark,), ()]
    (folder / "events" / "1_ada_0_1_1.json").write_text("{}")
    with pytest.raises(InputError, match="events"):
        recorded(folder, read_folder(folder, "train")[0])


def test_copies_say_the_same_in_other_voices(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    always_faster = replace(AUGMENTATION, tempo_share=1.0, tempo=(1.05, 1.1))
    plain = read_arrays(folder, "train", cache=cache)
    takes = read_arrays(folder, "train", cache=cache, copies=2, augmentation=always_faster)
    assert [take.id for take in takes] == [f"{take.id}{copy}" for take in plain for copy in ("", "~1", "~2")]
    assert corpus_hash(plain) == corpus_hash([take for take in takes if "~" not in take.id])
    for original, copy in zip(plain, takes[1::3], strict=True):
        assert (copy.speaker, copy.split) == (original.speaker, original.split)
        assert original.frames / 1.11 < copy.frames < original.frames / 1.04
        assert [word.text for word in copy.words] == [word.text for word in original.words]
        assert original.words[0].start_s / 1.11 < copy.words[0].start_s < original.words[0].start_s / 1.04
        assert not np.array_equal(copy.audio, original.audio[: copy.frames])
    again = read_arrays(folder, "train", cache=None, copies=2, augmentation=always_faster)
    assert corpus_hash(again) == corpus_hash(takes)
    other = read_arrays(folder, "train", cache=cache, copies=2, augmentation=always_faster, seed=1)
    assert corpus_hash(other) != corpus_hash(takes)
    assert len(list(cache.iterdir())) == 3


def test_what_does_not_fit_is_refused_or_said(
    folder: Path, generator: np.random.Generator, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InputError, match="split"):
        read_folder(folder, "training")
    with pytest.raises(InputError, match="split test"):
        read_folder(folder, "test")
    with pytest.raises(InputError, match="smplxflame_30"):
        read_folder(folder / "nowhere", "all")
    with caplog.at_level(logging.INFO, "training.data.recordings"):
        arrays_of(recorded(folder, read_folder(folder, "train")[1]))
    assert "trimmed" in caplog.text
    write_take(folder, "1_ada_0_1_1", frames=95, seconds=2.0, generator=generator)
    with pytest.raises(InputError, match="1_ada_0_1_1"):
        arrays_of(recorded(folder, read_folder(folder, "train")[0]))
    (folder / "wave16k" / "1_ada_0_1_1.wav").unlink()
    with pytest.raises(InputError, match="a sound"):
        read_folder(folder, "train")


def test_takes_that_the_split_names_and_nobody_has_are_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "smplxflame_30" / "2_ben_0_1_1.npz").unlink(missing_ok=True)
    split = folder / "train_test_split.csv"
    split.write_text(split.read_text() + "9_nobody_0_1_1,train\n")
    read_folder(folder, "train")
    assert "of its takes have no motion here" in caplog.text
    assert "9_nobody_0_1_1" in caplog.text


def test_its_motion_alone_is_not_taken_for_the_folder(folder: Path) -> None:
    """Its splits lie above: read from in there, test takes would be trained on."""
    with pytest.raises(InputError, match=rf"got its motion alone\. Point to {folder}\.$"):
        read_folder(folder / "smplxflame_30", "train")


def test_an_empty_split_tells_which_there_are(folder: Path) -> None:
    split = folder / "train_test_split.csv"
    split.write_text(split.read_text().replace(",train", ",training"))
    with pytest.raises(InputError, match=r"expected takes of split train, got .*training"):
        read_folder(folder, "train")


def test_labels_that_are_no_text_are_refused_in_one_line(folder: Path) -> None:
    (folder / "sem").mkdir(exist_ok=True)
    (folder / "sem" / "1_ada_0_1_1.txt").write_bytes(b"01_beat_align\t0.0\t1.0\t1\t1\tcaf\xe9\n")
    with pytest.raises(InputError, match=r"1_ada_0_1_1\.txt: expected gesture labels, got .*Save it as UTF-8"):
        read_marks(folder, "1_ada_0_1_1")


def test_without_a_split_file_everything_is_training(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "train_test_split.csv").unlink()
    assert len(read_folder(folder, "train")) == 3
    assert "absent" in caplog.text


def test_the_real_clip_is_read(real_clip_folder: Path, tmp_path: Path) -> None:
    for part, suffix in (("smplxflame_30", "npz"), ("wave16k", "wav"), ("textgrid", "TextGrid")):
        (tmp_path / part).mkdir()
        shutil.copy(real_clip_folder / f"2_scott_0_1_1.{suffix}", tmp_path / part)
    take = read_arrays(tmp_path, "train", cache=None)[0]
    assert (take.speaker, take.frames) == ("scott", 1906)
    assert len(take.words) > 150
    assert len(take.segments) > 20
    assert np.isfinite(take.motion).all()


def test_takes_side_by_side_read_like_the_layout(folder: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for kind, suffix in (("smplxflame_30", "npz"), ("wave16k", "wav"), ("textgrid", "TextGrid")):
        for path in (folder / kind).glob(f"*.{suffix}"):
            (flat / path.name).write_bytes(path.read_bytes())
    own, layout = read_folder(flat, "all"), read_folder(folder, "all")
    assert [take.id for take in own] == [take.id for take in layout]
    for one, other in zip(own, layout, strict=True):
        assert np.array_equal(one.clip.local_quat_wxyz, other.clip.local_quat_wxyz)
        assert np.array_equal(one.waveform.samples, other.waveform.samples)
        assert one.words == other.words


def test_a_real_recording_reads_with_the_same_code(real_clip_folder: Path) -> None:
    (take,) = read_folder(real_clip_folder, "train")
    assert take.speaker == "scott"
    arrays = arrays_of(recorded(real_clip_folder, take))
    assert arrays.motion.shape == (take.clip.frames, 337)
    assert len(take.words) > 150
