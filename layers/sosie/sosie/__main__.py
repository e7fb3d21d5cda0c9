"""`python -m sosie`: the same as the `sosie` command."""

from sosie.local.cli import main

if __name__ == "__main__":
    main()
