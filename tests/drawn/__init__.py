"""Draws whole pipelines at random, runs them and judges them: see README.md."""
