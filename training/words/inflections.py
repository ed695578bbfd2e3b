"""English inflections undone: from a form as it is spoken to the words it may be a form of. Only text.

Regular endings by rule, kept only where a dictionary has the result; irregular forms from a table.
"""

from __future__ import annotations

from collections.abc import Callable

_IRREGULAR = """
arise arose arisen|awake awoke awoken|bear bore borne|beat beaten|become became|begin began begun|bend bent|bind bound|
bite bit bitten|bleed bled|blow blew blown|break broke broken|breed bred|bring brought|build built|burn burnt|
buy bought|catch caught|choose chose chosen|cling clung|come came|creep crept|deal dealt|dig dug|draw drew drawn|
dream dreamt|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed|feel felt|fight fought|
find found|flee fled|fling flung|fly flew flown|forbid forbade forbidden|forget forgot forgotten|
forgive forgave forgiven|freeze froze frozen|get got gotten|give gave given|go went gone|grind ground|grow grew grown|
hang hung|hear heard|hide hid hidden|hold held|keep kept|kneel knelt|know knew known|lay laid|lead led|leap leapt|
learn learnt|leave left|lend lent|lie lay lain|light lit|lose lost|make made|mean meant|meet met|overcome overcame|
pay paid|ride rode ridden|ring rang rung|rise rose risen|run ran|say said|see saw seen|seek sought|sell sold|send sent|
sew sewn|shake shook shaken|shine shone|shoot shot|show shown|shrink shrank shrunk|sing sang sung|sink sank sunk|
sit sat|sleep slept|slide slid|sling slung|speak spoke spoken|spend spent|spin spun|spring sprang sprung|stand stood|
steal stole stolen|stick stuck|sting stung|stride strode|strike struck|strive strove striven|swear swore sworn|
sweep swept|swell swollen|swim swam swum|swing swung|take took taken|teach taught|tear tore torn|tell told|
think thought|throw threw thrown|tread trod trodden|understand understood|wake woke woken|wear wore worn|
weave wove woven|weep wept|win won|wind wound|wring wrung|write wrote written|good better best|bad worse worst|
far farther further|man men|woman women|child children|foot feet|tooth teeth|mouse mice|person people|life lives|
wife wives|knife knives|half halves|leaf leaves|goose geese
"""
_ENDINGS = (
    ("s", "", "nv"),
    ("ies", "y", "nv"),
    ("es", "", "nv"),
    ("ed", "", "v"),
    ("ed", "e", "v"),
    ("ied", "y", "v"),
    ("ing", "", "v"),
    ("ing", "e", "v"),
    ("er", "", "a"),
    ("er", "e", "a"),
    ("ier", "y", "a"),
    ("est", "", "a"),
    ("est", "e", "a"),
    ("iest", "y", "a"),
)
"""An ending, what stands in its place, and of which parts of speech: noun, verb, adjective."""
_DOUBLING = frozenset(("ed", "ing", "er", "est"))
_SHORTEST = 4


def _table() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in "".join(_IRREGULAR.split("\n")).split("|"):
        base, *forms = group.split()
        for form in forms:
            found[form] = (*found.get(form, ()), base)
    return found


_BASES = _table()


def bases_of(word: str, is_known: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Return the words that a word is an inflected form of, each once; none for a base form.

    Args:
        word: lower case.
        is_known: whether a dictionary has a word as one of some parts of speech ("nv": noun or verb).
    """
    found = list(_BASES.get(word, ()))
    for ending, instead, parts in _ENDINGS if len(word) >= _SHORTEST else ():
        if not word.endswith(ending):
            continue
        stem = word[: -len(ending)]
        options = [stem + instead]
        if not instead and ending in _DOUBLING and stem[-1:] == stem[-2:-1] and len(stem) >= _SHORTEST:
            options.append(stem[:-1])
        found.extend(option for option in options if option != word and is_known(option, parts))
    return tuple(dict.fromkeys(found))
