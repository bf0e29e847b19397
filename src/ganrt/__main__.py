"""The command line: `ganrt`, and `python -m ganrt`."""

import sys


def main() -> None:
    """Runs it; Ctrl-C ends it with 130 even before the first command is known."""
    try:
        from ganrt.cli.main import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
