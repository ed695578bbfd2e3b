"""What tells strokes among movements: fitting it to labels and matching what it finds with them."""
