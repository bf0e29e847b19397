"""Frames at the display's rate: a paced stream of a walk, and a queue that works within a frame budget."""
