"""Measurements: run by hand, kept as JSON and Markdown under results/."""
