"""What the machine did while a run was measured: power, clocks, temperature, memory, throttling. All of it optional.

A source is one file with one class (`source.py` says what it must do); `sampler.py` reads all sources from one thread.
"""
