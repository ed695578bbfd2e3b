"""How the monologues of the training split say it: sentence patterns by function, as data. No rules here.

A pattern starts with a dash and may hold several sentences and lines. `{slot}` is filled from the topic or from
`fillers` and stays the same within a pattern; `[a|b|]` is a choice, which may be empty; a sentence ends with
. ? or ! and a comma is a pause. What validation and test say is in `templates_heldout`; the words that call gestures
are shared.
"""

from __future__ import annotations

_TRAIN: dict[str, str] = {
    "greeting": """
- [Hello|Hi|Good morning|Good evening|Welcome] everyone, [today|this morning|tonight] I want to talk about {topic}.
- [Hello and welcome|Welcome, my friends], [today|this evening] we're going to look at {topic}, and at {plurals}.
- [Hi there|Hello everybody|Good morning], my name isn't important, but what I do is, because I spend my days {doing}.
- Thank you [so much|very much|all] for coming. [Let's|I'd like to] start with {topic}, [if that's okay|if
  you don't mind].
- [Welcome|Hello], I'm {intensely} happy to see [all of you|everyone|so many {groups}] here [today|tonight].
- Good [morning|evening], it's nice to be back. The last time I was here I talked about {plurals}, and today
  it's {topic}.
- [Hi|Hello], thanks for having me. I was asked to say [a few words|something] about {topic}, so here I am.
""",
    "opening": """
- [So|Well|Okay|Now], what's the [big|main|whole] idea behind {doing}? [I|We] ask myself that {often}.
- [So|Well|Today|Now], let me tell you a story about {a_noun} and {person}.
- Let me say something about {plurals}, because I think it's {intensely} important and nobody talks about it.
- I want to share a thought about {doing} with you, and it won't take long.
- The [question|subject] that I'd like to talk about is {topic}, and why it matters to me.
- {well}I think about {plurals} {often}, and I'd like to tell you why.
- When people hear that I like {topic}, they usually ask me the same thing. They ask, what's so {good} about it?
- It all started {time}, when {person} and I were {doing} {place}.
- I never wanted to talk about {topic}. [And yet|But] here we are, so let me try.
- You know what it's like when {fact}? That's what I want to talk about today.
- There's a {noun} that I can't stop thinking about, so let me describe it to you.
""",
    "statement": """
- {well}generally, {groups} [love|like|enjoy] {doing} {place}{tail}.
- {well}in general, I'd say that {doing} is {intensely} {good}{tail}.
- Overall, it was {good}, and I was glad that {told}.
- {well}{fact}, and [that's fine with me|I like it that way|nobody seems to mind]{tail}.
- {well}I {did} with {person} {time}, and it was {intensely} {good}.
- For [example|instance], {person} {did} {time}, and nobody was surprised.
- {well}a lot of people think that {fact}{tail}.
- {well}the best place to learn about {topic} is {place}, where {fact}.
- {well}I [really|personally|just] [like|love|enjoy] being {place}, because {fact}.
- Basically, {doing} is what I do, and [it keeps me happy|it's part of my life|that's all there is to it].
- {well}{fact}, because {fact2}.
- {well}all {groups} that I've met would [agree|tell you] that {fact}.
- [As far as I know|Normally|On average], {fact}, at least in this part of the world.
- {well}what I like about {topic} is that {fact}.
- {well}{groups} usually don't have much time for {doing}, so they look for something {good}.
- {well}if you ask {person}, {fact}, and I think that's right{tail}.
- {well}when {fact}, [people|{groups}] come together and talk.
- {well}it was {person} who first showed me how to {do}.
- {well}my {noun} is the same as yours, except that it's a bit {bad}{tail}.
- {well}on a normal day, {fact}, and then {fact2}.
- {well}I'm not [an expert|a specialist], but I do know that {fact}.
- {well}since I was a child, I've always wanted to {do}{tail}.
- {well}as long as {fact}, I'm happy with {plurals}.
- {well}the system is quite simple, {fact}, and in the end {fact2}.
- {well}both {person} and I know the story, and each of us tells it in a different way.
- {well}my subject is {topic}, and inside that subject there's one problem that I like, the {noun}.
""",
    "deixis": """
- {well}this is the {noun} that {person} gave me {time}.
- {well}look at this {noun}, and then look at that one over there, and tell me which is more {good}.
- [Over there|Out there], {place}, you can see it from far away.
- {well}you can {do} right here, you don't have to go anywhere else for it.
- {well}I myself {did}, and if I can do it then you can do it too.
- {well}right now, while we're talking, {groups} are {doing} somewhere.
- {well}those {plurals} over there aren't mine, but these here are for you.
- {well}we [all|both] {did}, and for us it was {intensely} {good}.
- {well}you and I, we're not that different, we both like {plurals}.
- High above {the_noun}, up in the sky, there was something that I'd never seen before.
- Down there, below {the_noun2}, there's {a_noun} that hardly anybody knows.
- {well}let me show you something, this part here is {good} and that part there is {bad}.
- {well}my own view is that {fact}, but you may see it in another way.
- {well}at this moment I'm thinking of {person}, who would love to be here with us.
- {well}come with me for a minute, we go in through the door, and there, on the left, you see {the_noun}.
- {well}the first thing you see {place} is {a_big} {noun}, and behind it there are {plurals}.
- {well}here is what I would do, I would {do}, and then I'd wait{tail}.
""",
    "contrast": """
- On the one hand, {doing} is {good}. [But|And] on the other hand, it can be {intensely} {bad}{tail}.
- {well}on one side there are those who think that {fact}. On the other side, there are people like {person}.
- {well}[some|many] {groups} {do} {often}. The rest of us don't, [because|since] it's too {bad}.
- {well}it's {good}, but it's also {bad}, and I can't decide what I like more.
- {person} wants to {do}. However, I would rather {do2}, so we have a problem.
- {well}you can {do}, or {do2}, or you can just stay at home{tail}.
- {well}{plurals} compared to {plurals2}, that's not an easy choice, it depends on what you want.
- {well}instead of {doing}, {person} and I were {doing2} the whole evening.
- {well}the {noun} and the {noun2} are completely different, so it's best to keep them separate.
- {well}they divide everything into two, this side is for {groups}, and that side is for the rest of us.
- {well}we went back and forth, and in the end it was either {doing} or {doing2}.
- {well}some say that {fact}, others say the opposite, and I think the truth is somewhere in between.
- {well}it used to be {bad}, but now it's more {good} than ever.
- {well}I like {doing}, although {fact}, and that makes it difficult.
- {well}you'd think that {groups} are {bad}, but no, [actually|in fact] most of them are quite {good}.
- {well}yes, {fact}, but that doesn't mean that {fact2}.
- {well}either you {do} now, or you'll have to {do2} later.
- {well}not everybody likes {plurals}, but it's better than {doing}{tail}.
- {well}choose between {plurals} and {plurals2}, if you can, I always try to find the balance.
- {well}the border between {plurals} and {plurals2} is not very clear, and sooner or later they split apart.
""",
    "size": """
- {well}the {noun} was {big}, and I mean {intensely} {big}, much bigger than I had thought.
- {well}there was {a_big} {noun} {place}, and nobody knew where it came from.
- {well}it was just {a_small} {noun}, but it changed the whole story.
- {well}it's only a tiny detail, but I think the details are what makes it {good}.
- {well}the {noun} was so wide that you couldn't see across it, it went from here to the horizon.
- {well}it must have been as tall as a tower, and {about} {number} {unit} from one end to the other.
- {well}it took forever, {about} {number} {unit}, and we still weren't ready.
- {well}the way back is long, and {place} it feels even longer.
- {well}all of it, the whole {noun}, was full of {plurals}.
- {well}the {noun} came closer and closer, until it was so near that I could touch it.
- {well}imagine a room about this big, with a high ceiling and a small window, and in the middle {a_noun}.
- {well}there's a little bit of {topic} in everything, if you look close enough.
- {well}the distance is {about} {number} miles, so it's too far for a walk{tail}.
- {well}it started small, but then it grew and grew, and now it's enormous.
- {well}a large crowd was standing {place}, right across the street, and in front of them was this little {noun}.
- {well}the {noun} is narrow at the bottom, wide at the top, and about as high as I am.
- {well}by far the biggest {noun} that I've ever seen was the one {place}.
- {well}slightly smaller would have been fine, but no, it had to be the broad one, almost too wide for the
  door.
- {well}my {noun} is nothing, compared to the gigantic {noun} of {person}.
""",
    "direction": """
- {well}the number of {plurals} is going up, and I think it will rise even more {soon}.
- {well}after that it all went down, [lower and lower|a little every day|and it dropped quite fast].
- {well}when prices rise, {groups} stay at home, and when they fall, everybody wants to {do}.
- {well}we walked through {the_noun}, around the corner, and then all the way back.
- {well}you go up the stairs, down the hall, and then around the corner, and there it is.
- {soon}, I will {do}, and then we'll see what comes next.
- {well}next, I'd like to {do}, and I'm looking forward to it.
- {time}, {groups} {did} {often}, and they had no time for anything else.
- {well}before all that, {person} used to {do} {often}.
- {well}in the future, {groups} will have to {do}, [whether they like it or not|I hope|and I'm glad about it].
- {well}follow the path ahead, past {the_noun}, and don't turn back until you see the {plurals}.
- {well}turn around for a moment, and look back at what we've done.
- {well}put one on top of the other, then add a third, and so on, until you have {a_noun}.
- {well}I came from the left, {person} came from the right, and we met in the middle.
- {well}a few years ago it was less {bad} than today, and ahead of us it will get harder.
- {well}we went along the river, then up to the left, then across a bridge, and there we stopped.
- {well}the road goes up and down, like this, for {number} miles, and then it's flat.
- {well}it's the same in the past and in the future, {fact}.
- {well}move away from the {noun}, take a step back, and you'll see it better.
""",
    "narration": """
- So I went there {time}, and {told}. And then, all at once, {told2}.
- {time}, {told}. I didn't know what to say, so I just stood there.
- {well}first {told}, and then {told2}. [What a day|You can imagine how I felt|I'll never forget it].
- So there I was, {place}, and {person} came up to me and asked, what are you doing here?
- {well}suddenly, out of nowhere, {told}. Everybody was surprised, and I was too.
- {well}I remember that {told}. It was about five in the morning, and I was very tired.
- {well}one day {person} called me, and said that it was time to {do}. So that's what we did.
- {well}when I came home, {told}. I sat down, took a deep breath, and waited.
- {well}we had been {doing} for {number} hours, and {told}.
- {well}at first I didn't believe it, but then {told}, and I saw it with my own eyes.
- {well}{told}, and so we had to {do}. It wasn't {good}, but it worked.
- {well}we were almost finished when {told}. Can you believe it?
- {well}I was walking home with {person}, and we were talking about {plurals}, when {told}.
- {well}once upon a time, before I knew anything about {topic}, {told}.
- {well}{person} looked at me, I looked at {person}, and we both knew that {told}.
- {well}I waited and waited, and nothing happened, and finally {told}.
- {well}after {number} {unit} we gave up and went home, and that's when {told}.
- {well}boom, there was a loud noise, and {told}. My heart was beating so fast.
- {well}so then {told}, and {person} started to laugh, and I felt {intensely} silly.
- {well}we ran back and forth, left and right, like children, and {told}.
- {well}I heard a voice {place}, turned around, and {told}.
- {well}slowly the evening came, we were weak and exhausted, and {told}.
- {well}I caught the last train, got home late, and the next morning {told}.
""",
    "explanation": """
- {well}the reason is quite simple. {fact}, and so {groups} have to {do}.
- {well}let me explain how it works. You {do}, then you {do2}, and after a while it gets {good}.
- {well}it works like this, {fact}, and because of that {fact2}.
- {well}what I mean is that {fact}, and that has nothing to do with {plurals}.
- {well}if you {do}, then {fact}, and if you don't, you'll have a problem.
- {well}the whole point of {doing} is that {fact}.
- {well}most people don't know this, but {fact}, which is why it's so {bad}.
- {well}it has to do with the {noun}, or rather, with the way that {groups} use it.
- {well}think of it as {a_noun}. You hold one end, and somebody else holds the other.
- {well}there's a difference between {doing} and {doing2}, and it took me years to understand it.
- {well}in other words, {fact}, and that's exactly why I care.
- {well}so why is that? Because {fact}, and because nobody told us.
- {well}the important part is not the {noun}, it's what you do with it.
- {well}as soon as you {do}, it becomes clear that {fact}.
- {well}to understand {topic}, you have to know where it comes from. In the past, {fact}.
- {well}to be precise, there are two kinds of {plurals}, and only one of them is {good}.
- {well}I'd like to be specific here, because this particular {noun} isn't like the others.
""",
    "opinion": """
- {well}I think that {fact}, and I'm not the only one{tail}.
- {well}in my opinion, {doing} is far too {bad}, and somebody has to say it.
- {well}personally, I'd rather {do} than {do2}{tail}.
- {well}I don't mind {plurals}, but I can't stand it when {fact}.
- {well}if it were up to me, everybody would {do} at least once a year.
- {well}I've always believed that {fact}, and I still do.
- {well}it seems to me that {groups} are a bit too {bad}, but maybe that's just me.
- {well}for me, the best thing about {topic} is {doing}, by far.
- {well}I have to say, {person} is right, {fact}.
- {well}I used to think that {fact}, but I've changed my mind.
- {well}what bothers me is that {fact}, and nobody does anything about it.
- {well}I'd say it's worth it, even if {fact}.
- {well}my feeling is that we should {do}, and then take it from there.
- {well}the trouble with {plurals} is that they're {bad}, and that makes me tired.
""",
    "intensity": """
- {well}it was very {good}, and when I say very, I mean it.
- {well}{person} is so energetic, always {doing}, it's amazing to watch.
- {well}the mood was energetic and a bit wild, and we were all {intensely} excited.
- {well}you must {do}, you really must, at least once in your life.
- {well}I {surely} want to {do} again, and this time with {person}.
- {well}that's exactly what {groups} need, exactly that and nothing more.
- {well}more specifically, {person} {did} three times in a row.
- {well}every single one of them was {good}, and I was {intensely} impressed.
- Suddenly, boom, the whole {noun} burst into pieces, and {told}.
- Wow, [out of nowhere|all at once], {told}, and I couldn't believe my eyes.
- {well}we had to fight for it, with all our power, and in the end we won.
- {well}[strong|brave] {groups} never stop {doing}, no matter what.
- {well}I was {surely} surprised, and so proud of {person}.
- {well}it's not just {good}, it's incredible, it gives you so much energy.
- {well}the rule is very clear, you {do} first, and you {do2} at the end.
- {well}what you need is a lot of energy, because {doing} is fast, exciting, and a bit crazy.
- {well}it takes strong hands and a strong will to {do}, and it takes time.
- {well}the exact number doesn't matter, but it was {intensely} {bad}, in every single detail.
- {well}I really do think that {fact}, I'm {surely} sure about it.
""",
    "negation": """
- {well}no, I didn't {do}, and I don't think I ever will.
- {well}it's not {bad}, not at all, it's just a matter of taste.
- {well}there's nothing {bad} about {doing}, nothing at all, as long as you're careful.
- {well}{groups} never {do} {place}, and if you ask them why, they can't tell you.
- {well}nobody wants {bad} {plurals}, but that's what we've got.
- {well}after {number} {unit}, it was finished, over and done, and none of us was sad about it.
- [Stop|Wait|Hold on|One moment], that isn't what I wanted to say.
- {well}if you can, avoid {bad} {plurals}, or get rid of them as soon as possible.
- [Anyway|Whatever|Never mind], it doesn't matter, {doing} is easy compared to that.
- {well}I lost the {noun} {time}, and now it's gone, so there's nothing we can do.
- {well}we refused to {do}, because we were against it from the start.
- {well}don't get me wrong, I don't hate {plurals}, I just don't need them.
- {well}I wouldn't say that it's {bad}, but I wouldn't call it {good} either.
- {well}it wasn't the {noun} that was wrong, it was the way we used it.
- {well}stop right there, {person} said, you can't just {do} and walk away.
- {well}I threw away the old {noun}, because I couldn't look at it any longer.
- {well}forget it, who cares about {plurals}, that's not the point.
- {well}all that time was wasted, everything we had was lost, and in the end we threw it away.
- {well}reject it, push it away from you, do whatever you like, but don't {do}.
""",
    "doubt": """
- {well}I don't know if {groups} still {do}, it's hard to say.
- {well}maybe {person} will {do} {soon}, maybe not, who knows.
- {well}it's kind of {good}, or perhaps a bit {bad}, it depends on the day.
- {well}I have no idea how {person} {did}, and I'm not sure I want to know.
- {well}it depends on the {noun}, and on how much time you have.
- {well}it was {about} {number} {unit}, or maybe {number2}, I'm not sure.
- {well}it was almost {good}, not quite, but almost{tail}.
- {well}I wonder whether {fact}, or if it's just an idea that I have.
- {well}somehow it felt sort of {bad}, but I can't tell you why.
- {well}perhaps it's me, but I have the feeling that {fact}.
- {well}I guess you could {do}, but I doubt that it would help.
- {well}it might be true that {fact}, I just can't prove it.
- {well}possibly it was {person}, possibly someone else, I couldn't see it very well.
- {well}I'm not quite sure what to think about {plurals}, they're roughly the same everywhere.
- {well}who knows, {soon} we may all have to {do}, and we won't even notice.
- {well}is it {good} or is it {bad}, I honestly don't know.
""",
    "list": """
- {well}first, you {do}. Second, you {do2}. And third, you {do3}.
- {well}there are three things that I like about it, the {plurals}, the {plurals2}, and of course {doing}.
- Number one, {fact}. Number two, {fact2}. And number three, I'm just {intensely} tired of it.
- Firstly, it's {good}. Secondly, {fact}. [And finally|And thirdly], it doesn't cost much.
- {well}all we need is two {plurals}, one {noun}, and five or ten {groups}.
- First of all, I {do} in the morning. Then I {do2}, and finally, at night, I {do3}.
- {well}we had {plurals}, {plurals2}, {plurals3}, and I don't know what else.
- {well}you need time, you need {plurals}, and you need somebody like {person}.
- {well}two of them were {good}, one was {bad}, and the rest I've forgotten.
- {well}I can think of at least two reasons. One, {fact}, and two, {fact2}.
- {well}there was {person}, there were {number} {groups}, and there was me.
- {well}half of the day I {do}, the other half I {do2}, and in between I eat.
""",
    "process": """
- {well}step by step, you {do}, and gradually it becomes more {good}.
- {well}we kept {doing}, again and again, until somebody told us to stop.
- {well}it's a process, it continues {often}, and it never really ends.
- {well}the {noun} changed slowly, day by day, and nobody noticed it.
- {well}you take the {plurals}, mix them with the {plurals2}, and wait for {number} {unit}.
- {well}we build one, we add another, and bit by bit it grows into {a_noun}.
- First you {do}, then you {do2}, one after another, and you repeat that until it's right.
- {well}calm down, take it slow, and {do} when you feel ready.
- {well}I got tired, my voice got weak, and slowly the light faded away.
- {well}the relationship between {groups} and {plurals} is changing, and I think that's a good thing.
- {well}day and night, {groups} {do}, more or less without a break.
- {well}switch it off, turn it around, and then try again from the beginning.
- {well}things are stable now, everything is calm and quiet, and {fact}.
- {well}you keep going, even if {fact}, because that's how you develop.
- {well}it's like a circle, you {do}, you {do2}, and then it all starts again.
- {well}after a while you relax, your hands become calm, and {doing} feels normal.
- {well}combine the two, stir them together, and you get a mixture that's {intensely} {good}.
- {well}the average {noun} is flat and equal on both sides, so you replace one side with the other.
""",
    "quote": """
- {well}{person} {said}, {fact}.
- {well}the so-called {noun} is really just {a_small} {noun2}, if you ask me.
- {well}they called it, in quotes, {a_good} {noun}, and that made me laugh.
- {well}{person} said, [no|stop|wait|please|listen], don't {do}, it's too {bad}.
- As they say, you can't {do} and {do2} at the same time.
- {well}{person} asked me, do you hear that, and I said, no, I don't hear a thing.
- {well}there's an old proverb, something like, those who {do} will never be lonely.
- {well}I said to {person}, why don't we {do}, and the answer was, because {fact}.
- {well}that's the word that they use, {noun}, as if it was something {good}.
- {well}{person} shouted, come here, quick, and so I ran.
- {well}people say that it's supposedly {good}, but I've never seen it.
""",
    "question": """
- {well}what is it that makes {plurals} so {good}?
- {well}why do {groups} {do} {place}, and not somewhere else?
- {well}how do you explain that to {person}?
- {well}who wants to {do} when {fact}?
- {well}do you remember when {told}?
- {well}where did it come from, and who brought it here?
- {well}have you ever thought about {doing}, I mean, seriously thought about it?
- {well}which one would you choose, this one or that one?
- {well}when was the last time that you {did}?
- {well}what would you do if {told}?
- {well}is it true that {fact}?
- {well}isn't it strange that {fact}, and still nobody says anything?
- {well}how many {plurals} do you think there are {place}?
- {well}so what's the problem, why can't we just {do}?
""",
    "appeal": """
- Please, if you have the time, {do}, I beg you, we really need it.
- {well}remember, it's important to {do} before it's too late.
- Listen carefully, because I'll only say this once, {fact}.
- Believe me, {doing} is more {good} than you think.
- Trust me, I promise you, {fact}, and it won't change.
- {well}let's {do} together, all of us, {soon}.
- Imagine for a moment that {fact}, how would you feel?
- {well}take it, hold it in your hands, and you will understand what I mean.
- {well}give it to {person}, share it, offer it to anyone who wants it.
- {well}I wish we could {do} {place}, I really hope that one day we can.
- {well}pay attention to the {plurals}, because that's the main thing.
- {well}I swear, I {did}, you can ask {person} if you don't believe me.
- Look, I honestly don't want to argue, I just want you to {do}.
- {well}be patient, be quiet, and watch what happens when you {do}.
- {well}we need to help each other, that's what {topic} is all about.
- {well}I hope you don't mind, but I wish {groups} would {do} more often.
""",
    "mind": """
- {well}I love {doing}, it comes from the heart, and it always has.
- {well}to be honest, I feel {intensely} {good} when I {do}.
- {well}I remember {a_noun} {place}, and when I think of it I feel happy.
- {well}I heard the sound of {a_noun}, and I listened until it was quiet again.
- {well}I watched {person} {doing}, and I noticed how {good} it was.
- {well}{person} talked about {plurals} for an hour, and everybody listened.
- {well}I see, I get it now, you mean that {fact}.
- {well}inside of me there's a feeling that I can't describe, it's {good} and {bad} at once.
- {well}we took what we had, and we gave it to {person}, as a present.
- {well}{groups} were dancing and running around {place}, it was crazy, so much energy.
- {well}I often dream about {doing}, and then I wake up and it's gone.
- {well}I care about {plurals}, I really do, even if it doesn't look like it.
- {well}I'm grateful to {person}, who told me to {do} when I'd almost given up.
- {well}it makes me sad that {fact}, it makes me feel so tired.
- {well}keep your eyes open, look around, and listen to what {groups} have to say.
- {well}catch the idea, grab it, hold it, before you forget it again.
""",
    "correction": """
- {well}it was on {day}, no, wait, it was on {day2}, anyway, {told}.
- {well}we needed {number} {unit}, or no, it was more like {number2}, to {do}.
- {well}{person}, or rather, somebody who looked like {person}, {did} {time}.
- {well}I think it was in {month}, no, sorry, in {month2}, that {told}.
- {well}it's {bad}, well, not {bad}, let me say it another way, it's just not {good}.
- {well}what I wanted to say is, how do I put this, {fact}.
- {well}and then we, where was I, oh yes, we wanted to {do}.
- {well}the {noun}, I mean the other one, was {intensely} {good}.
- {well}I {did}, or at least I tried to, but {fact}.
- {well}there were five, hold on, let me count, one, two, three, four, yes, five {groups} {place}.
""",
    "aside": """
- {well}I don't know.
- {well}that's {intensely} {good}.
- {well}it depends on {plurals}, I guess.
- {well}but that's another story, let's go back to {plurals}.
- {well}you know how {groups} are.
- {well}so that was {the_noun}.
- {well}it's {bad}, but what can you do.
- {well}where was I, oh yes, {topic}.
- {well}I could talk about {plurals} for hours.
- {well}that's how it is with {topic}.
- {well}{person} would laugh about that.
- {well}{doing}, that was the plan.
- {well}I really love {plurals}.
- {well}let me think about that for a second, {topic}, yes.
- {well}oh well, it's only {a_noun}.
- {well}just {doing}, nothing else.
""",
    "closing": """
- [So|Well|Anyway|And so], that's [all I wanted|what I wanted] to say about {topic}, I hope it made sense.
- Overall, I think {doing} is {intensely} {good}, so thank you for listening.
- [Thank you|Thanks] [so much|very much|everyone], and please remember, {fact}.
- [Goodbye|Thank you and goodbye|Thanks, and goodbye], I hope that you will {do} [soon|tomorrow|one day].
- So please, if you can, {do}, because then everything will be more {good}.
- {well}that's the end of my story, and now I'd love to hear yours, what do you think about {plurals}?
- {well}I should stop here, because I could go on about {topic} forever.
- {well}so next time you see {a_noun}, I hope you'll think of me.
""",
}


def parsed(blocks: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the patterns of every function: each starts with a dash, its further lines are joined."""
    return {
        function: tuple(" ".join(part.split()) for part in ("\n" + text.strip()).split("\n- ") if part.strip())
        for function, text in blocks.items()
    }


PATTERNS: dict[str, tuple[str, ...]] = parsed(_TRAIN)
"""Training's sentence patterns by function."""

MOODS: dict[str, str] = {
    "greeting": "greeting",
    "opening": "statement",
    "statement": "statement",
    "deixis": "statement",
    "contrast": "contrast",
    "size": "emphatic",
    "direction": "statement",
    "narration": "statement",
    "explanation": "statement",
    "opinion": "statement",
    "intensity": "emphatic",
    "negation": "negation",
    "doubt": "doubt",
    "list": "list",
    "process": "process",
    "quote": "quote",
    "question": "question",
    "appeal": "appeal",
    "mind": "statement",
    "correction": "doubt",
    "aside": "statement",
    "closing": "appeal",
}
"""The mood of a function's sentences; a question mark overrules it."""

WEIGHTS: dict[str, float] = {
    "statement": 2.6,
    "deixis": 1.8,
    "contrast": 1.8,
    "size": 1.9,
    "direction": 1.7,
    "narration": 2.4,
    "explanation": 1.6,
    "opinion": 1.5,
    "intensity": 1.8,
    "negation": 1.6,
    "doubt": 1.3,
    "list": 1.1,
    "process": 1.7,
    "quote": 1.1,
    "question": 1.3,
    "appeal": 1.4,
    "mind": 1.5,
    "correction": 0.7,
    "aside": 0.9,
}
"""How often the middle of a monologue takes each function."""
