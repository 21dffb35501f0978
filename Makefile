# Everything sets itself up: `make run` and `make test` work in a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
# `weir` holds links to the four folders; the type checkers follow them.
FOLDERS := weir gateway schema resolvers bffs
CHECKED := $(FOLDERS) examples benchmarks tests scripts
# Checked for plain English. What is not listed here has yet to be edited.
PLAIN := \
  CHANGELOG.md \
  README.md \
  docs \
  benchmarks \
  bffs \
  examples \
  gateway \
  resolvers \
  schema \
  scripts

.PHONY: run test check format verify bench

run: .venv/run.stamp
	$(BIN)/weir demo $(ARGS)

# Three processes for two cores, because some tests wait for processes of their own.
# In the order of their names, the slowest files are not left for the end.
test: .venv/dev.stamp
	$(BIN)/python -m pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder \
	  --ignore=tests/verify

# Branch coverage of the tests within one process, with a floor for each package.
FLOORS := schema:94 resolvers:90 gateway:85 bffs:84
.PHONY: coverage
coverage: .venv/dev.stamp
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --cov-branch --cov-report= \
	  --cov=gateway --cov=schema --cov=resolvers --cov=bffs --ignore=tests/verify \
	  --ignore=tests/e2e --ignore=tests/docs --ignore=tests/examples
	@for floor in $(FLOORS); do \
	  echo "$${floor%:*}: branch coverage in percent, at least $${floor#*:}"; \
	  $(BIN)/coverage report --include="$${floor%:*}/*" --format=total \
	    --fail-under=$${floor#*:} || exit 1; \
	done

check: .venv/dev.stamp
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/mypy weir examples tests
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/vocabulary.py $(PLAIN)

format: .venv/dev.stamp
	$(BIN)/ruff format $(CHECKED)
	$(BIN)/ruff check --fix $(CHECKED)

# The long proofs, each a target of its own so that one can be run again.
verify: verify-properties verify-growth verify-conformance verify-chaos verify-abuse \
  verify-routes verify-operators verify-limits verify-deployment \
  verify-workers verify-browser verify-facades verify-monitoring
.PHONY: verify-properties verify-growth verify-conformance verify-chaos verify-abuse \
  verify-routes verify-operators verify-limits verify-deployment \
  verify-workers verify-browser verify-facades verify-monitoring
verify-properties: .venv/dev.stamp
	$(BIN)/python -m pytest tests/verify --ignore=tests/verify/conformance \
	  --ignore=tests/verify/chaos --ignore=tests/verify/growth \
	  --ignore=tests/verify/abuse --ignore=tests/verify/routes \
	  --ignore=tests/verify/operators --ignore=tests/verify/limits \
	  --ignore=tests/verify/deployment --ignore=tests/verify/workers \
	  --ignore=tests/verify/browser --ignore=tests/verify/facades \
	  --ignore=tests/verify/monitoring
# Its tables become docs/results/growth.md.
verify-growth: .venv/dev.stamp
	$(BIN)/python -m pytest tests/verify/growth --results docs/results/growth.md
verify-conformance: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/conformance
verify-chaos: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/chaos

# Its tables become docs/results/abuse.md.
verify-abuse: .venv/dev.stamp
	$(BIN)/python -m pytest tests/verify/abuse --results docs/results/abuse.md
# 100,000 random exchanges, a gigabyte in both directions, thousands of route tables.
verify-routes: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/routes
# An evening with a service down, for the operator and the clients. On a machine that is
# too slow or too busy, pytest ends with 75: not proven, which is not a failure.
verify-operators: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/operators
# Three gateways with one Redis that is killed, frozen and started again, in two minutes.
verify-limits: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/limits
# Helm, kubectl and the schemas of Kubernetes over the files of `deploy/`, the steps of the
# image, and the units of systemd.
verify-deployment: .venv/deployment.stamp
	$(BIN)/python -m pytest tests/verify/deployment

# Rolls, reloads and hangs under load, the memory of workers and their CPU time.
verify-workers: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/workers
# A real Chromium, and pages of other origins.
verify-browser: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/browser

# The descriptions of REST APIs: Schemathesis, a linter, generated clients. Their tools
# are installed into pytest's cache folder.
verify-facades: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/facades

# Prometheus scrapes the demo, and each query of the dashboards has a result.
verify-monitoring: .venv/dev.stamp
	$(BIN)/python -m pytest -s tests/verify/monitoring

# What the image has: a bill of materials (CycloneDX) with the licences, and known
# vulnerabilities. An audit that the vulnerability service has no data for fails.
SHIPPED := .[geo,otel,regex,sentry,validation,xml]
.PHONY: sbom audit pins
# The packages of the image with the hashes of their files, from constraints.txt.
pins: build/supply.stamp
	echo 'setuptools>=77' | build/tools/bin/uv pip compile pyproject.toml - \
	  --extra geo --extra otel --extra regex --extra sentry --extra validation --extra xml \
	  --constraint constraints.txt --python-version 3.11 --universal \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --output-file requirements-image.txt
sbom: build/supply.stamp
	build/tools/bin/cyclonedx-py environment --pyproject pyproject.toml \
	  --output-format JSON --output-reproducible --output-file build/sbom.json \
	  build/shipped/bin/python
	$(PYTHON) scripts/licences.py build/sbom.json > build/licences.txt
audit: build/supply.stamp
	$(PYTHON) scripts/audit.py build/tools/bin/pip-audit \
	  "$$(build/shipped/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

# Bytes, requests and fields of the demo's screens become docs/results/payloads.md.
.PHONY: payloads
payloads: .venv/dev.stamp
	$(BIN)/python -m pytest tests/verify/facades/test_payloads.py \
	  --results docs/results/payloads.md

# A million inputs to each parser, in some hours. Its table is in docs/results/fuzz.md.
.PHONY: fuzz
fuzz: .venv/fuzz.stamp
	$(BIN)/python -m tests.verify.fuzz --results docs/results/fuzz.md

# The same proofs, whose tables become docs/results/chaos.md.
.PHONY: results
results: .venv/dev.stamp
	$(BIN)/python -m pytest tests/verify/chaos --results docs/results/chaos.md

# The documentation as a site in `site/`.
.PHONY: docs
docs: .venv/docs.stamp
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/python -m pytest tests/docs/test_site.py

bench: .venv/dev.stamp
	$(BIN)/python -m benchmarks

.venv/run.stamp: pyproject.toml constraints.txt
	PYTHON=$(PYTHON) sh scripts/setup.sh .
	@touch $@

.venv/dev.stamp: pyproject.toml constraints.txt
	PYTHON=$(PYTHON) sh scripts/setup.sh '.[dev]'
	@touch $@ .venv/run.stamp

build/supply.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv build/shipped
	build/shipped/bin/pip install --quiet --constraint constraints.txt '$(SHIPPED)'
	$(PYTHON) -m venv build/tools
	build/tools/bin/pip install --quiet 'cyclonedx-bom>=7.5' 'pip-audit>=2.10' 'uv>=0.13'
	@touch $@

.venv/fuzz.stamp: pyproject.toml constraints.txt
	PYTHON=$(PYTHON) sh scripts/setup.sh '.[dev,fuzz]'
	@touch $@ .venv/dev.stamp .venv/run.stamp

.venv/deployment.stamp: pyproject.toml constraints.txt
	PYTHON=$(PYTHON) sh scripts/setup.sh '.[dev,deployment]'
	@touch $@ .venv/dev.stamp .venv/run.stamp

.venv/docs.stamp: pyproject.toml constraints.txt
	PYTHON=$(PYTHON) sh scripts/setup.sh '.[dev,docs]'
	@touch $@ .venv/dev.stamp .venv/run.stamp

# The scripts of the pages, from packages of npm with pinned hashes. Needs Node.js.
.PHONY: pages
pages: .venv/run.stamp
	$(BIN)/python scripts/page_assets.py

# A wheel with these scripts in `dist/`.
.PHONY: wheel
wheel: pages
	rm -rf build/lib build/bdist.*
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	ls -l dist/*.whl
