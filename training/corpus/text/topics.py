"""What the monologues of training talk about: the words of its topics, as data. No rules here.

An act reads "verb, -ing form, past form, rest": "bake,baking,baked,fresh bread".
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
        facts: clauses in the present tense, without comma ("nobody reads the long reports").
        told: clauses in the past tense, without comma: what happened.
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
    facts: tuple[str, ...]
    told: tuple[str, ...]


def _words(line: str, separator: str = ",") -> tuple[str, ...]:
    return tuple(part.strip() for part in line.split(separator) if part.strip())


def _acts(line: str) -> tuple[tuple[str, str, str, str], ...]:
    acts: list[tuple[str, str, str, str]] = []
    for part in line.split(";"):
        verb, gerund, past, rest = (field.strip() for field in part.split(",", 3))
        acts.append((verb, gerund, past, rest))
    return tuple(acts)


def topic(name: str, *columns: str) -> Topic:
    """Read a topic from its columns, in the order of `Topic`'s attributes."""
    nouns, plurals, people, groups, places, acts, good, bad, facts, told = columns
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
        facts=_words(facts, "|"),
        told=_words(told, "|"),
    )


TOPICS: tuple[Topic, ...] = (
    topic(
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
        "the meetings never start on time|nobody reads the long reports|"
        "the coffee machine is the heart of the office|half of the mail is not for me|"
        "people work better when they sleep enough|a good boss listens more than she talks|"
        "the deadline is always next Friday|we spend too much time in front of a screen",
        "the whole computer system went down|my boss walked in with a big smile|"
        "somebody spilled coffee on the contract|the customer called and wanted everything by Monday|"
        "they gave me the desk next to the window|we sat in that room for three hours",
    ),
    topic(
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
        "the train is always late when you're in a hurry|small hotels are often the best ones|"
        "you meet the nicest people on a bus|the sea looks different every day|most of us carry far too much|"
        "a map tells you where but not why|it's cheaper to go in the winter|the food on the road is half of the fun",
        "we missed the last train by one minute|the driver stopped and pointed at the mountains|"
        "my suitcase went to another country|we slept on the floor of a little station|"
        "a man with a donkey showed us the way|the boat turned around in the middle of the storm",
    ),
    topic(
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
        "a good question is worth more than an answer|light takes eight minutes from the sun to us|"
        "nobody has seen it with their own eyes|most experiments fail the first time|"
        "the simplest theory is often the right one|the universe is getting bigger|"
        "we're all made of the same few atoms|you have to measure it more than once",
        "the lamp went out and all the numbers were gone|the needle moved a tiny bit to the left|"
        "my professor looked at it and said nothing|the whole building lost its power|"
        "we found something that should not have been there|the signal came back even stronger",
    ),
    topic(
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
        "the secret is in the sauce|you can always add salt but never take it out|"
        "bread needs time more than anything else|my kitchen is far too small|good food brings people together|"
        "the best soup is made from what's left over|onions make everybody cry|nobody leaves my table hungry",
        "the oven caught fire|I forgot the sugar in the cake|the soup boiled over and ran across the floor|"
        "my grandmother took the spoon out of my hand|ten guests came instead of four|"
        "we ate it with our hands on the balcony",
    ),
    topic(
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
        "the silence between the notes matters too|everybody has a song for every summer|old records sound warmer|"
        "you can't learn rhythm from a book|the drummer is always too loud|"
        "a simple melody stays with you the longest|my neighbours know all of my songs by now|"
        "it's hard to stand still when the bass comes in",
        "a string broke in the middle of the song|the lights went out but we kept playing|"
        "the singer forgot every word|someone in the first row started to dance|"
        "they asked us to play it again and again|my hands were shaking when I touched the keys",
    ),
    topic(
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
        "the last mile is always the longest|winning is nice but losing teaches you more|"
        "you need a good team behind you|the coach is never happy|it hurts more on the second day|"
        "most games are won in the head|you can't run from your own legs|a match is only over when it's over",
        "we scored in the very last minute|I fell over my own feet|the whole stadium stood up and sang|"
        "it began to rain like crazy|the other team just walked away|my shoe flew across the field",
    ),
    topic(
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
        "nobody knows you better than your sister|children grow up far too fast|my mother calls every Sunday|"
        "there's always one uncle who sings|we argue and then we eat|every family has its own jokes|"
        "the old stories get better every year|grandparents have all the time in the world",
        "my grandfather stood up and gave a speech|the baby laughed for the first time|"
        "everybody started to talk at once|my brother dropped the wedding cake|we found a box full of old letters|"
        "the dog ran off with the sausages",
    ),
    topic(
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
        "money comes and goes|the small bills are the worst|you can't buy time|rich people worry too|"
        "a cheap thing is often too expensive in the end|the bank always wins|"
        "most people never talk about what they earn|saving a little every month really works",
        "I lost everything in one afternoon|the price went up while I was still thinking|the machine kept my card|"
        "we counted it twice and it was too much|a letter from the bank came through the door|"
        "she paid for all of us and left",
    ),
    topic(
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
        "the body tells you when it needs rest|a short walk is better than nothing|we all sit too much|"
        "sleep is the best medicine|habits are hard to break|water is good for almost everything|"
        "your back never forgets|laughing is healthy too",
        "I couldn't move my left arm|the doctor looked at me over his glasses|"
        "I slept for twelve hours without waking up|my heart jumped when the phone rang|"
        "the pain was gone from one day to the next|they kept me there for a whole week",
    ),
    topic(
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
        "the winners write the books|every empire falls in the end|people have always told stories|"
        "nothing really starts from zero|old walls know more than we do|most kings were afraid of the dark|"
        "the same mistakes happen over and over|a letter can change the world",
        "the wall came down overnight|they found a room that nobody had opened for centuries|"
        "the king left through the back door|ten thousand people walked across the bridge|"
        "the city burned for three days|somebody hid the letter behind a painting",
    ),
    topic(
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
        "everything is connected to everything|the battery is always empty when you need it|"
        "a machine does what you say but not what you mean|nobody reads the instructions|"
        "my phone knows me better than my friends do|the simplest tools last the longest|"
        "every update breaks something|you can turn it off and on again",
        "the screen went black|the robot rolled straight into the wall|I deleted the wrong file|"
        "it suddenly started to talk to me|the whole network was down for a day|my nephew fixed it in two seconds",
    ),
    topic(
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
        "the eyes move before the head does|a pose should read from far away|hands are the hardest part|"
        "nobody notices good timing|every gesture has a beginning and an end|less movement often says more|"
        "weight is what makes it real|the voice tells you what the body wants",
        "the character finally came to life|the left arm went through the chest|I lost a whole week of work|"
        "everybody in the room laughed at the right moment|we threw out the scene and began again|"
        "the director asked for just one more change",
    ),
    topic(
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
        "a painting is never really finished|children draw better than we do|you have to stand close to see it|"
        "every colour needs a neighbour|most of it is looking and not painting|the frame can ruin everything|"
        "nobody agrees on what it means|an empty wall makes me nervous",
        "the paint ran down the wall|an old man stood in front of it and cried|"
        "I sold my first picture for ten dollars|the statue lost its nose|somebody hung it upside down|"
        "we carried it up five floors",
    ),
    topic(
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
        "every word was new once|people talk with their hands|a joke never survives a translation|"
        "you dream in another language after a while|silence says a lot too|the short words are the hardest ones|"
        "children learn it without a book|nobody speaks the way we write",
        "I said the wrong word and everybody laughed|she answered me in perfect English|"
        "we talked with our hands for an hour|I forgot my own telephone number|"
        "the teacher threw the book out of the window|he whispered something in my ear",
    ),
    topic(
        "driving",
        "car, road, engine, licence, tunnel, motorbike, garage, crossing",
        "old cars, traffic jams, road signs, roundabouts, long bridges, petrol stations",
        "my instructor, the mechanic, my father, a policeman",
        "drivers, mechanics, cyclists, truckers",
        "on the motorway, in the garage, behind the wheel, at the crossing",
        "park,parking,parked,the car;drive,driving,drove,through the night;change,changing,changed,a tyre;"
        "wash,washing,washed,the old van;pass,passing,passed,a slow truck;take,taking,took,the long way round",
        "comfortable, fast, reliable, relaxed",
        "dangerous, slow, loud, tiring",
        "the road is empty at five in the morning|everybody thinks they drive well|"
        "a car is just a room on wheels|the fog makes everything look the same|you turn left when you're lost|"
        "the red light takes forever|old engines talk to you|patience is half of driving",
        "the engine died in the middle of the tunnel|a sheep stood on the road and looked at us|"
        "the police waved us to the side|I drove around the same block ten times|the door fell off in my hand|"
        "a stone hit the window",
    ),
    topic(
        "the market",
        "stall, basket, coat, bargain, queue, counter, jacket, price tag",
        "vegetables, shoes, bargains, flowers, second-hand books, plastic bags",
        "the lady at the till, an old farmer, my cousin, the butcher",
        "sellers, customers, farmers, students",
        "at the market, in the queue, behind the counter, at the corner shop",
        "buy,buying,bought,fresh fruit;carry,carrying,carried,the heavy bags;"
        "compare,comparing,compared,the prices;sell,selling,sold,old books;choose,choosing,chose,a ripe melon;"
        "try,trying,tried,the cheese",
        "cheap, fresh, honest, colourful",
        "expensive, crowded, rotten, useless",
        "the best tomatoes are gone by nine|nobody needs ten pairs of shoes|"
        "the queue next to mine is always faster|a smile gets you a better price|"
        "the small shops are closing one by one|you buy more when you're hungry|cheap shoes cost you twice|"
        "the fish seller shouts the loudest",
        "the bag broke and the apples rolled down the street|I had left my money at home|"
        "she gave me two for the price of one|a dog stole the biggest sausage|the whole shelf came down|"
        "it started to rain and everybody ran",
    ),
    topic(
        "the sea",
        "boat, harbour, lighthouse, anchor, sail, island, shell, tide",
        "waves, boats, gulls, fishing nets, stones, storms",
        "the captain, my grandfather, a sailor, the harbour master",
        "sailors, fishermen, divers, swimmers",
        "on the boat, at the harbour, under water, on the beach",
        "sail,sailing,sailed,to the island;catch,catching,caught,a fish;dive,diving,dived,into the cold water;"
        "repair,repairing,repaired,the net;swim,swimming,swam,to the rocks;watch,watching,watched,the tide",
        "calm, blue, endless, fresh",
        "rough, cold, deep, salty",
        "the tide waits for nobody|you can hear the waves from my bed|the water is colder than it looks|"
        "a harbour is never quiet|the horizon is always the same distance away|"
        "gulls are not afraid of anything|salt gets into everything you own|nobody owns the sea",
        "the wind dropped and we stood still for a day|a wave came over the side of the boat|"
        "the rope slipped through my hands|a whale came up right next to us|"
        "we lost the anchor in ten metres of water|the fog came in from nowhere",
    ),
    topic(
        "games",
        "puzzle, board, card, chess set, dice, riddle, controller, trick",
        "puzzles, rules, card games, video games, tricks, dice",
        "my little brother, the champion, my flatmate, a girl from next door",
        "players, children, beginners, gamers",
        "at the table, on the floor, in front of the console, at the club",
        "play,playing,played,chess;shuffle,shuffling,shuffled,the cards;break,breaking,broke,the rules;"
        "solve,solving,solved,a puzzle;win,winning,won,the first round;roll,rolling,rolled,the dice",
        "clever, fair, thrilling, simple",
        "unfair, boring, complicated, endless",
        "nobody likes a bad loser|the rules are longer than the game|children win more often than you think|"
        "luck is a part of it|there's always a piece missing|one more round means five more rounds|"
        "you learn a lot about people at the table|chess is slow until it's fast",
        "the cat jumped onto the board|I had the winning card in my hand|he threw the dice across the room|"
        "we played until four in the morning|my little brother beat all of us|the last piece was under the sofa",
    ),
    topic(
        "moving house",
        "flat, key, box, sofa, staircase, balcony, wall, ladder",
        "boxes, keys, lamps, old curtains, plates, bookshelves",
        "my landlord, the new neighbour, my best friend, a man from the removal company",
        "movers, tenants, neighbours, students",
        "in the new flat, on the stairs, on the balcony, in an empty room",
        "carry,carrying,carried,the boxes;paint,painting,painted,the walls;"
        "unpack,unpacking,unpacked,the plates;measure,measuring,measured,the kitchen;"
        "lose,losing,lost,the keys;build,building,built,a shelf",
        "bright, quiet, empty, new",
        "dark, dusty, narrow, heavy",
        "you own more than you think|the sofa never fits through the door|an empty room has a strange sound|"
        "the first night is always too quiet|books are heavier than stones|"
        "somebody upstairs plays the trumpet|keys hide when you need them|a home needs time",
        "the lift stopped between two floors|we carried the piano up five floors|"
        "the box with the glasses fell down the stairs|there was no light and no water|"
        "the neighbours came over with a cake|we slept on the floor between the boxes",
    ),
    topic(
        "pets",
        "dog, cat, parrot, cage, leash, puppy, tail, bowl",
        "cats, dogs, goldfish, rabbits, puppies, hamsters",
        "the vet, my neighbour, a lady with three dogs, my niece",
        "pet owners, children, dog lovers, neighbours",
        "in the park, at the vet, under the bed, in the garden",
        "walk,walking,walked,the dog;feed,feeding,fed,the cat;teach,teaching,taught,the parrot a word;"
        "chase,chasing,chased,the ball;brush,brushing,brushed,the rabbit;clean,cleaning,cleaned,the cage",
        "loyal, soft, playful, gentle",
        "loud, lazy, jealous, wild",
        "a cat does what it wants|dogs know when you're sad|the smallest ones bark the loudest|"
        "nobody sleeps when the puppy is awake|a goldfish is not as stupid as it looks|"
        "they eat better than I do|the hair is everywhere|every dog has its own walk",
        "the dog ran off with my shoe|the parrot repeated it in front of everyone|"
        "we found the cat on top of the wardrobe|the hamster was gone for a week|"
        "three puppies came running around the corner|it looked at me and fell asleep",
    ),
)
