"""The command line: `ganrt`, and `python -m ganrt`."""

import os
import sys
from contextlib import suppress

from ganrt.interrupts import ignore_interrupts, interrupt_once

_INTERRUPTED = 130


def main() -> None:
    """Runs it. Ctrl-C ends it with 130 and one line, however often it comes."""
    interrupt_once()
    try:
        from ganrt.cli.main import main as command_line

        command_line()
    except KeyboardInterrupt:
        ignore_interrupts()
        sys.stderr.write("error: interrupted\n")
        _leave()
    except SystemExit as end:
        ignore_interrupts()
        if end.code == _INTERRUPTED:
            _leave()
        raise


def _leave() -> None:
    """At once: what was begun has ended, and threads of native libraries may not survive the interpreter's end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads any more
            stream.flush()
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
