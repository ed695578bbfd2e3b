"""How it is said: voices, who speaks whom, prosody, and speech heard again; exact times of words and phones."""
