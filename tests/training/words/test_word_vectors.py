import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from exges_core import assets
from exges_core.errors import InputError
from exges_core.retrieval.word_vectors import Vocabulary, WordVectors
from training.word_vectors import Making, main
from training.words.glove import read_glove
from training.words.inflections import bases_of
from training.words.meaning_graph import MeaningGraph
from training.words.wordnet import read_wordnet

WORDS = ("the", "big", "small", "huge", "tiny", "grow", "grew", "hugely", "paris", "2019", "stone")
HEADER = "  1 a licence of some lines\n"
ADJECTIVES = """00000001 00 a 01 big 0 002 ! 00000002 a 0101 & 00000003 s 0000 | large
00000002 00 a 01 small(a) 0 002 ! 00000001 a 0101 & 00000004 s 0000 | little
00000003 00 s 02 huge 0 immense 0 001 & 00000001 a 0000 | very big
00000004 00 s 01 tiny 0 001 & 00000002 a 0000 | very small
"""
ADVERBS = "00000001 02 r 01 hugely 0 001 \\ 00000003 a 0101 | very\n"
VERBS = "00000001 30 v 01 grow 0 000 02 + 02 00 + 08 00 | get bigger\n"
NOUNS = "00000001 03 n 02 stone 0 Paris 0 000 | hard matter\n"
SENSES = "big%3:00:01:: 00000001 1 20\ngrow%2:30:00:: 00000001 1 5\n"


@pytest.fixture
def net_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dict"
    folder.mkdir()
    texts = {"data.adj": ADJECTIVES, "data.adv": ADVERBS, "data.verb": VERBS, "data.noun": NOUNS, "index.sense": SENSES}
    for name, text in texts.items():
        (folder / name).write_text((HEADER if name.startswith("data") else "") + text, encoding="utf-8")
    return folder


@pytest.fixture
def glove(tmp_path: Path) -> Path:
    """Write vectors in which opposites are used alike, as in GloVe."""
    generator = np.random.default_rng(3)
    size, other = generator.normal(size=(2, 8))
    rows = {word: generator.normal(size=8) for word in WORDS}
    for word in ("big", "small", "huge", "tiny"):
        rows[word] = size + 0.2 * generator.normal(size=8)
    rows["stone"] = other
    path = tmp_path / "glove.txt"
    lines = [f"{word} {' '.join(f'{value:.5f}' for value in row)}" for word, row in rows.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def made(glove: Path, net: Path | None, out: Path, without: Path | None = None) -> WordVectors:
    main(Making(glove=glove, wordnet=net, out=out, without=without))
    return WordVectors.read(out)


def cosine(vectors: WordVectors, one: str, other: str) -> float:
    first, second = vectors.of([one, other])
    return float(first @ second)


def test_only_words_of_meaning_are_kept_by_frequency(glove: Path, net_folder: Path, tmp_path: Path) -> None:
    vectors = made(glove, net_folder, tmp_path / "made.npz")
    assert list(vectors) == ["big", "small", "huge", "tiny", "grow", "grew", "hugely", "stone"]


def test_synonyms_come_together_and_opposites_apart(glove: Path, net_folder: Path, tmp_path: Path) -> None:
    words, raw = read_glove(glove)
    big, small = (raw[words.index(word)] for word in ("big", "small"))
    assert big @ small / np.linalg.norm(big) / np.linalg.norm(small) > 0.8
    vectors = made(glove, net_folder, tmp_path / "made.npz")
    for one, other in (("big", "small"), ("huge", "tiny"), ("huge", "small"), ("hugely", "tiny")):
        assert cosine(vectors, one, other) < 0.2
    for one, other in (("huge", "big"), ("tiny", "small"), ("hugely", "huge"), ("grew", "grow")):
        assert cosine(vectors, one, other) > 0.6
    near = Vocabulary(["big", "small", "stone"], vectors=vectors)
    assert [near.near(word)[0][0] for word in ("huge", "tiny")] == ["big", "small"]


def test_without_wordnet_there_is_glove_alone(glove: Path, tmp_path: Path) -> None:
    vectors = made(glove, None, tmp_path / "plain.npz")
    assert list(vectors) == [word for word in WORDS if word not in ("the", "2019")]


def test_a_pair_can_be_left_out_to_see_what_is_known_without(glove: Path, net_folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.toml"
    table.write_text('[pairs]\nhuge = ["hugely"]\n', encoding="utf-8")
    with_it = made(glove, net_folder, tmp_path / "with.npz")
    without = made(glove, net_folder, tmp_path / "without.npz", table)
    assert cosine(without, "huge", "hugely") < cosine(with_it, "huge", "hugely")


def test_a_pair_that_is_left_out_is_left_out_in_all_forms(net_folder: Path) -> None:
    net = read_wordnet(net_folder)
    words = ["huge", "immense", "big", "bigger"]
    graph = MeaningGraph(net=net, words=words)
    apart = MeaningGraph(net=net, words=words, apart=frozenset({("bigger", "huge")}))
    assert ("huge", "big") in graph.pulls
    assert not {("huge", "big"), ("big", "huge")} & set(apart.pulls)
    assert ("immense", "big") in apart.pulls


def test_links_are_what_wordnet_joins_in_all_forms_and_no_opposites(net_folder: Path) -> None:
    words = ["big", "bigger", "small", "huge", "immense", "hugely"]
    links = MeaningGraph(net=read_wordnet(net_folder), words=words).links()
    every = links.bases(range(len(words)))

    def linked(word: str) -> dict[str, float]:
        return dict(zip(words, links.strengths(words.index(word), every).tolist(), strict=True))

    assert linked("huge")["immense"] == pytest.approx(1.0)
    assert linked("huge")["bigger"] == linked("huge")["big"] > 0.5
    assert linked("bigger")["big"] == 1.0
    assert linked("hugely")["huge"] > linked("hugely")["immense"] == linked("huge")["small"] == 0.0


def test_the_same_sources_make_the_same_bytes_and_say_where_they_are_from(
    glove: Path, net_folder: Path, tmp_path: Path
) -> None:
    one, other = tmp_path / "one.npz", tmp_path / "other.npz"
    made(glove, net_folder, one)
    made(glove, net_folder, other)
    assert one.read_bytes() == other.read_bytes()
    about = json.loads(one.with_suffix(".json").read_text(encoding="utf-8"))
    assert set(about["sources_sha256"]["glove"]) == {"glove.txt"}
    assert len(about["sources_sha256"]["wordnet"]) == 5
    assert "PDDL" in about["licence"][0]
    assert about["licence"][1] == "a licence of some lines"


def test_what_ships_says_where_it_is_from() -> None:
    about = json.loads(assets.WORD_VECTORS.with_suffix(".json").read_text(encoding="utf-8"))
    assert about["command"].startswith("python -m training.word_vectors --glove")
    assert {"data.noun", "data.verb", "data.adj", "data.adv", "index.sense"} <= set(about["sources_sha256"]["wordnet"])
    assert hashlib.sha256(assets.WORD_VECTORS.read_bytes()).hexdigest() == about["sha256"]
    assert "PDDL" in about["licence"][0]
    assert "WordNet 3.1 Copyright 2011 by Princeton University" in about["licence"][1]
    assert "/" not in about["command"].replace("./", "")


@pytest.mark.parametrize("case", ["missing", "uneven", "no numbers", "empty folder"])
def test_vectors_that_cannot_be_read_are_named_in_one_line(tmp_path: Path, case: str) -> None:
    path = tmp_path / "glove"
    if case == "uneven":
        path.write_text("big 1 2\nsmall 1\n", encoding="utf-8")
    elif case == "no numbers":
        path.write_text("big one two\n", encoding="utf-8")
    elif case == "empty folder":
        path.mkdir()
    with pytest.raises(InputError, match="GloVe") as caught:
        read_glove(path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_wordnets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.noun"):
        read_wordnet(tmp_path)


def test_relations_are_read_and_names_left_out(net_folder: Path) -> None:
    net = read_wordnet(net_folder)
    assert set(net.senses) == {"big", "small", "huge", "immense", "tiny", "hugely", "grow", "stone"}
    assert [(each.symbol, each.other) for each in net.relations["a00000003"]] == [("&", "a00000001")]
    assert net.relations["v00000001"] == ()
    graph = MeaningGraph(net=net, words=["big", "small", "huge", "tiny"])
    assert graph.pushes["big", "small"] == graph.pushes["small", "big"] == 1.0
    assert graph.pushes["huge", "tiny"] > 0.0
    assert ("huge", "big") in graph.pulls
    assert ("huge", "tiny") not in graph.pulls


@pytest.mark.parametrize(
    ("form", "bases"),
    [
        ("grew", ("grow",)),
        ("ran", ("run",)),
        ("tried", ("try",)),
        ("stopping", ("stop",)),
        ("smaller", ("small",)),
        ("boxes", ("box",)),
        ("making", ("make",)),
        ("thing", ()),
        ("stop", ()),
    ],
)
def test_forms_go_back_to_their_base(form: str, bases: tuple[str, ...]) -> None:
    known = {"try", "stop", "small", "box", "make", "thing", "run", "grow"}
    assert bases_of(form, lambda word, _: word in known) == bases
