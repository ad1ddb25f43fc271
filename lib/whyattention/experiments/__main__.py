"""``python -m whyattention.experiments``: the same as `whyattention experiments`."""

import sys

from whyattention.cli import main

if __name__ == "__main__":
    sys.exit(main(["experiments", *sys.argv[1:]]))
