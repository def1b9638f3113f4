"""``python -m topmast`` is the command line."""

from topmast.cli import main

main()
