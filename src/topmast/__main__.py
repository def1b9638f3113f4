"""`python -m topmast`: the command line."""

from topmast.cli import main

if __name__ == "__main__":
    main()
