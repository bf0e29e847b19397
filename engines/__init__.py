"""ONNX -> something that runs one batch: the engine protocol and the backends behind it."""
