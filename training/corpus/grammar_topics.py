"""What the monologues talk about: words of twenty topics, as data. No rules here.

A line of `_ACTS` reads "verb -ing form, past form, rest": "bake,baking,baked,fresh bread".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Words of a topic.

    Attributes:
        name: as in "talk about work".
        nouns: countable singulars, bare ("recipe").
        plurals: plurals or masses, bare ("spices").
        people: a person, with a determiner ("my boss").
        groups: many people, bare ("engineers").
        places: with a preposition ("in the kitchen").
        acts: (verb, -ing form, past form, rest).
        good: adjectives that praise.
        bad: adjectives that complain.
    """

    name: str
    nouns: tuple[str, ...]
    plurals: tuple[str, ...]
    people: tuple[str, ...]
    groups: tuple[str, ...]
    places: tuple[str, ...]
    acts: tuple[tuple[str, str, str, str], ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]


def _words(line: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in line.split(",") if part.strip())


def _acts(line: str) -> tuple[tuple[str, str, str, str], ...]:
    acts: list[tuple[str, str, str, str]] = []
    for part in line.split(";"):
        verb, gerund, past, rest = (field.strip() for field in part.split(",", 3))
        acts.append((verb, gerund, past, rest))
    return tuple(acts)


def _topic(
    name: str, nouns: str, plurals: str, people: str, groups: str, places: str, acts: str, good: str, bad: str
) -> Topic:
    return Topic(
        name=name,
        nouns=_words(nouns),
        plurals=_words(plurals),
        people=_words(people),
        groups=_words(groups),
        places=_words(places),
        acts=_acts(acts),
        good=_words(good),
        bad=_words(bad),
    )


TOPICS: tuple[Topic, ...] = (
    _topic(
        "work",
        "project, meeting, deadline, contract, report, office, budget, customer",
        "meetings, colleagues, deadlines, spreadsheets, customers, long emails",
        "my boss, my manager, our director, a colleague of mine, the new intern",
        "engineers, managers, designers, clients",
        "at the office, in the meeting room, on the phone, at my desk",
        "finish,finishing,finished,the report; plan,planning,planned,the whole week;"
        " answer,answering,answered,every email; present,presenting,presented,the results;"
        " hire,hiring,hired,a new designer; fix,fixing,fixed,the schedule",
        "productive, rewarding, creative, flexible",
        "stressful, boring, chaotic, exhausting",
    ),
    _topic(
        "travel",
        "journey, train, hotel, island, border, passport, suitcase, mountain",
        "trains, airports, small villages, old maps, ferries, hotels",
        "my sister, an old friend, the driver, a traveller from Spain, our guide",
        "tourists, backpackers, pilots, travellers",
        "at the airport, on the coast, in the mountains, on the night train",
        "cross,crossing,crossed,the desert; pack,packing,packed,a small bag;"
        " visit,visiting,visited,an old harbour; follow,following,followed,the river;"
        " miss,missing,missed,the last bus; book,booking,booked,a cheap room",
        "beautiful, peaceful, exotic, unforgettable",
        "crowded, expensive, dusty, noisy",
    ),
    _topic(
        "science",
        "experiment, theory, planet, telescope, formula, laboratory, signal, discovery",
        "atoms, galaxies, theories, measurements, microscopes, cells",
        "my professor, a young scientist, the physicist, our biologist",
        "scientists, students, astronomers, chemists",
        "in the laboratory, at the university, in outer space, under the microscope",
        "measure,measuring,measured,the temperature; test,testing,tested,a new theory;"
        " study,studying,studied,the human brain; observe,observing,observed,a distant star;"
        " publish,publishing,published,the data; repeat,repeating,repeated,the experiment",
        "elegant, fascinating, brilliant, precise",
        "complicated, uncertain, confusing, dangerous",
    ),
    _topic(
        "cooking",
        "recipe, kitchen, sauce, knife, soup, oven, meal, onion",
        "spices, vegetables, noodles, desserts, fresh herbs, recipes",
        "my grandmother, the chef, my neighbour, a friend from Italy",
        "cooks, bakers, waiters, guests",
        "in the kitchen, at the market, around the table, in the oven",
        "bake,baking,baked,fresh bread; chop,chopping,chopped,the onions;"
        " taste,tasting,tasted,the sauce; boil,boiling,boiled,the potatoes;"
        " invite,inviting,invited,ten guests; stir,stirring,stirred,the soup",
        "delicious, fresh, spicy, healthy",
        "salty, greasy, burnt, messy",
    ),
    _topic(
        "music",
        "song, rhythm, guitar, concert, melody, orchestra, piano, stage",
        "drums, melodies, concerts, old records, violins, songs",
        "my teacher, the singer, a drummer, the conductor",
        "musicians, dancers, singers, fans",
        "on the stage, in the studio, at the concert, behind the piano",
        "play,playing,played,the piano; write,writing,wrote,a new song;"
        " practise,practising,practised,the same passage; record,recording,recorded,an album;"
        " tune,tuning,tuned,the guitar; join,joining,joined,a choir",
        "powerful, catchy, moving, gentle",
        "loud, sad, monotonous, difficult",
    ),
    _topic(
        "sport",
        "game, team, race, stadium, coach, match, season, goal",
        "marathons, muscles, matches, training plans, medals, penalties",
        "our coach, the goalkeeper, my trainer, a runner I know",
        "players, athletes, swimmers, champions",
        "in the stadium, on the field, at the gym, in the swimming pool",
        "win,winning,won,the final; run,running,ran,ten miles;"
        " lift,lifting,lifted,heavy weights; train,training,trained,every morning;"
        " throw,throwing,threw,the ball; climb,climbing,climbed,the steep wall",
        "thrilling, fair, dynamic, healthy",
        "painful, brutal, disappointing, tiring",
    ),
    _topic(
        "the city",
        "street, bridge, tower, park, neighbourhood, building, bus stop, square",
        "buildings, bicycles, traffic lights, gardens, crowds, trams",
        "the mayor, my landlord, a taxi driver, our architect",
        "neighbours, commuters, families, planners",
        "in the old town, across the river, at the corner, on the main square",
        "build,building,built,a new bridge; cross,crossing,crossed,the street;"
        " plant,planting,planted,more trees; close,closing,closed,the centre;"
        " find,finding,found,a parking space; paint,painting,painted,the old houses",
        "lively, green, modern, safe",
        "polluted, noisy, ugly, overcrowded",
    ),
    _topic(
        "family",
        "wedding, birthday, child, grandfather, garden, holiday, story, cousin",
        "children, birthdays, cousins, old photographs, traditions, weekends",
        "my mother, my brother, my uncle, our youngest daughter",
        "parents, children, grandparents, relatives",
        "at home, in the living room, at the wedding, in the garden",
        "raise,raising,raised,three children; celebrate,celebrating,celebrated,every birthday;"
        " tell,telling,told,the old stories; visit,visiting,visited,my grandparents;"
        " cook,cooking,cooked,dinner for ten; argue,arguing,argued,about nothing",
        "warm, funny, loyal, generous",
        "stubborn, noisy, complicated, exhausting",
    ),
    _topic(
        "money",
        "bank, loan, price, market, salary, investment, debt, company",
        "prices, taxes, savings, interest rates, bills, investments",
        "my accountant, the banker, an investor, our treasurer",
        "banks, investors, customers, companies",
        "in the bank, on the market, at the shop, on my account",
        "save,saving,saved,a hundred dollars; pay,paying,paid,the bills;"
        " invest,investing,invested,in small companies; borrow,borrowing,borrowed,too much;"
        " count,counting,counted,every penny; buy,buying,bought,a house",
        "profitable, honest, stable, useful",
        "risky, unfair, expensive, greedy",
    ),
    _topic(
        "health",
        "doctor, hospital, habit, diet, heartbeat, medicine, routine, body",
        "vitamins, habits, headaches, muscles, vegetables, long walks",
        "my doctor, the nurse, a good friend, my dentist",
        "doctors, patients, nurses, runners",
        "in the hospital, in your body, at the clinic, in bed",
        "sleep,sleeping,slept,eight hours; drink,drinking,drank,enough water;"
        " stretch,stretching,stretched,every morning; breathe,breathing,breathed,deeply;"
        " quit,quitting,quit,smoking; walk,walking,walked,to work",
        "simple, natural, calm, healthy",
        "painful, unhealthy, dangerous, tired",
    ),
    _topic(
        "history",
        "empire, castle, revolution, king, museum, treaty, century, letter",
        "wars, kings, castles, inventions, letters, ruins",
        "the queen, my history teacher, a famous general, the emperor",
        "soldiers, farmers, historians, sailors",
        "in the museum, across the ocean, behind the walls, in the capital",
        "conquer,conquering,conquered,half of Europe; sign,signing,signed,a treaty;"
        " discover,discovering,discovered,an old letter; defend,defending,defended,the city;"
        " write,writing,wrote,the law; invent,inventing,invented,the printing press",
        "heroic, remarkable, ancient, noble",
        "cruel, bloody, forgotten, tragic",
    ),
    _topic(
        "nature",
        "forest, river, storm, valley, animal, ocean, tree, season",
        "forests, birds, mountains, insects, wild flowers, waves",
        "the ranger, a fisherman, my neighbour, our gardener",
        "birds, wolves, farmers, hikers",
        "in the forest, by the river, on the beach, above the clouds",
        "protect,protecting,protected,the forest; watch,watching,watched,the birds;"
        " plant,planting,planted,a tree; swim,swimming,swam,in the lake;"
        " follow,following,followed,the path; clean,cleaning,cleaned,the beach",
        "wild, quiet, colourful, beautiful",
        "cold, endangered, harsh, wet",
    ),
    _topic(
        "technology",
        "computer, robot, phone, machine, program, battery, network, screen",
        "computers, robots, passwords, updates, machines, batteries",
        "a programmer, my nephew, the inventor, our technician",
        "engineers, users, programmers, hackers",
        "on the internet, on the screen, inside the machine, in the cloud",
        "design,designing,designed,a robot; write,writing,wrote,the program;"
        " charge,charging,charged,the battery; update,updating,updated,the system;"
        " connect,connecting,connected,every device; delete,deleting,deleted,the file",
        "clever, fast, reliable, modern",
        "slow, fragile, annoying, broken",
    ),
    _topic(
        "school",
        "lesson, classroom, teacher, exam, notebook, question, student, library",
        "exams, teachers, books, lessons, mistakes, questions",
        "my teacher, a classmate, the headmaster, my best student",
        "students, teachers, children, parents",
        "in the classroom, at school, in the library, on the blackboard",
        "learn,learning,learned,a language; read,reading,read,a difficult book;"
        " pass,passing,passed,the exam; explain,explaining,explained,the rules;"
        " forget,forgetting,forgot,my homework; ask,asking,asked,better questions",
        "curious, patient, useful, inspiring",
        "boring, strict, unfair, difficult",
    ),
    _topic(
        "film",
        "scene, camera, actor, story, character, cinema, script, ending",
        "actors, cameras, costumes, endings, close-ups, comedies",
        "the director, a young actress, my favourite writer, the producer",
        "actors, critics, writers, audiences",
        "on the screen, behind the camera, in the cinema, on the set",
        "shoot,shooting,shot,the first scene; write,writing,wrote,the script;"
        " play,playing,played,the villain; cut,cutting,cut,the ending;"
        " light,lighting,lit,the stage; watch,watching,watched,an old film",
        "romantic, funny, stunning, original",
        "predictable, violent, slow, silly",
    ),
    _topic(
        "animation",
        "character, pose, drawing, gesture, rig, skeleton, cartoon, keyframe",
        "gestures, poses, drawings, hands, characters, curves",
        "the animator, our director, a student of mine, my mentor",
        "animators, artists, designers, viewers",
        "on the timeline, in the viewport, on the character, between two poses",
        "draw,drawing,drew,the first pose; move,moving,moved,the left arm;"
        " animate,animating,animated,a whole speech; polish,polishing,polished,the curves;"
        " listen,listening,listened,to the voice; pose,posing,posed,the fingers",
        "expressive, natural, smooth, lively",
        "stiff, robotic, mechanical, heavy",
    ),
    _topic(
        "weather",
        "storm, cloud, winter, rainbow, temperature, wind, summer, forecast",
        "clouds, storms, snowflakes, sunny days, winds, heat waves",
        "my neighbour, the farmer, the captain, the weather lady",
        "farmers, sailors, pilots, gardeners",
        "in the sky, over the mountains, at the seaside, in the north",
        "predict,predicting,predicted,the storm; watch,watching,watched,the clouds;"
        " wait,waiting,waited,for the sun; carry,carrying,carried,an umbrella;"
        " shovel,shovelling,shovelled,the snow; enjoy,enjoying,enjoyed,the sunshine",
        "sunny, mild, bright, warm",
        "cold, stormy, grey, unpredictable",
    ),
    _topic(
        "art",
        "painting, gallery, statue, colour, sculpture, portrait, museum, brush",
        "colours, paintings, statues, shadows, portraits, galleries",
        "the painter, a sculptor, my art teacher, the curator",
        "artists, painters, visitors, collectors",
        "in the gallery, on the canvas, in the studio, on the wall",
        "paint,painting,painted,the ceiling; draw,drawing,drew,a portrait;"
        " mix,mixing,mixed,the colours; carve,carving,carved,the stone;"
        " sell,selling,sold,the picture; visit,visiting,visited,the museum",
        "colourful, delicate, bold, beautiful",
        "dark, strange, empty, expensive",
    ),
    _topic(
        "language",
        "word, sentence, accent, dictionary, alphabet, conversation, joke, gesture",
        "words, accents, verbs, proverbs, gestures, jokes",
        "a linguist, my translator, the poet, my grandmother",
        "speakers, poets, translators, listeners",
        "in English, in conversation, on the page, in the dictionary",
        "speak,speaking,spoke,three languages; translate,translating,translated,a poem;"
        " learn,learning,learned,new words; pronounce,pronouncing,pronounced,every name;"
        " tell,telling,told,a joke; write,writing,wrote,a letter",
        "clear, poetic, rich, playful",
        "ambiguous, rude, difficult, silent",
    ),
    _topic(
        "friendship",
        "friend, promise, secret, party, letter, quarrel, memory, smile",
        "friends, secrets, memories, promises, phone calls, parties",
        "my best friend, an old classmate, my neighbour, a stranger",
        "friends, neighbours, strangers, teenagers",
        "at the party, on the sofa, on the phone, at the lake",
        "keep,keeping,kept,a secret; call,calling,called,an old friend;"
        " forgive,forgiving,forgave,a mistake; share,sharing,shared,everything;"
        " celebrate,celebrating,celebrated,all night; trust,trusting,trusted,a stranger",
        "honest, loyal, cheerful, gentle",
        "jealous, lonely, awkward, selfish",
    ),
)
