"""Checkpoint -> verified ONNX file with its spec. Needs the extra `export`.

Importing this package is cheap: `ganrt.exporter.export.export` and `ganrt.exporter.describe.describe` load torch
when they are called.
"""

from ganrt.home import keep_torch_here

keep_torch_here()
