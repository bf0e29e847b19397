"""Whole graphs: TorchScript, exported programs (`.pt2`) and foreign ONNX files, one kind a file.

Each kind gives something that runs, and an ONNX model of it. What it takes is found as of an owner's class
(`ganrt.exporter.owner`); `joining` puts the contract's inputs and tail around the model.
"""
