"""Runs compiled engines on an NVIDIA GPU through cuda-bindings and the vendor's runtime, with nothing in between."""
