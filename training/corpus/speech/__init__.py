"""How it is said: voices, casting, prosody, alignment of recorded speech; exact times of words and phones."""
