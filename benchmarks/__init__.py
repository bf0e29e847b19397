"""Measurements: run by hand, kept as JSON and Markdown under results/."""

from ganrt.home import keep_torch_here

keep_torch_here()
