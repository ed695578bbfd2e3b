"""Kill the engine at random while Blender makes takes: python tests/soak/blender_kills.py [--count 100] [--seed N].

Each time the scene must be what it was, to the last property, the error shown, and the next generation work. Only
engines that died count: where the take was finished first, its engine has another round, at another moment. Another
Blender: EXGES_BLENDER_PYTHON=/path/to/a/python/with/bpy.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from blender_soak import main

if __name__ == "__main__":
    sys.exit(main("kills", short=5, full=100, what=__doc__))
