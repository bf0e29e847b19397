"""Settings of all tests."""

from hypothesis import settings

# The same examples in every run, and no time limits: a busy machine must not fail a test.
settings.register_profile("ganrt", derandomize=True, deadline=None)
settings.load_profile("ganrt")
