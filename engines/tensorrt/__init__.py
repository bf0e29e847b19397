"""Engines of TensorRT and TensorRT-RTX: how they are compiled, and which of their files are trusted.

Nothing here imports a vendor's library before it is needed: a damaged file is refused where there is none.
"""
