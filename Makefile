# chatdesk: every target sets itself up on a fresh Debian or Ubuntu that has Python 3.11 to 3.13, make and git.
# README.md has the same steps for Windows and macOS.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV  := .venv
PY    := $(VENV)/bin/python
READY := $(VENV)/.stamp
DEV   := packaging/dev
export PYTHONPATH := src

.PHONY: help demo test lint format bench bench-peers bench-growth shots replay conform fuzz faults faults-mutants soak coverage docs fresh lock clean system-run system-test

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

demo: system-run $(READY)  ## run the demo: a window, or without a display a scripted journey with pictures
	$(PY) -m chatdesk demo

test: system-test $(READY)  ## run all tests in a private desktop session, with the coverage floor
	bash $(DEV)/session.sh bash $(DEV)/tests.sh $(PY)

lint: $(READY)  ## check style, format, types and the layers
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo

format: $(READY)  ## put the code into its one format
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

bench: system-test $(READY)  ## measure against the bars; writes build/bench/report.json
	bash $(DEV)/session.sh $(PY) -m tests.bench

# Without Chromium or npm the bars against the panel are not shown, with the reason; the others are measured.
bench-peers: system-test $(READY)  ## the same, side by side with a web panel in Chromium
	-@bash $(DEV)/system.sh $(DEV)/apt-peers.txt
	bash $(DEV)/session.sh $(PY) -m tests.bench --peers

bench-growth: system-test $(READY)  ## measure what it costs as the work grows; writes build/bench/growth.json
	bash $(DEV)/session.sh $(PY) -m tests.bench.growth

shots: system-run $(READY)  ## draw every state of the window into build/shots/
	$(PY) tests/shots/make_shots.py --out build/shots

# CAPTURES: a folder of captures, else those of the tests. DUMP: a folder for what the client shows at their ends.
# FULL=1: every generated corruption as well.
replay: system-run $(READY)  ## play recorded traffic against the client: CAPTURES=folder DUMP=folder FULL=1
	@$(PY) -m tests.replay --captures "$(CAPTURES)" --dump "$(DUMP)" $(if $(FULL),--full)

# CAPTURES: a folder of captures, else those of the tests. PLATFORM, SCENARIO: only these.
conform: $(READY)  ## play recorded clients into our servers: CAPTURES=folder PLATFORM=omw SCENARIO=typing
	@$(PY) -m tests.conform --captures "$(CAPTURES)" --platform "$(PLATFORM)" --scenario "$(SCENARIO)"

fuzz: $(READY)  ## damage what every platform sends, a million times each
	CHATDESK_FUZZ=$${CHATDESK_FUZZ:-1000000} $(PY) -m pytest -q tests/platforms -k fuzz

# SEED: which presses and faults; SCHEDULES: how many. A run that was interrupted goes on where it stopped.
faults: $(READY)  ## presses among faults at every platform; writes build/faults/report.json: SEED=n SCHEDULES=n
	$(PY) -m tests.faults --seed $(or $(SEED),1) --schedules $(or $(SCHEDULES),10000)

# SEED: where the search begins; ONLY: names of defects.
faults-mutants: system-run $(READY)  ## plant twelve defects, and find each: SEED=n ONLY="late_attempt no_watermark"
	QT_QPA_PLATFORM=offscreen $(PY) -m tests.faults.mutants --seed $(or $(SEED),1) $(if $(ONLY),--only $(ONLY))

# MINUTES: how long; what it compares are sixths of it, so less than 6 says nothing about memory.
soak: system-run $(READY)  ## the program among events and faults, watched for growth and leaks; writes build/soak/: MINUTES=n SEED=n
	QT_QPA_PLATFORM=offscreen $(PY) -m tests.soak --minutes $(or $(MINUTES),30) --seed $(or $(SEED),1)

coverage: test  ## run the tests, then write the annotated sources to build/coverage/
	$(PY) -m coverage html -q -d build/coverage

docs: $(READY)  ## write the map of rooms and the page of platforms (after make test)
	$(PY) $(DEV)/map.py
	$(PY) $(DEV)/platforms.py

fresh:  ## prove demo and test from a fresh clone in an empty Debian (root only); writes build/fresh.log
	bash $(DEV)/fresh.sh

lock: $(READY)  ## write packaging/locks/*.txt anew from the *.in files
	bash $(DEV)/lock.sh

clean:  ## remove the environment and everything that was built
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

system-run:
	@bash $(DEV)/system.sh $(DEV)/apt-run.txt

system-test:
	@bash $(DEV)/system.sh $(DEV)/apt-run.txt $(DEV)/apt-test.txt

$(READY): packaging/locks/dev.txt | $(DEV)/venv.sh
	@bash $(DEV)/venv.sh $(VENV) $<
	@touch $@
