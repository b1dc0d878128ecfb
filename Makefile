# Every command is a call of the folder `local`, or of a script in `docker` for containers.

# The newest supported Python that works, preferably one that can create virtual environments. PYTHON=... overrides it.
CANDIDATES = python3.13 python3.12 python3.11 python3
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
find_python = $(shell for needs in 'import ensurepip, venv' 'pass'; do for python in $(CANDIDATES); do \
	if $$python -c "$$needs; $(FITS)" 2>/dev/null; then echo $$python; exit; fi; done; done)
PYTHON ?= $(or $(find_python),$(error Inkling needs Python 3.11, 3.12 or 3.13 on the PATH, or named: PYTHON=/path/to/python3))

# `exec`, so that `local` is make's direct child and notices when make is gone.
LOCAL = @INKLING_PARENT=$$PPID exec $(PYTHON) -m local

.DEFAULT_GOAL := help
.PHONY: help run test test-long chaos bench check token manage doctor train lock sbom secrets backup restore

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  make run listens to HOST, PORT and WORKERS; python3 -m local --help lists everything."

run: ## install and serve everything: PORT=8123 WORKERS=3 make run
	$(LOCAL) run

test: ## run the quick tests, or those that ARGS names: make test ARGS='-k journey'
	$(LOCAL) test $(ARGS)

test-long: ## run the long tests, and all pages under axe in every look
	$(LOCAL) test-long $(ARGS)

chaos: ## inject faults into a site under load, and count what was lost: make chaos SUBMISSIONS=500
	$(LOCAL) chaos $(if $(SUBMISSIONS),--submissions $(SUBMISSIONS)) $(ARGS)

bench: ## compare with alternatives: make bench QUICK=1
	$(LOCAL) bench $(if $(QUICK),--quick) $(ARGS)

check: ## format, lint, types, migrations, system checks, templates, locks, containers, words, dangers
	$(LOCAL) check

# Only USER from the command line counts: in the environment it is the name of the login.
token: ## print a new API token of the running site: make token USER=demo
	$(LOCAL) token $(if $(filter command line,$(origin USER)),$(USER),demo)

manage: ## run manage.py for the running site: make manage ARGS='retrain --wait'
	$(LOCAL) manage $(ARGS)

doctor: ## check every part of the running site, and say what to do: make doctor ARGS=--json
	$(LOCAL) manage doctor $(ARGS)

train: ## train the network: make train DATA=folder OUT=file
	$(LOCAL) train $(if $(DATA),--data $(DATA)) $(if $(OUT),--out $(OUT)) $(ARGS)

lock: ## pin the newest packages that requirements/*.in allow
	$(LOCAL) lock

sbom: ## write what each image is built from, as CycloneDX: make sbom OUT=folder
	$(LOCAL) sbom $(OUT)

secrets: ## create the missing secret files of the containers
	@docker/secrets.sh

backup: ## dump the containers' database: make backup FILE=...
	@docker/backup.sh $(FILE)

restore: ## restore a dump: make restore FILE=... REPLACE=yes
	@REPLACE=$(REPLACE) docker/restore.sh $(FILE)
