"""How it is acted: speakers, which gestures they make, what those look like, and the body that makes them."""
