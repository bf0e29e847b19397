"""Ctrl-C that waits: heard, told to those around, never raised where something must end whole."""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from ganrt import interrupts as module
from ganrt.interrupts import HeldInterrupts, import_whole, interrupt_once


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


def test_they_are_heard_and_not_raised():
    heard = []
    with HeldInterrupts(lambda: heard.append(1)) as interrupts:
        ctrl_c()
        interrupts.let_end(lambda: heard.append("never: it is over already"))
    assert (interrupts.told, heard) == (True, [1])
    with pytest.raises(KeyboardInterrupt):
        ctrl_c()


def test_work_that_may_end_ends_and_the_rest_goes_on():
    heard = []
    with HeldInterrupts() as interrupts:
        interrupts.let_end(lambda: [ctrl_c(), heard.append("never")])
        assert interrupts.told
        ctrl_c()
        heard.append("after")
    assert heard == ["after"]


def test_an_error_leaves_it_as_it_was():
    with pytest.raises(ZeroDivisionError), HeldInterrupts() as interrupts:
        interrupts.let_end(lambda: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_one_does_not_tear_what_tidies_up():
    tidied = []

    def work():
        try:
            ctrl_c()
        finally:
            ctrl_c()
            tidied.append(1)

    with HeldInterrupts() as interrupts:
        interrupts.let_end(work)
    assert (interrupts.told, tidied) == (True, [1])


def test_those_around_are_told():
    with HeldInterrupts() as outer:

        def work():
            with HeldInterrupts() as inner:
                inner.let_end(ctrl_c)

        outer.let_end(work)
        assert outer.told
        with HeldInterrupts() as later:
            pass
        assert not later.told
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_nobody_hears_of_it_nothing_changes():
    def elsewhere():
        with HeldInterrupts() as interrupts:
            interrupts.let_end(lambda: None)
        return interrupts.told

    with ThreadPoolExecutor() as pool:
        assert pool.submit(elsewhere).result() is False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with HeldInterrupts() as interrupts:
            ctrl_c()
        assert not interrupts.told
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_library_that_takes_ctrl_c_for_its_own_error(tmp_path, monkeypatch):
    """As native ones do: they say that they could not be initialised, or go on as if nothing were."""
    monkeypatch.syspath_prepend(tmp_path)
    for name, then in (("says_missing", "raise ImportError('initialization failed')"), ("says_nothing", "pass")):
        lines = f"import signal\ntry:\n    signal.raise_signal(signal.SIGINT)\nexcept KeyboardInterrupt:\n    {then}\n"
        (tmp_path / f"{name}.py").write_text(lines)
        with pytest.raises(KeyboardInterrupt):
            import_whole(name)
        assert name in sys.modules
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        import_whole("no_such_library")


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="Windows has no timer's signal")
def test_one_that_an_import_put_off_is_held_too(monkeypatch):
    before = signal.getsignal(signal.SIGALRM)
    try:
        interrupt_once()
        monkeypatch.setattr(module, "_ending", False)
        with HeldInterrupts() as interrupts:
            signal.raise_signal(signal.SIGALRM)
        assert interrupts.told
        monkeypatch.setattr(module, "_ending", False)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGALRM, before)


def test_one_that_a_library_swallowed_counts_again_some_seconds_later(monkeypatch):
    clock = iter([100.0, 101.0, 106.0, 106.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(module, "_ending", False)
    monkeypatch.setattr(module, "_raised", float("inf"))
    with pytest.raises(KeyboardInterrupt):
        module._raise_once(2, None)
    module._raise_once(2, None)  # what ends the command is not torn apart
    with pytest.raises(KeyboardInterrupt):
        module._raise_once(2, None)
