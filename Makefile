# Everything that is typed by hand. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help setup setup-test run demo doctor bench load soak test test-long test-interop gallery check format clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Virtual environment, Debian packages (as root), compiled extensions
	@tools/setup run

setup-test: ## The same, with what the tests need: browsers, Node.js, network tools
	@tools/setup test

run: setup ## Start the server (options: make run ARGS="--config mcu.toml")
	@exec $(BIN)/mcu serve $(ARGS)

demo: setup ## Start the server with a conference of 24 synthetic office holders
	@exec $(BIN)/mcu demo $(ARGS)

doctor: setup ## Say what is wrong with this installation and what to do
	@exec $(BIN)/mcu doctor $(ARGS)

bench: setup ## Measure the server against bare codecs and other programs (make bench ARGS=--quick)
	@exec $(BIN)/mcu bench $(ARGS)

load: ## Meetings of synthetic people who check what they see and hear (all it can do: make load ARGS=--help)
	@tools/setup load
	@LOADTEST_SCENARIO=$${LOADTEST_SCENARIO:-gathering} exec $(BIN)/python -m loadtests --headless --only-summary $(ARGS)

soak: ## People come and go for ten minutes, and nothing of the server may grow (make soak ARGS="--hours 8")
	@tools/setup load
	@LOADTEST_SCENARIO=soak exec $(BIN)/python -m loadtests --headless --only-summary $(ARGS)

check: setup-test ## Formatting, lint, types, import rules; under a minute
	@tools/check

test: setup-test ## Checks, unit, fuzz, network, browsers, other stacks: all but test-long
	@tools/check
	@tools/test $(ARGS)

gallery: setup-test ## Pictures of every state of the page, in var/gallery (one state: make gallery ARGS="--state chat")
	@$(BIN)/python -m tests.browser.gallery var/gallery $(ARGS)

test-long: setup-test ## What `make test` leaves out: more states, sizes and seeds, thin lines, long breaks, broken servers, more bad input
	@$(BIN)/python -m pytest -m long $(ARGS)
	@MCU_FUZZ_INPUTS=100000 $(BIN)/python -m pytest tests/fuzz --numprocesses 2

test-interop: setup-test ## Real H.323 stacks and another WHIP server, installed on first use (1.4 GB, four minutes, as root)
	@tools/h323-peers current >/dev/null && tools/h323-peers older >/dev/null && tools/whip-peers >/dev/null
	@MCU_TEST_PEERS=required $(BIN)/python -m pytest -m "(h323_peers or whip_peers) and not long" $(ARGS)

format: setup-test ## Rewrite the sources in the project's format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## Remove what was built; keeps var/
	rm -rf $(VENV) build *.egg-info mcu/*/*.so web-client/node_modules
