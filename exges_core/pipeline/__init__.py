"""The whole flow: speech -> words -> segments -> retrieval -> score -> control -> diffusion -> motion.

`gesture` is the flow in memory; `generate` and `plan_score` read files, run it and write what came of it; `analyse`
hears a speech, `models` holds what is loaded, `report` says what was decided, `energy` is a word for several settings.
They compose; the other rooms compute.
"""
