# Every target installs what it needs; nothing has to be set up by hand but Python 3.11 to 3.14 and make.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Trust what the machine trusts when packages are fetched.
export NODE_USE_SYSTEM_CA := 1
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 18,20

# Side by side, told one after the other: halves that take as long, without what workers cost.
QUICK := pytest --hypothesis-profile fast -m 'not slow'
FAST := told=$$(mktemp); $(QUICK) tests/unit >$$told 2>&1 & one=$$!; \
  echo "tests/stack, tests/state_machine, and meanwhile tests/unit:"; \
  $(QUICK) tests/stack tests/state_machine; other=$$?; \
  wait $$one; one=$$?; echo "tests/unit:"; cat $$told; rm $$told; \
  [ $$other = 0 ] || echo "tests/stack or tests/state_machine: see above what failed"; \
  [ $$one = 0 ] && exit $$other
# A worker more than cores, since much of it is waiting, each with a local cloud of its own, and a
# file on one, for what its tests share; what takes longest comes first.
PYTEST := pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo test fast soak bench lint format audit docs screenshots chromium clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install Python packages, the CDK and Node.js if there is none
	@PYTHON="$(PYTHON)" sh setup.sh
	@[ "$(MAKECMDGOALS)" != setup ] || \
	  echo "All is set up: '. .venv/bin/activate' gives the command accelerator, 'make demo' a first look."

demo: setup ## send events and faults through the workflow on a local cloud
	@accelerator demo

test: setup chromium ## check all that 'make lint' checks, and run every test
	@echo "Running every test, some minutes on two cores ..."
	@$(MAKE) --no-print-directory lint & one=$$!; $(PYTEST); other=$$?; wait $$one && exit $$other

fast: setup ## run the tests to run while editing: no local cloud, no browser
	@$(FAST)

soak: setup ## 3,000 events, a faulty API, five minutes; or HOSTILE=hostile
	@python -m tests.integration.soak 300 $(HOSTILE)

lint: setup ## check style, types, state machine, workflow and lock file
	@echo "Checking style, types, the state machine and the workflow ..."
	@uv lock --check --quiet
	@ruff format --check --quiet
	@ruff check --quiet
	@node state_machines/lint.mjs state_machines/*.asl.json
	@actionlint .github/workflows/*.yml
	@mypy

format: setup ## put the code into the project's style
	@ruff format --quiet
	@ruff check --fix --quiet

bench: setup ## compare speed and size with alternatives, in five minutes
	@uv --system-certs sync --quiet --frozen --inexact --group bench
	@python -m bench

audit: setup ## look for known vulnerabilities in the locked packages
	@uv --system-certs audit --frozen --preview-features audit-command
	@npm audit

docs: setup ## write the generated documents
	@python -m tests.harness.docs

screenshots: setup chromium ## take the README's pictures of the console and the terminal
	@python -m tests.browser.screenshots

chromium: ## install Chromium, for the browser tests, where there is none
	@[ -n "$$CHROMIUM" ] || command -v chromium chromium-browser google-chrome >/dev/null || { \
	  echo "Installing Chromium ..."; \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq \
	    --no-install-recommends chromium >/dev/null; }

clean: ## stop the local cloud and remove what was installed or built
	@if [ -x $(BIN)/accelerator ]; then $(BIN)/accelerator down; fi
	@rm -rf .venv node_modules build cdk.out
