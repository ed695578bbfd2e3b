"""FGD's evaluator in training: an auto-encoder of gestures, of which the encoder ships."""
