"""Files of other writers, drawn at random, some of them damaged."""
