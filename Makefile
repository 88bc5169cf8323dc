# `make` lists what there is; `make run` and `make test` need nothing by hand.
.DEFAULT_GOAL := help
.PHONY: help run test test-slow bench lint format docs clean

PYTHON := .venv/bin/python

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start on http://127.0.0.1:8000 with the shipped processes and demo people
	@sh scripts/setup.sh run
	@$(PYTHON) app.py serve --demo

test: ## Everything that must hold: format, lint, types, floors, tests
	@sh scripts/setup.sh test
	@$(PYTHON) -m scripts.check test

test-slow: ## The long suites: conformance, crash, upgrade
	@sh scripts/setup.sh test
	@$(PYTHON) -m scripts.check slow

bench: ## Measure starting and completing tasks on SQLite and PostgreSQL
	@sh scripts/setup.sh test
	@$(PYTHON) -m bench

lint: ## Format, lint, types and floors only
	@sh scripts/setup.sh lint
	@$(PYTHON) -m scripts.check lint

format: ## Format the code and repair what ruff can repair
	@sh scripts/setup.sh lint
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

docs: ## Write the generated parts of docs/
	@sh scripts/setup.sh lint
	@$(PYTHON) -m scripts.docs

clean: ## Remove .venv, caches and built assets; the database in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf build frontend/node_modules web/static/dist .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
