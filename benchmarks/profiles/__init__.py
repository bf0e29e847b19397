"""Which layers cost what: profiles of ONNX Runtime, OpenVINO and TensorRT, brought into one table (`table.py`)."""
