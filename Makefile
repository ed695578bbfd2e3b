# Two commands for a newcomer: `make demo` and `make test`. Both set up .venv themselves.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODELS := $(VENV)/.models

.PHONY: demo test test-blender test-window lint types contracts addon check setup system clean

demo: $(MODELS)
	$(BIN)/exges demo --out out

test: $(MODELS)
	$(BIN)/python -m pytest

# The whole add-on on the bpy wheels of the supported Blenders, in environments of their own, .venv-blender-* (1.5 GB each).
BLENDERS ?= 4.2 4.5 5.0 5.2
test-blender: $(READY)
	$(BIN)/python tests/addon/versions.py $(BLENDERS)

check: lint types contracts

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/basedpyright

contracts: $(READY)
	$(BIN)/lint-imports

addon: $(READY)
	$(BIN)/python build_addon.py

# A real Blender with a window; minutes, root, about 3 GB. WHEELS=FOLDER makes the engine's environment as well.
test-window: $(READY)
	$(BIN)/python tests/blender_window/run.py $(if $(WHEELS),--wheels $(WHEELS))

setup: $(READY)

# The shared libraries that Blender's Python module links; installed by apt where that is possible, named otherwise.
system:
	bash .ci/system-packages.sh

$(READY): pyproject.toml .ci/debian-packages.txt
	bash .ci/system-packages.sh
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[blender,dev]'
	touch $(READY)

# The speech model, into the user's own cache. Without it words come from PocketSphinx, and the next make tries again.
$(MODELS): $(READY)
	@if $(BIN)/exges models get moonshine; then touch $(MODELS); \
	else echo 'make: no speech model; going on without it (words come from PocketSphinx, which errs more)'; fi

clean:
	rm -rf $(VENV) out dist build
