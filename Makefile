# The two commands: `make run` and `make test`. Each does all of its own set-up, and nothing twice.
PYTHON ?= python3
BIN := .venv/bin
DEV := .venv-dev/bin

.DEFAULT_GOAL := help
.PHONY: help run chat train test check blind nlu-report benchmark benchmark-channels benchmark-handoff benchmark-sizing benchmark-endurance attacks screenshots setup setup-test lock licences

help:  ## show these lines
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

run: setup  ## start the assistant
	@$(BIN)/botwijzer run

chat: setup  ## talk to it in this terminal
	@$(BIN)/botwijzer chat

train: setup  ## train the model when something changed
	@$(BIN)/botwijzer train

test: check  ## everything: lint, types, content, unit, dialogue and blind tests
	@$(BIN)/botwijzer train
	@$(BIN)/python -m pytest

check:  ## lint, types, content and data; the widget's types and unit tests
	@$(PYTHON) tools/bootstrap.py --dev --npm run check
	@$(DEV)/ruff check .
	@$(DEV)/ruff format --check .
	@$(DEV)/mypy --python-executable $(BIN)/python
	@$(BIN)/python tools/check_data.py
	@$(BIN)/botwijzer validate

blind: setup-test  ## ask the blind questions and print the score
	@$(BIN)/python tools/blind.py

nlu-report: blind  ## measure how well it understands, on one page (half an hour)
	@$(BIN)/python -W ignore -m tools.nlu_report $(REPORT)

benchmark:  ## measure it beside the bot that `rasa init` makes (half an hour; BENCHMARK=--quick: 4 minutes)
	@$(PYTHON) tools/bootstrap.py --dev --starter
	@$(BIN)/python -W ignore -m tools.benchmark.compare $(BENCHMARK)

benchmark-channels: setup-test  ## measure the channels: weight, waits, answers under load, start (ten minutes)
	@$(BIN)/python -W ignore -m tools.benchmark $(BENCHMARK)

benchmark-handoff: setup-test  ## a thousand requests for a human while everything dies (a quarter of an hour)
	@$(BIN)/python -W ignore -m tools.benchmark.handoff $(BENCHMARK)

benchmark-sizing: setup-test  ## what a turn costs with PostgreSQL, Redis and nginx, one instance and two (five minutes)
	@$(BIN)/python -W ignore -m tools.benchmark.sizing $(BENCHMARK)

benchmark-endurance: setup-test  ## memory over 20,000 turns; ten minutes in which processes are killed
	@$(BIN)/python -W ignore -m tools.benchmark.endurance $(BENCHMARK)

attacks: setup-test  ## ten thousand attacks of each kind, and how many were survived (an hour; ATTACKS="--attacks 1000")
	@$(BIN)/python -W ignore -m tools.attacks $(ATTACKS)

screenshots: setup-test  ## take the pictures in docs/ anew
	@$(BIN)/python -m pytest -q -W ignore tests/browser/test_looks.py --pictures docs

setup:
	@$(PYTHON) tools/bootstrap.py

setup-test:
	@$(PYTHON) tools/bootstrap.py --test

lock:  ## compile the lock files anew
	@$(PYTHON) tools/bootstrap.py --lock

licences: setup-test  ## write the licences of what is installed and shipped to docs/licences.md
	@$(BIN)/python -W ignore -m tools.supply_chain licences
