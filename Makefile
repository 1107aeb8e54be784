# What a contributor runs; CONTRIBUTING.md tells more. The tools are those of '.[test]', from
# .venv if README's command made one, else from the PATH.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PYTEST := python -m pytest -n auto

.PHONY: help check lint test docs bench golden manual pictures site ci

help:  # What can be made
	@sed -n 's/^\([a-z]*\):[^#]*# /\1\t/p' Makefile | expand -t 12

check: lint  # Before each commit, in a minute: lint, types, layers, the tests that are not slow
	$(PYTEST) -q -m "not slow and not packaging"

lint:  # ruff, mypy, import layers, and the lints of our own
	.ci/lint

test:  # All tests
	$(PYTEST)

docs:  # The examples of docs/, the manual and the schema, against the code
	$(PYTEST) -q -m docs

bench:  # How fast it is, in minutes; see docs/performance.md
	python tests/benchmarks/bench_read.py

golden:  # Writes tests/golden/ anew; read the difference
	python tests/support/golden.py

manual:  # Writes the manual pages and docs/cli.md anew, from the parser and docs/man/text.md
	docs/man/make

pictures:  # Takes the pictures of the terminal interface anew; look at them
	$(PYTEST) -q -n 0 tests/tui/test_tui_snapshots.py --snapshot-update
	docs/pictures/make

site:  # The documentation as a site, in build/site; needs '.[docs]'
	.ci/docs

ci:  # What the hosted runs do: all of it in fresh environments, pure and compiled; half an hour
	.ci/run
