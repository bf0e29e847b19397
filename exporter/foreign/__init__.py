"""Generators of no listed family: TorchScript, exported programs (`.pt2`) and foreign ONNX files, one kind a file.

Each kind gives the network as an ONNX model and as something to run; the rest (inputs, tail, contract) is shared.
"""
