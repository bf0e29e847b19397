"""`python -m ganrt`: the command line."""

from ganrt.cli.main import main

main()
