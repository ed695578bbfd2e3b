"""What is said: monologues written by rule, and which gestures the words of any English text can call."""
