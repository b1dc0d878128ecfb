# The few words a person types. Each is carried out by the folder `local`, or by a script in `docker` for containers.

# The newest Python that fits and really works, one that can make a virtual environment first. PYTHON=... overrides.
CANDIDATES = python3.13 python3.12 python3.11 python3
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
find_python = $(shell for needs in 'import ensurepip, venv' 'pass'; do for python in $(CANDIDATES); do \
	if $$python -c "$$needs; $(FITS)" 2>/dev/null; then echo $$python; exit; fi; done; done)
PYTHON ?= $(or $(find_python),$(error Inkling needs Python 3.11, 3.12 or 3.13 on the PATH, or named: PYTHON=/path/to/python3))

# `exec`, so that the starter is make's own child and can see that make is gone.
LOCAL = @INKLING_PARENT=$$PPID exec $(PYTHON) -m local

.DEFAULT_GOAL := help
.PHONY: help run test test-long chaos bench check token train lock secrets backup restore

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  make run listens to HOST, PORT and WORKERS; python3 -m local --help tells all."

run: ## install, start and serve everything: PORT=8123 WORKERS=3 make run
	$(LOCAL) run

test: ## run the quick tests, or those that ARGS names: make test ARGS='-k journey'
	$(LOCAL) test $(ARGS)

test-long: ## run the long tests, and all pages under axe in every look
	$(LOCAL) test-long $(ARGS)

chaos: ## break a site in every way under load, and count what was lost: make chaos SUBMISSIONS=500
	$(LOCAL) chaos $(if $(SUBMISSIONS),--submissions $(SUBMISSIONS)) $(ARGS)

bench: ## measure beside what people would use instead: make bench QUICK=1
	$(LOCAL) bench $(if $(QUICK),--quick) $(ARGS)

check: ## format, lint, types, migrations, system checks, templates, locks, containers
	$(LOCAL) check

# make takes USER from the environment too, where it is whoever is logged in: only the command line counts.
token: ## print a new API token while the site runs: make token USER=demo
	$(LOCAL) token $(if $(filter command line,$(origin USER)),$(USER),demo)

train: ## train the network: make train DATA=folder OUT=file
	$(LOCAL) train $(if $(DATA),--data $(DATA)) $(if $(OUT),--out $(OUT)) $(ARGS)

lock: ## pin the newest packages that requirements/*.in allows
	$(LOCAL) lock

secrets: ## make the secret files that containers read, where they are missing
	@docker/secrets.sh

backup: ## dump the containers' database: make backup FILE=...
	@docker/backup.sh $(FILE)

restore: ## put a dump in its place: make restore FILE=... REPLACE=yes
	@REPLACE=$(REPLACE) docker/restore.sh $(FILE)
