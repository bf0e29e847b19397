"""What a bundle says to the people who open it."""

from importlib.resources import files

README = (files("ganrt.runtime") / "data" / "kit.md").read_text("utf-8")

NOTICE = """{name}
Licence of the weights: {licence}
Attribution: {attribution}

The sources in clients/ are ganrt's, Copyright 2026 the ganrt authors, Apache License, Version 2.0 (clients/LICENSE).
Philox4x32-10 follows Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (2011).
"""
