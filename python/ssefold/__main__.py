"""`python -m ssefold`: the command line (cli.py)."""

from ssefold.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
