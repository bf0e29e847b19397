"""Generators whose owner has the class: its file is run, its weights loaded into it, and it is asked what it takes."""
