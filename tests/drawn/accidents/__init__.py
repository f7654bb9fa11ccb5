"""Draws accidents that befall drawn pipelines, and judges what is left: see ../README.md."""
