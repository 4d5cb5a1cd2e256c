# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TRAIN_VENV ?= .venv-training
TORCH_VENV ?= .venv-torch
PARTS ?= 1,2,3,4,5,6,7,8,9
DATA ?= ../shared/data
CONTRACT := tests/contract
CONTRACT_VENV := .venv-contract
CONTRACT_BIN := $(abspath $(CONTRACT_VENV)/bin)
NODE_BIN := $(CONTRACT)/node_modules/.bin

.DEFAULT_GOAL := help
.PHONY: help install run test test-contract test-torch test-crash lint lint-contract format openapi clients sbom audit soak evaluate bench-engine bench-queries bench-jobs bench-claims train training-env lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

# A stamp remembers what was installed, so that a second `make run` installs nothing.
$(BIN)/.runtime: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(BIN)/.test: $(BIN)/.runtime
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group test --group lint
	touch $@

install: $(BIN)/.runtime ## Create .venv and install the service with pinned dependencies

run: install ## Migrate the default database and serve http://127.0.0.1:8000
	exec $(BIN)/standpoint serve

test: $(BIN)/.test ## Run the whole test suite, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest $(ARGS)

# An environment of its own: the one of `make test` has no torch, as the service has none by default.
$(TORCH_VENV)/.installed: pyproject.toml constraints.txt
	test -x $(TORCH_VENV)/bin/python || $(PYTHON) -m venv $(TORCH_VENV)
	$(TORCH_VENV)/bin/python -m pip install --quiet --upgrade pip
	$(TORCH_VENV)/bin/python -m pip install --quiet --constraint constraints.txt --group test --editable '.[torch]' torch==2.13.0
	touch $@

test-torch: $(TORCH_VENV)/.installed ## Run the tests of the torch extra, in an environment with torch
	$(TORCH_VENV)/bin/python -m pytest tests/torch $(ARGS)

# The contract's own tools: generators of clients, linters, and the Node that runs them (a Python package brings it).
$(CONTRACT_VENV)/.tools: $(CONTRACT)/requirements.txt
	test -x $(CONTRACT_BIN)/python || $(PYTHON) -m venv $(CONTRACT_VENV)
	$(CONTRACT_BIN)/python -m pip install --quiet --requirement $(CONTRACT)/requirements.txt
	touch $@

$(CONTRACT)/node_modules/.tools: $(CONTRACT)/package-lock.json $(CONTRACT_VENV)/.tools
	cd $(CONTRACT) && PATH=$(CONTRACT_BIN):$$PATH npm ci --ignore-scripts --no-progress --loglevel error
	touch $@

# Java and Chromium come from the system; where they are missing, apt brings them.
.PHONY: system-tools
system-tools:
	$(CONTRACT)/system-tools.sh

test-contract: system-tools $(BIN)/.test clients ## Run the tests that need Node, Java or Chromium
	SCHEMATHESIS_EXAMPLES=20 $(BIN)/python -m pytest -m contract -rP --show-capture stdout $(ARGS)
	SCHEMATHESIS_EXAMPLES=20 $(BIN)/python -m pytest tests/api/test_schemathesis.py -rP --show-capture stdout

clients: $(BIN)/.runtime $(CONTRACT)/node_modules/.tools ## Generate the Python and the TypeScript client into clients/
	rm -rf clients && mkdir -p clients/python
	PATH=$(CONTRACT_BIN):$$PATH openapi-python-client generate --path openapi.json --meta none --fail-on-warning \
		--config $(CONTRACT)/python-client.yaml --output-path clients/python/standpoint_client
	PATH=$(CONTRACT_BIN):$$PATH $(NODE_BIN)/openapi-ts --input openapi.json --output clients/typescript --silent

test-crash: $(BIN)/.test ## Kill real processes 20 times instead of 3, and hold the times to what is promised
	CRASHES=20 $(BIN)/python -m pytest tests/test_crashes.py $(ARGS)

bench-jobs: $(BIN)/.test ## Measure bulk work (ARGS="--articles 2000 --write")
	$(BIN)/python -m benchmarks.jobs $(ARGS)

bench-claims: $(BIN)/.test ## Measure what claims cost an article that comes in (DATA=folder ARGS=--write)
	$(BIN)/python -m benchmarks.claims $(DATA) $(ARGS)

lint: lint-contract $(BIN)/.test ## Check style, types and the contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy app

lint-contract: $(CONTRACT)/node_modules/.tools ## Let Redocly and Spectral look at openapi.json
	PATH=$(CONTRACT_BIN):$$PATH $(NODE_BIN)/redocly lint openapi.json --config $(CONTRACT)/redocly.yaml
	PATH=$(CONTRACT_BIN):$$PATH $(NODE_BIN)/spectral lint openapi.json --ruleset $(CONTRACT)/spectral.yaml --fail-severity hint

format: $(BIN)/.test ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi: $(BIN)/.runtime ## Write openapi.json anew
	$(BIN)/standpoint openapi > openapi.json

sbom: $(BIN)/.runtime ## Write sbom.json, the CycloneDX bill of materials
	$(BIN)/python -m scripts.sbom > sbom.json

audit: $(BIN)/.runtime ## Check pins, files, licences, and known vulnerabilities if a service for them can be reached
	test -x .venv-audit/bin/pip-audit || ($(PYTHON) -m venv .venv-audit && .venv-audit/bin/python -m pip install --quiet pip-audit)
	$(BIN)/python -m scripts.audit

soak: $(BIN)/.test ## Ten minutes of mixed requests at 80% of capacity (ARGS=--seconds 60)
	$(BIN)/python -m benchmarks.soak $(ARGS)

evaluate: $(BIN)/.runtime ## Measure the shipped models on the public tests (DATA=folder) and compare with their cards
	$(BIN)/python -m training.evaluate $(DATA) --check
	$(BIN)/python -m training.claims.evaluate $(DATA) --check

# The rivals have environments of their own. torch comes first and by its exact version, since any other way to it brings gigabytes.
.venv-bench/.ready: constraints.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet torch==2.13.0
	.venv-bench/bin/pip install --quiet --constraint constraints.txt transformers fastapi uvicorn onnxruntime
	.venv-bench/bin/pip install --quiet litserve onnx openvino
	$(PYTHON) -m venv .venv-bench-infinity
	.venv-bench-infinity/bin/pip install --quiet torch==2.13.0
	.venv-bench-infinity/bin/pip install --quiet "infinity-emb[torch,server]"
	touch $@

bench-engine: $(BIN)/.test .venv-bench/.ready ## Measure the engine beside others (PARTS=1,2 chooses; ARGS=--write puts the tables into benchmarks/README.md)
	$(BIN)/python -m benchmarks.engine --parts $(PARTS) $(ARGS)

bench-queries: $(BIN)/.test ## Measure loading, lists, summaries, full text and exports (ARGS="--sizes 10000,1000000 --write")
	$(BIN)/python -m benchmarks.queries $(ARGS)

training-env: ## Create .venv-training with torch
	test -x $(TRAIN_VENV)/bin/python || $(PYTHON) -m venv $(TRAIN_VENV)
	$(TRAIN_VENV)/bin/python -m pip install --quiet --upgrade pip
	$(TRAIN_VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[training]'

train: ## Make a model anew with the fixed seed (DATA, BASE and OUT are folders); what is done already is skipped
	$(TRAIN_VENV)/bin/python -m training.recipe "$(DATA)" "$(BASE)" "$(OUT)" $(ARGS)

lock: $(BIN)/.test ## Write constraints.txt from what is installed now
	$(BIN)/python -m pip freeze --exclude-editable --exclude standpoint | grep -v '^torch==' > constraints.txt

clean: ## Remove environments and caches
	rm -rf $(VENV) $(TRAIN_VENV) $(TORCH_VENV) $(CONTRACT_VENV) $(CONTRACT)/node_modules clients .venv-audit .venv-bench .venv-bench-infinity \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis
