"""The built-in drawer: a generator as a short program that portable C runs without any runtime (docs/drawer-format.md).

Lowering is `lower`, the program and its file `program`, and a slow interpreter of the file `reference`.
"""
