"""A backend that fails while it draws: exit code 3 and a short message, not an internal error."""

from types import SimpleNamespace

import pytest

import ganrt
from ganrt.errors import BackendUnavailable
from ganrt.runtime import generator as generators


def fail(*_):
    raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : Non-zero status code\n\x1b[0;93mat node 7\x1b[m\n" + "x" * 5000)


def test_what_failed_is_said_in_two_lines(tiny):
    with ganrt.load(tiny, backend="onnxruntime") as generator:
        generator._engine._session = SimpleNamespace(run=fail)
        with pytest.raises(BackendUnavailable, match="failed while it drew: .*Non-zero status") as caught:
            generator.sample(1)
    assert len(str(caught.value).splitlines()) == 2
    assert "\x1b" not in str(caught.value)


def test_openvino_likewise():
    pytest.importorskip("openvino", reason='openvino is not installed: pip install "ganrt[openvino]"')
    from ganrt.engines.openvino_cpu import _collected, _PendingTicket

    ticket = _PendingTicket({})
    ticket.running.append(SimpleNamespace(wait=fail))
    with pytest.raises(BackendUnavailable, match="openvino failed while it drew: .*Non-zero status"):
        _collected(ticket)


def test_the_command_exits_with_3(run, tiny, monkeypatch):
    opened = generators.open_generator

    def broken(*arguments, **options):
        generator = opened(*arguments, **options)
        generator._engine._session = SimpleNamespace(run=fail)
        return generator

    monkeypatch.setattr(generators, "open_generator", broken)
    code, _, err = run("generate", "-m", tiny, "--backend", "onnxruntime", "-o", "a.png")
    assert (code, "internal error" in err) == (3, False), err
