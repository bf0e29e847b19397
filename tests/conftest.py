"""Settings of all tests."""

import pytest
from hypothesis import settings

# The same examples in every run, and no time limits: a busy machine must not fail a test.
settings.register_profile("ganrt", derandomize=True, deadline=None)
settings.load_profile("ganrt")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """What somebody tuned on this machine must not decide what the tests run, nor the tests what he runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANRT_HOME", str(tmp_path_factory.mktemp("ganrt-home")))
        yield


def pytest_collection_modifyitems(config, items):
    """Soaks run only where they are asked for by name."""
    if "soak" not in (config.option.markexpr or ""):
        items[:] = [item for item in items if "soak" not in item.keywords]
