"""What the monologues of validation and test talk about: topics that training never hears, as data. No rules here."""

from __future__ import annotations

from training.corpus.text.topics import Topic, topic

HELD_OUT_TOPICS: dict[str, tuple[Topic, ...]] = {
    "val": (
        topic(
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
            "the best line is often cut|you only see what the camera sees|a good ending is hard to find|"
            "real life has no music|the villain gets the better clothes|waiting is most of the job",
            "the lamp fell into the pool|the actor walked off the set|we shot it in one single take|"
            "everybody forgot to breathe|the camera stopped on the last page",
        ),
        topic(
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
            "it always rains on my day off|the wind comes from the west|clouds never look the same twice|"
            "people talk about it when they have nothing to say|the first snow makes everybody quiet|"
            "you can smell a storm before it comes",
            "the sky turned green|hail came down like golf balls|the wind took my hat|"
            "the sun came out for exactly one minute|we stood under a tree and got wet anyway",
        ),
    ),
    "test": (
        topic(
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
            "the best bakery is around the corner|every street has its own smell|"
            "you can be alone among a million people|the trams wake me up at five|a bench is sometimes all you need|"
            "the old houses lean a little to one side|nobody looks up any more",
            "the bus drove past without stopping|they closed the bridge for a year|"
            "a piano stood in the middle of the square|the whole street went dark|I ran into my old landlord|"
            "pigeons stole my lunch",
        ),
        topic(
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
            "the forest is never really silent|moss grows where nobody walks|birds know the way without a map|"
            "a river always finds a way|the mountains don't care about us|every leaf is a little different|"
            "bees do most of the work",
            "a deer stepped out onto the path|the wave rolled right over my boots|the tree fell between us|"
            "an owl looked me straight in the eye|the fog lifted and there was the lake",
        ),
        topic(
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
            "the back row has the best view|nobody learns from fear|some teachers stay with you forever|"
            "the bell rings too early|homework expands like dough|a stupid question is still a question|"
            "chalk gets into everything",
            "the fire alarm rang during the exam|the headmaster came in on a bicycle|"
            "I wrote my name on the wrong paper|the whole class stood up and clapped|"
            "a bird flew in through the window",
        ),
        topic(
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
            "a good friend tells you the truth|you can't make old friends|some people only call when it rains|"
            "trust grows like a tree|a shared joke lasts for decades|it's fine to say nothing together|"
            "letters are better than messages",
            "we sat on the roof until sunrise|she drove all night to see me|he told my secret to everyone|"
            "we lost each other in the crowd|they sang for me under the balcony",
        ),
    ),
}
"""Topics that only validation, or only test, may talk about."""
