"""Call the add-on's operators at random: python tests/soak/blender_calls.py [--count 1000] [--seed N].

All of them but those that install or fetch something, with valid and invalid properties, in whatever state the calls
before have left: no traceback, nothing corrupt, Blender alive. Another Blender: EXGES_BLENDER_PYTHON=/path/to/python.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from blender_soak import main

if __name__ == "__main__":
    sys.exit(main("calls", short=100, full=1000, what=__doc__))
