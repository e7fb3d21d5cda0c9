# The two commands of the README are `make start` and `make test`; the rest is for people who change Sosie.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Compiled modules are kept in the environment, whatever the surroundings say: a start would compile all of Sosie again.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/pycache

.PHONY: start test sam-local check format scenarios openapi diagnoses faults generated lock clean

start: $(VENV)/.runtime  ## set up and start both regions on http://127.0.0.1:8787
	@$(BIN)/sosie start $(ARGS)

test: $(VENV)/.dev  ## set up and run the tests that need no service, container or browser
	$(BIN)/pytest -q -n auto --ignore=tests/sam_local --ignore=tests/runtime $(ARGS)

sam-local: $(VENV)/.dev  ## both regions on http://127.0.0.1:3000 under SAM's emulator; needs SAM and a container engine
	@$(BIN)/python -m sam_local $(ARGS)

check: $(VENV)/.dev  ## format, lint, strict types, import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

scenarios: $(VENV)/.dev  ## translate the shipped scenarios from YAML to JSON
	$(BIN)/python -c "from sosie.services.scenarios import translate_shipped; translate_shipped()"

openapi: $(VENV)/.dev  ## describe wire surface and control plane in docs/openapi/
	$(BIN)/python -c "from sosie.wire.openapi import write; write()"
	$(BIN)/python -c "from sosie.control.openapi import write; write()"

diagnoses: $(VENV)/.dev  ## list every diagnosis in docs/diagnoses.md
	$(BIN)/python -c "from sosie.diagnosis.page import write; write()"

faults: $(VENV)/.dev  ## list every effect in docs/faults.md
	$(BIN)/python -m tests.docs.faults_page

generated: scenarios openapi diagnoses faults  ## all of them; tests say when that is due

lock: ## renew the locks from pyproject.toml (needs uv)
	requirements/compile

clean:
	rm -rf $(VENV) .aws-sam .pytest_cache .mypy_cache .ruff_cache

# A stamp is newer than its lock once everything in the lock is installed.
$(VENV)/.runtime: requirements/runtime.lock pyproject.toml
	@requirements/install $(PYTHON) $(VENV) requirements/runtime.lock
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml
	@requirements/install $(PYTHON) $(VENV) requirements/dev.lock
	@touch $@ $(VENV)/.runtime
