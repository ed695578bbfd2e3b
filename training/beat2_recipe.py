"""From BEAT2 to trained models and the paper's tables: ``python -m training.beat2_recipe --data BEAT2 --out DIR``.

`BEAT2` is ``beat_english_v2.0.0`` as its authors give it; its split is the official one. Every step is one of this
package's own commands, printed before it runs; a step that is done is not done again, and a training that was stopped
goes on. What comes out must not be passed on: BEAT2 is for research (CC BY-NC 4.0), and weights learn its speakers.
"""

from __future__ import annotations

import subprocess
import sys

import tyro

from exges_core.errors import ExgesError
from training.recipes.paper_tables import Recipe, run

if __name__ == "__main__":
    try:
        chosen = tyro.cli(Recipe, description=__doc__)
        run(chosen)
        if "evaluate" in chosen.steps:
            print(f"the report is {chosen.out / 'report' / 'report.html'}")
    except KeyboardInterrupt:
        print("stopped; run the recipe again to go on", file=sys.stderr)
        sys.exit(130)
    except ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except subprocess.CalledProcessError as error:
        print(f"{error.cmd[2]} stopped with {error.returncode}; run the recipe again to go on", file=sys.stderr)
        sys.exit(error.returncode)
