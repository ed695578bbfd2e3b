"""Words of the monologues that no topic owns: openings, tags, times, amounts, as data. No rules here."""

from __future__ import annotations

FREE: dict[str, tuple[str, ...]] = {
    "intensely": ("very", "really", "so", "extremely", "incredibly", "pretty", "quite", "just so", "too"),
    "big": ("huge", "big", "large", "enormous", "massive", "gigantic", "great big"),
    "small": ("tiny", "small", "little", "very small"),
    "well": (
        "well, ", "so, ", "now, ", "okay, ", "you know, ", "I mean, ", "and ", "but ", "so ", "actually, ", "anyway, ",
        "and actually ", "and honestly, ", "like I said, ", "to be fair, ", "if you ask me, ", "look, ",
        "the thing is, ",
        "as far as I can tell, ", "and sometimes ", "most of the time ", "at least for me, ", "because, you know, ",
        "", "", "", "", "", "", "", "", "", "",
    ),
    "so": (
        "well, ", "so, ", "now, ", "okay, ", "and ", "so ", "anyway, ", "and so ", "but ", "oh, ", "right, ",
        "you know, ",
        "", "", "", "", "", "", "", "", "", "",
    ),
    "tail": (
        "", "", "", "", "", "", "", "", ", you know", ", I think", ", or something like that", ", I suppose",
        ", at least for me",
        ", to be honest", ", if you see what I mean", ", in my opinion", ", as always", ", of course", ", and so on",
        ", and I mean it", ", most of the time", ", kind of", ", if I remember it right",
    ),
    "somebody": ("my sister", "my brother", "a friend of mine", "my father", "my neighbour", "our guest", "my aunt"),
    "time": (
        "last year", "two years ago", "yesterday", "a long time ago", "back then", "one morning", "last summer",
        "last week",
        "the other day", "when I was young", "a few years ago", "on a rainy evening", "about a month ago",
        "last winter",
    ),
    "soon": ("tomorrow", "next year", "later", "soon", "one day", "from now on", "next week", "in the future"),
    "number": ("two", "three", "five", "ten", "four", "half a dozen", "six", "twenty", "seven"),
    "often": (
        "every day", "again and again", "over and over", "every single week", "day and night", "all the time",
        "most mornings", "every now and then", "at the weekend", "whenever I can",
    ),
    "surely": ("definitely", "absolutely", "totally", "completely", "really", "seriously", "certainly"),
    "about": ("roughly", "about", "approximately", "around", "more or less", "almost", "something like"),
    "unit": ("hours", "days", "weeks", "miles", "minutes", "people", "months"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "March", "April", "June", "August", "October", "December"),
    "said": ("said", "told me", "always says", "keeps saying", "once said", "likes to say"),
}  # fmt: skip
"""Slots that do not depend on the topic."""
