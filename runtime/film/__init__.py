"""Frames to files: videos, animations, folders of pictures, sprite sheets. One file for each kind of output."""
