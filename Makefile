# Two commands for a newcomer: `make demo` and `make test`. Every target sets up .venv by itself.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODELS := $(VENV)/.models
HUMAN := $(VENV)/.human

.DEFAULT_GOAL := help
.PHONY: help demo test test-light test-blender test-window check lint types contracts addon release docs rooms hooks setup system clean

help:  ## list these commands (changes nothing)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(MODELS) $(HUMAN)  ## speech -> out/demo.bvh, .npz, .json, .blend and .mp4; under 10 minutes
	$(BIN)/exges demo --out out

test: $(MODELS) $(HUMAN)  ## everything that must hold
	$(BIN)/python -m pytest

# On the bpy wheels of the supported Blenders, in environments of their own, .venv-blender-* (1.5 GB each).
BLENDERS ?= 4.2 4.5 5.0 5.2
test-blender: $(READY)  ## the whole extension on Blender 4.2 to 5.2 (BLENDERS=5.2 for one)
	$(BIN)/python tests/addon/versions.py $(BLENDERS)

# A real Blender with a window; minutes, root, about 3 GB. WHEELS=FOLDER makes the engine's environment as well.
test-window: $(READY)  ## click through a real Blender and take the docs' pictures (root, about 3 GB)
	$(BIN)/python tests/blender_window/run.py $(if $(WHEELS),--wheels $(WHEELS))

check: lint types contracts  ## lint, types and import contracts: what the commit hooks run

lint: $(READY)  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## basedpyright, strict
	$(BIN)/basedpyright

contracts: $(READY)  ## import-linter: which room may import which
	$(BIN)/lint-imports

addon: $(READY)  ## dist/exges-VERSION.zip, the extension to install in Blender
	$(BIN)/python build_addon.py

# Every zip with the engine in it (1 GB), the light one, the wheel, a repository's index, checksums: docs/releasing.md.
release: $(READY)  ## dist/release: zips for every platform and Python, ready for a site (WHEELS=FOLDER: no network)
	$(BIN)/python build_addon.py --release $(if $(WHEELS),--wheels $(WHEELS))

# What somebody without PyTorch installs, from nothing: it must generate.
test-light: $(READY)  ## a light installation in .venv-light, without PyTorch, makes the demo's motion
	test -x .venv-light/bin/python || $(PYTHON) -m venv .venv-light || python3 -m venv .venv-light
	.venv-light/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .
	.venv-light/bin/python -m pip install --quiet --disable-pip-version-check '.[light]'
	! .venv-light/bin/python -c "import torch" 2>/dev/null
	.venv-light/bin/exges doctor
	mkdir -p out
	.venv-light/bin/exges generate exges_core/assets/demo.flac --transcript exges_core/assets/demo.txt -o out/light.bvh

# A warning is an error. The variable silences the theme's notice about its own end of support (docs/decisions/0003-*).
docs: $(READY)  ## the documentation as a site: out/site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

rooms: $(READY)  ## write the list of rooms in docs/architecture.md anew
	$(BIN)/python tools/site/rooms.py

hooks: $(READY)  ## let git run `make check` on what is committed
	$(BIN)/pre-commit install

setup: $(READY)  ## .venv with everything that development needs

# The shared libraries that Blender's Python module links; installed by apt where that is possible, named otherwise.
system:  ## shared libraries that Blender's Python module needs (Debian, Ubuntu)
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

# The demo's human, of CC0 data (48 MB), in the user's own cache. Without them a mannequin stands in, and one line says so.
$(HUMAN): $(READY) $(wildcard tools/human/*.py)
	@if $(BIN)/python -m tools.human; then touch $(HUMAN); fi

clean:  ## remove .venv, .venv-light, out, dist and build
	rm -rf $(VENV) .venv-light out dist build
