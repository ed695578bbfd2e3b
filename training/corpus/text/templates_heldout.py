"""How the monologues of validation and test say it: sentence patterns that training never uses, as data. No rules here.

The words that call gestures are training's (a gesture must be retrievable), the sentences around them are not.
"""

from __future__ import annotations

from training.corpus.text.templates import parsed

_VAL: dict[str, str] = {
    "greeting": """
- [Good evening|Hello] to all of you, tonight belongs to {topic}, and to everyone who came through the rain.
- [Hi|Welcome] again, [shall we begin|let's begin] with the part about {plurals}?
""",
    "opening": """
- {well}yesterday somebody asked me what {topic} means to me, and I had no answer ready.
- {well}picture {person}, {place}, with {a_noun} under one arm, and you have the beginning of my story.
""",
    "statement": """
- {well}whenever {fact}, the phone starts ringing and everyone gets nervous{tail}.
- {well}generally speaking, the {plurals} come first, everything else has to wait.
- {well}our {noun} stands next to the window, where the light is {good} all day.
- {well}it took us a whole winter to notice that {fact}.
- {well}for example, {person} can {do} without looking, and so can my sister.
- {well}overall I'm content, the {plurals} are {good}, and the coffee is hot.
""",
    "deixis": """
- {well}hand me that {noun} over there, please, no, not this one, that one.
- {well}these {plurals} here were mine, and those there belonged to {person}.
- {well}you, my friends, are the first to hear of it right here.
- {well}if you stand below {the_noun} and look up above you, you'll know why we came.
""",
    "contrast": """
- On the one hand my head tells me to {do}. On the other hand my heart tells me to {do2}.
- {well}where {person} sees something {bad}, I see something {good}, and we're both wrong.
- {well}tea or coffee, {plurals} or {plurals2}, in the end it's a question of habit.
- {well}they're as different as day and night, although both of them {do}.
""",
    "size": """
- {well}from here to the wall, that's how wide our {noun} used to be, and almost as tall.
- {well}you could fit the tiny {noun} in your pocket, and nobody would miss it.
- {well}the huge one was too long for the car, so we left half of it outside.
- {well}a massive {noun} hung far above the table, on a very small hook.
""",
    "direction": """
- {well}keep to the right, go down the hill, and before the bridge you turn left.
- {well}sales went up in spring and fell in autumn, while the {plurals} stayed where they were.
- {well}I looked back one more time, then I went forward, around {the_noun} and away.
- {well}later, when the children have grown up, we will {do} every summer.
""",
    "narration": """
- {well}the door opened, and before anyone could speak, {told}.
- {well}halfway home we noticed that {told}, so back we went, through the dark.
- {well}nobody was {doing} that evening, except {person}, and then suddenly {told}.
""",
    "explanation": """
- {well}the trick is to {do} before anyone notices, because otherwise {fact}.
- {well}what looks like {a_noun} is in truth a whole system of {plurals}.
- {well}it comes down to one precise detail, namely that {fact}.
""",
    "opinion": """
- {well}call me old fashioned, but I believe in {doing}.
- {well}as far as I'm concerned, {person} should have been asked first.
- {well}nothing beats {doing}, {place}, with nobody else around.
""",
    "intensity": """
- {well}my energetic aunt was {doing} at six in the morning, singing very loud.
- {well}never in my life have I been so {surely} happy about {a_noun}.
- {well}wow, such power in one {noun}, it must be the strongest of them all.
- {well}precisely at noon, and not one second later, everything exploded in colour.
""",
    "negation": """
- {well}not one of the {plurals} was left, none, the shelves were empty.
- {well}hold on, nobody told me that I can't {do}.
- {well}we won't get rid of it, we refuse, and that's final.
- {well}whatever, throw it in the bin, I don't need {plurals}.
""",
    "doubt": """
- {well}perhaps it was {number}, perhaps {number2}, nobody was counting{tail}.
- {well}whether that's {good}, well, it depends, I'm really not sure.
- {well}who knows where {person} is now, somewhere warm, I hope.
""",
    "list": """
- {well}on my list there's, first, {doing}, second, {doing2}, and third, a long nap.
- {well}we took two bags, three sandwiches, and one {noun}, just in case.
""",
    "process": """
- {well}again and again the {plurals} fell over, again and again we put them back together.
- {well}one builds, one adds a layer, one mixes the paint, and slowly something new develops.
- {well}easy now, slow down, change the angle, and gently press it together.
- {well}little by little we became {good} at {doing}, tired but equal.
""",
    "quote": """
- {well}and {person} goes, look at me, I can {do} with my eyes closed.
- {well}the so-called experts wrote three pages about it, as they say, without a single {noun}.
""",
    "question": """
- {well}tell me, where on earth do {groups} find the time to {do}?
- {well}what happens to {plurals} when nobody is watching?
- {well}who took my {noun}, and how will I ever get it back?
""",
    "appeal": """
- {well}please take care of {person}, give them time, and listen when they speak.
- {well}honestly, I need you to stop {doing} for a minute and watch.
- {well}remember the {plurals}, hope for the best, and keep your promise.
""",
    "mind": """
- {well}I can still hear it, that voice, and I feel it here, in my heart.
- {well}between us there was always a bit of love, and a lot of {plurals}.
- {well}I imagine {person} in a boat, going through the fog, lost and free.
""",
    "correction": """
- {well}my cousin, sorry, I mean {person}, will {do} next {day}.
- {well}it costs ten, no, let me think, roughly twenty, plus tax.
""",
    "aside": """
- {well}funny, isn't it, how {fact}.
- {well}where {plurals} are concerned, I know nothing at all.
""",
    "closing": """
- {well}now it's your turn, so go out, {do}, and tell me all about it.
- {well}thanks, that was {topic} in ten minutes, goodbye and good night.
""",
}

_TEST: dict[str, str] = {
    "greeting": """
- [Hello|Good morning] my friends, please [take a seat|sit down], because {topic} is going to need a little time.
- [Welcome|Hi everyone], this is my first talk about {plurals}, so be kind to me.
- Thank you for the invitation, I've been looking forward to [this evening|this day] for {number} [weeks|months|days].
""",
    "opening": """
- {well}of all the things I could have chosen, I picked {topic}, and here's why.
- {well}some years ago I made a promise to {person}, and it had to do with {plurals}.
- {well}my grandmother had a word for {doing}, a word that I didn't understand until now.
""",
    "statement": """
- {well}in general the mornings are quiet with us, and {fact}{tail}.
- {well}generally it's {person} who opens the door, while the rest of us are still {doing}.
- {well}sooner or later every conversation with {groups} ends with the same sentence, {fact}.
- {well}there's a photo of {person} on the wall, {doing}, with a serious face{tail}.
- {well}my whole family loves {plurals}, and all of us have our reasons.
- {well}for instance, without {plurals} a morning like that would be only half as {good}.
- {well}the idea behind it is older than we are, everybody knows that {fact}.
""",
    "deixis": """
- {well}this here is where it happened, and over there is where {person} was standing.
- {well}I'll give you that one if you leave me this one, deal?
- {well}everyone here has been {place} once, you, me, all of us.
- {well}up above you see the roof, down below the {plurals}, and here in between we live.
- {well}what I'm holding in my hand is {a_noun}, and it used to be yours.
""",
    "contrast": """
- On the one hand we complain that it's {bad}. On the other hand we come back, year after year.
- {well}my brother is all about {doing}, but I'm more the quiet type.
- {well}would you rather have {plurals} without {plurals2}, or {plurals2} without {plurals}?
- {well}from the outside it looks {bad}, however, once you're inside, it's surprisingly {good}.
- {well}rich or poor, young or old, they all {do}, only in a different order.
- {well}half of me wants to leave, the other half wants to {do}, so it depends on the weather.
""",
    "size": """
- {well}my first {noun} was tiny, no bigger than a shoe box, and {intensely} {bad}.
- {well}then the curtain went up, and behind it stood the largest {noun} of my life.
- {well}stretch out both arms, wide, wider than that, and you'll have half of it.
- {well}seen from far away it's a small grey line, up close it's huge and tall.
- {well}it's a long story, so long that I only know a little bit of it.
""",
    "direction": """
- {well}prices go up like a balloon, they almost never come down again.
- {well}past {the_noun}, under the arch, around the fountain, that was my way home.
- {well}the next time I walk through that door, I'll look ahead and not back.
- {well}long before {person} arrived, people used to {do} under the open sky.
- {well}we moved forward inch by inch, then fell behind, then rose again.
""",
    "narration": """
- {well}it was already dark, the streets were empty, and then, wow, {told}.
- {well}picture the scene, everyone is {doing}, nobody pays attention, and {told}.
- {well}I had just closed my eyes when {told}, and that was the end of my quiet evening.
- {well}years ago, as a student, I went with {person} to see {a_noun}. It rained, and {told}.
""",
    "explanation": """
- {well}here's the thing, nobody can {do} unless {fact}.
- {well}the process has a simple beginning, you {do}, but a complicated ending.
- {well}why it matters is easy to see, take away the {plurals} and nothing stands.
- {well}in detail it's more subtle, more precise, but the main point is that {fact}.
""",
    "opinion": """
- {well}I'd give a lot to {do} with {person} just once more.
- {well}some evenings are made for {doing}, that's what I believe.
- {well}quite frankly, {plurals} are the best thing that ever came out of this country.
""",
    "intensity": """
- {well}very early, very cold, very {bad}, and yet I would do it again.
- {well}imagine a room full of energetic {groups}, all shouting, it's crazy.
- {well}the last ten minutes were absolutely amazing, we fought, we laughed, and we won.
- {well}it burst open at once, with such force that even {person} took a step back.
- {well}it must be exactly here, number one on every single map.
""",
    "negation": """
- {well}there wasn't any {noun} left for me, nothing, so I went to bed.
- {well}wait, I never said that {groups} can't {do}.
- {well}no one throws away a good {noun}, not even when it's {bad}.
- {well}avoid the front row, don't ask me why, just stay away from it.
- {well}forget about the {plurals}, it's done, and it was never easy anyway.
""",
    "doubt": """
- {well}maybe it's the light, maybe it's my eyes, but it looks sort of {bad} today.
- {well}I don't know, perhaps one evening is not quite enough for {plurals}.
- {well}was it {person} who did that, possibly, I have no idea.
- {well}there were approximately {number} of them, kind of {bad}, standing around.
""",
    "list": """
- {well}the first rule says {do}, the second says {do2}, and the third one nobody remembers.
- {well}one for {person}, two for the neighbours, and five for me.
- {well}I've tried everything, {doing}, {doing2}, even {doing3}.
""",
    "process": """
- {well}we stirred it, we turned it around, we kept the fire low, and it changed step by step.
- {well}each layer is built on top of the last, one after another, over and over.
- {well}the crowd slowly got quiet, calm, and then it was tired and still.
- {well}connect both ends, switch sides, and combine whatever is left between them.
- {well}take a break, relax, then continue in the same rhythm, equal parts work and sleep.
""",
    "quote": """
- {well}my teacher used to tell us, {do}, and the rest will follow.
- {well}everybody was talking about the so-called {noun}, but nobody had seen it.
- {well}and then a small voice asked, can I {do} too?
""",
    "question": """
- {well}how long does one have to {do} before it gets {good}?
- {well}what kind of person would {do} on a {day}?
- {well}and who, if I may ask, was {doing} all night long?
- {well}which of you has never been {bad}?
""",
    "appeal": """
- {well}promise me one thing, if {fact}, call {person} and nobody else.
- {well}please stay a while, look around, feel at home, that's all I wish for.
- {well}I swear to you, honestly, this is the one that we need.
- {well}let's share what we have, offer them {plurals}, and see what we get.
""",
    "mind": """
- {well}there are nights when I think about {person} and can't sleep.
- {well}listen, can you hear it too, that sound, like {a_noun} in the wind?
- {well}I held it close to my heart, and I understood what care means.
- {well}never before had I watched {groups} so closely, and I loved it.
""",
    "correction": """
- {well}we left at seven, what am I saying, at eight, with {person} and {number} bags.
- {well}the blue one, hang on, was it blue, let's say the green one, was {good}.
""",
    "aside": """
- {well}but who am I to talk about {plurals}.
- {well}one could write a book about {person}.
- {well}so much for {doing}.
""",
    "closing": """
- {well}with that I'd like to thank {person}, and every one of you, good night.
- {well}so much about {topic}, the rest you'll find out by yourselves, goodbye.
- {well}my time is over, {plurals} or no {plurals}, thanks for staying with me.
""",
}

HELD_OUT: dict[str, dict[str, tuple[str, ...]]] = {"val": parsed(_VAL), "test": parsed(_TEST)}
"""Sentence patterns by function that only validation, or only test, may use."""
