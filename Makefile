# `make run` sets everything up and starts dictation; `make test` sets everything up and tests it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/pytest
SOURCES := wsserver tests bench tools

.PHONY: run test test-arrangements test-firefox lint types format wheel practice bench bench-peers \
	bench-crowd bench-rooms bench-dashboard bench-gateway bench-replicas bench-capacity bench-fuzz \
	bench-faults bench-soak clean

run: $(VENV)/run.stamp
	$(BIN)/wsserver serve $(ARGS)

# More processes than cores: browsers, servers and sound played in its own time keep tests waiting.
# In the order of the folders: else the longest tests, which stand in small files, come last.
test: $(VENV)/test.stamp
	deploy/system-packages.sh chromium chromium-headless-shell caddy espeak-ng ffmpeg flite \
		prometheus prometheus-alertmanager redis-server systemd
	$(PYTEST) --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

# The end-to-end tests once more, with two gateways and a Redis for each server: on one engine, then
# on two replicas of a local Ray Serve.  Beside the others: they take about ten minutes.
test-arrangements: $(VENV)/test.stamp
	deploy/system-packages.sh ffmpeg redis-server
	TEST_ARRANGEMENT=workers $(BIN)/pytest tests/end_to_end $(ARGS)
	TEST_ARRANGEMENT=cluster $(BIN)/pytest tests/end_to_end $(ARGS)

# Beside the others: they are skipped there unless both packages are installed.
test-firefox: $(VENV)/test.stamp
	deploy/system-packages.sh firefox-esr pulseaudio
	$(BIN)/pytest tests/firefox $(ARGS)

lint: $(VENV)/test.stamp
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/codespell $(SOURCES) webclient docs README.md CHANGELOG.md CONTRIBUTING.md config.yaml

types: $(VENV)/test.stamp node_modules/ci.stamp
	$(BIN)/mypy $(SOURCES)
	node_modules/.bin/tsc
	node_modules/.bin/tsc --project tsconfig.worker.json

format: $(VENV)/test.stamp
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

wheel: $(VENV)/test.stamp
	$(PIP) wheel --no-deps --wheel-dir dist .

practice: $(VENV)/test.stamp
	deploy/system-packages.sh git espeak-ng flite festival \
		festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts
	$(BIN)/python -m tools.practice all $(ARGS)

bench: $(VENV)/bench.stamp
	$(BIN)/python -m bench.update
	$(BIN)/python -m bench.streams $(ARGS)

bench-peers: $(VENV)/bench.stamp
	$(BIN)/python -m bench.peers $(ARGS)

bench-crowd: $(VENV)/bench.stamp
	$(BIN)/python -m bench.crowd $(ARGS)

bench-rooms: $(VENV)/bench.stamp
	$(BIN)/python -m bench.rooms $(ARGS)

bench-dashboard: $(VENV)/bench.stamp
	deploy/system-packages.sh prometheus
	$(BIN)/python -m bench.dashboard $(ARGS)

bench-gateway: $(VENV)/bench.stamp
	$(BIN)/python -m bench.gateway $(ARGS)

bench-capacity: $(VENV)/bench.stamp
	$(BIN)/python -m bench.capacity check $(ARGS)

bench-replicas: $(VENV)/bench.stamp
	$(BIN)/python -m bench.replicas $(ARGS)

bench-faults: $(VENV)/test.stamp
	$(BIN)/python -m bench.faults $(ARGS)

bench-soak: $(VENV)/bench.stamp
	$(BIN)/python -m bench.soak $(ARGS)

bench-fuzz: $(VENV)/bench.stamp
	$(BIN)/python -m bench.fuzz $(ARGS)

clean:
	rm -rf $(VENV) node_modules build dist *.egg-info

$(VENV)/bin/python:
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || deploy/system-packages.sh python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Setting up; the first time this fetches about 300 MB and takes some minutes."
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	$(PIP) install --constraint constraints.txt --editable '.[test,lint]'
	touch $@

$(VENV)/bench.stamp: $(VENV)/test.stamp
	$(PIP) install --constraint constraints.txt --editable '.[test,lint,bench]'
	touch $@

# For checks of types and of the pages alone: the product has nothing of node's.
node_modules/ci.stamp: package-lock.json
	command -v npm >/dev/null || deploy/system-packages.sh nodejs npm
	npm ci --silent --no-audit --no-fund
	touch $@
