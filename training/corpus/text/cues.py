"""Which words can call which gesture: the "words and contexts" of the gesture lexicon, as one table. No rules here.

A star marks the word of a phrase that carries the gesture; without one its last word does. The mapping is many-to-many
on purpose: a word may call several lexemes, and whether it calls any is up to the speaker.
"""

from __future__ import annotations

_BY_LEXEME: dict[str, str] = {
    "beat_strong": "must, really, absolutely, definitely, totally, completely, the *only, so *much, every "
    "*single, seriously",
    "beat_chop": "exactly, period, number *one, number *two, number *three, final, rule, at *once, clear, clearly",
    "beat_pinch": "precisely, specifically, detail, details, exact, precise, subtle, delicate, particular, the *point",
    "beat_fist": "fight, fighting, fought, strong, stronger, power, powerful, never, win, victory, brave, force",
    "beat_alternate": "back and *forth, day and *night, more or *less, push and *pull, left and *right, "
    "sooner or *later",
    "open_spread": "generally, in *general, overall, everything, all, the *whole, everywhere, in *total, "
    "all of *it, world",
    "offer_palm_up": "for *example, for *instance, so, here *is, here *are, i *think, you *know, you "
    "*see, i *mean, of *course, well, actually, basically",
    "present_right": "on the *one hand, on one *side, this *side, but, however, although, rather",
    "present_left": "on the *other hand, on the other *side, this *side, but, however, the other *way, otherwise",
    "container": "idea, ideas, concept, topic, inside, package, about, subject, theory, story, question, "
    "problem, system",
    "size_big": "huge, big, bigger, biggest, large, enormous, massive, gigantic, great, giant",
    "size_small": "tiny, small, smaller, smallest, little, a *bit, a little *bit, detail, details, slightly",
    "size_wide": "wide, wider, across, broad, whole *world, horizon, crowd, spread",
    "size_tall": "tall, taller, high, grow *up, grew *up, growing *up, tower, mountain, mountains",
    "size_long": "long, longer, far, distance, forever, endless, the whole *way, for *years, mile, miles",
    "narrow_close": "close, closer, near, nearer, together, join, connect, connected, narrow, meet",
    "apart_split": "separate, divide, divided, different, split, apart, difference, break, broke, border",
    "up_raise": "up, rise, rises, rising, rose, increase, increases, increasing, more, higher, very, "
    "improve, grow, grows, growing, better, extremely, even *more",
    "down_lower": "down, drop, drops, dropped, dropping, decrease, decreases, less, fall, falls, falling, "
    "fell, lower, worse, sink",
    "forward_future": "next, future, will, forward, later, ahead, tomorrow, soon, *going to, one *day, from now *on",
    "back_past": "before, ago, past, back, *used to, yesterday, last *year, years *ago, once "
    "upon a *time, back *then, history",
    "around_circle": "around, or, about, roughly, kind *of, approximately, surround, more or *less, somewhere, somehow",
    "cycle_process": "keep, again, process, continue, continues, develop, developing, over and *over, "
    "again and *again, repeat, practise, every *day, routine, keeps",
    "step_series": "first *then, step by *step, gradually, one after *another, bit by *bit, day by *day, "
    "then, one by *one",
    "list_fingers": "first, second, third, firstly, secondly, thirdly, first of *all, finally, fourth",
    "number_show": "one, two, three, four, five, ten, once, twice, half",
    "point_this": "this, these, that *one, this *one, right *here",
    "point_there": "there, over *there, that, those, away, out *there",
    "point_you": "you, your, everyone, everybody, yourself, all of *you, each of *you, my *friends",
    "self_touch": "i, me, my, myself, personally, mine, in my *opinion, for *me, to *me",
    "we_sweep": "we, us, our, together, all of *us, ourselves, each *other",
    "point_up": "above, sky, attention, important, remember, warning, the main *thing, listen *carefully, heaven",
    "point_down": "here, now, today, below, right *now, on the *ground, at this *moment, under",
    "negate_shake": "no, not, never, isn't, don't, doesn't, wasn't, can't, won't, didn't, aren't, "
    "wouldn't, couldn't, no *way, not *really, not at *all, shouldn't, haven't",
    "negate_sweep": "nothing, none, at *all, finished, done, nobody, no *more, over and *done, empty, zero",
    "stop_hold": "stop, stopped, wait, hold *on, careful, one *moment, be *quiet",
    "push_away": "avoid, reject, rejected, get *rid of, *away from, refuse, refused, against, protect",
    "brush_aside": "whatever, anyway, never *mind, easy, easily, who *cares, forget *it, doesn't *matter, silly",
    "shrug": "i don't *know, maybe, who *knows, perhaps, no *idea, i'm not *sure, i have no *idea, hard to *say",
    "weigh_balance": "maybe, depends, it *depends, versus, compare, compared, balance, choose, choice, either, both",
    "uncertain_wobble": "sort *of, so *so, roughly, almost, not quite, not *quite, doubt, uncertain, possibly",
    "question_open": "what, why, how, who, where, which, when",
    "think_touch": "think, thinking, thought, remember, mind, idea, wonder, wondered, imagine, crazy, "
    "forget, forgot, dream, believe",
    "see_eyes": "see, saw, look, looked, watch, watching, watched, notice, noticed, eyes",
    "hear_ear": "hear, heard, listen, listening, listened, sound, sounds, loud, noise, voice",
    "speak_mouth": "say, says, said, tell, told, telling, talk, talking, talked, speak, speaking, asked, "
    "shouted, language",
    "quote_marks": "so-called, quote, in *quotes, as they *say, like they *say, supposedly, the word, the "
    "*word, proverb",
    "heart_feel": "feel, feeling, felt, love, loved, care, heart, honest, proud, happy, grateful, passion, touched",
    "grasp_take": "take, took, taking, get, got, grab, grabbed, understand, understood, catch, caught, "
    "hold, held, pick",
    "give": "give, gave, giving, offer, offered, provide, share, sharing, shared, present, gift, hand *over",
    "throw_away": "throw, threw, lose, lost, gone, throw *away, waste, wasted, disappeared",
    "build_stack": "build, building, built, on *top of, add, added, plus, pile, stack, level by *level, layer",
    "press_down": "calm, calm *down, slow *down, easy, relax, less, quiet, quietly, patient, settle, gently",
    "energetic": "energetic, excited, exciting, amazing, crazy, fast, faster, energy, wild, dance, run, "
    "running, thrilling",
    "explode_open": "suddenly, boom, wow, burst, exploded, surprise, surprised, out of *nowhere, all at "
    "*once, incredible",
    "weak_fade": "tired, weak, slowly, fade, faded, fading, exhausted, sleep, boring, slow, sad",
    "path_trace": "go, goes, going, went, come, came, walk, walked, road, way, through, follow, followed, "
    "travel, path, river, journey",
    "level_flat": "same, equal, stable, normal, exactly the *same, average, flat, still, constant",
    "turn_change": "change, changed, changes, changing, turn, turned, turns, switch, instead, become, "
    "became, the other way *round, replace",
    "mix_together": "mix, mixed, mixing, combine, combined, relationship, between, stir, stirred, blend, mixture",
    "clasp_plea": "please, hope, hoping, wish, need, needed, beg, i *promise you",
    "welcome_wave": "hello, hi, welcome, thank *you, thanks, goodbye, good *morning, good *evening, hello *everyone",
    "swear_hand": "i *promise, honestly, believe *me, trust *me, i *swear, to be *honest",
}


def _set(line: str) -> frozenset[str]:
    return frozenset(line.split())


def _table() -> dict[str, tuple[str, ...]]:
    cues: dict[str, list[str]] = {}
    for lexeme, phrases in _BY_LEXEME.items():
        for phrase in (part.strip() for part in phrases.split(",")):
            if phrase and lexeme not in cues.setdefault(phrase, []):
                cues[phrase].append(lexeme)
    return {phrase: tuple(lexemes) for phrase, lexemes in cues.items()}


CUES: dict[str, tuple[str, ...]] = _table()
"""Phrase (lower case, a star before the word that carries the gesture) -> gesture lexemes it can call."""
ACCENT_CUE = "beat_small"
"""What any accented word can call."""

FUNCTION_WORDS = _set(
    "a an the and or but so if because as than of to in on at by for from with about into over under "
    "after before between through during without within is am are was were be been being do does did done "
    "has have had having will would can could shall should may might must i you he she it we they me him "
    "her us them my your his its our their mine yours who whom whose which what when where why how there "
    "not no nor too just then once while until though although also very it's i'm you're we're they're "
    "he's she's that's there's what's i've you've we've they've i'd you'd we'd i'll you'll we'll they'll "
    "it'll don't doesn't didn't isn't aren't wasn't weren't can't couldn't won't wouldn't shouldn't let's "
    "well oh okay yes some any each other such own only even ever up down off out again rather quite"
)
"""Words that carry no content, so that accents and gestures rather fall on others."""
DEICTIC_WORDS = _set("this these those here there now you we us today")
PRONOUNS = _set("you we us")
"""Words that point: content, though short; the pronouns among them seldom carry the accent."""
STRONG_WORDS = _set(
    "very really huge tiny enormous massive absolutely never must exactly nothing everything all "
    "energetic amazing crazy definitely extremely suddenly incredible generally completely this precisely "
    "every whole"
)
"""Words that attract the phrase's accent."""
CONJUNCTIONS = _set("and but or because that which when if so until while than where who as since before")
"""Words that can begin a clause without a comma."""
_SELDOM_LINES: tuple[tuple[float, str], ...] = (
    (0.08, "i you that so about my well"),
    (0.16, "me we your then no go there one say said says told asked get got think what"),
    (0.3, "our us not don't didn't but who how where when why will come came went see more great mind half now ten"),
    (0.45, "know mean these those here actually can't won't never two three five look looked talk talked back before"),
    (0.65, "really all everything nobody everybody long through story need course"),
)
SELDOM: dict[str, float] = {word: share for share, line in _SELDOM_LINES for word in line.split()}
"""How often a frequent word calls its gestures at all; other words always can."""
DOUBT_WORDS = (
    "maybe",
    "perhaps",
    "i don't know",
    "who knows",
    "not sure",
    "it depends",
    "possibly",
    "no idea",
    "hard to say",
)
NEGATION_WORDS = _set(
    "no not never nothing none nobody isn't don't doesn't wasn't can't won't didn't aren't wouldn't couldn't"
)
QUESTION_WORDS = _set("what why how who where which when")
EMPHATIC_WORDS = _set("must absolutely definitely totally completely huge enormous amazing extremely incredible wow")
GREETING_STARTS = ("hello", "hi", "welcome", "good morning", "good evening", "goodbye", "thank you", "thanks")
CONTRAST_STARTS = (
    "on the one hand",
    "on the other hand",
    "but",
    "however",
    "instead",
    "on one side",
    "on the other side",
)
LIST_STARTS = (
    "first",
    "second",
    "third",
    "firstly",
    "secondly",
    "thirdly",
    "finally",
    "number one",
    "number two",
    "one",
    "two",
)
PROCESS_PHRASES = ("step by step", "over and over", "gradually", "again and again", "bit by bit", "keep", "day by day")
APPEAL_WORDS = ("please", "let's", "remember", "believe me", "trust me", "i promise", "imagine")
QUOTE_PHRASES = ("so-called", "in quotes", "he said", "she said", "as they say", "always says", "told me")
