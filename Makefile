.DEFAULT_GOAL := help
.PHONY: help run dev bench publish test verify image-test format contracts

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# With the commands that `Relay demo` and the small Brain obey. The relay's own default has neither cancel_session nor retry_session.
run: export CECELIA_COMMAND_NAMES ?= start_session,pause_session,resume_session,cancel_session,retry_session,user_input
run: ## Start the relay on port 5221, with an embedded Redis if none is running
	@dotnet run --project Relay

dev: ## Serve the Command Center with hot reload on port 5173, in front of `make run` (or CECELIA_RELAY=http://host:port)
	@test -d frontend/node_modules || npm --prefix frontend ci --no-audit --no-fund
	@npm --prefix frontend run --silent dev

bench: ## Compare the relay with the floor of what fan-out costs; ARGS="micro": single components; ARGS="fanout --clients 1000": a running relay
	@dotnet run -c Release --project Relay.Bench -- $(or $(ARGS),compare)

publish: ## Compile a native executable, artifacts/publish/Relay (needs clang and zlib1g-dev)
	@deploy/publish.sh

test: ## Check the format, build, run all tests, check the coverage
	@deploy/test.sh

verify: ## Like `make test`, with 20 times (or CECELIA_TEST_LONG=N times) as many generated scenarios, floods and repeated faults, also over Kestrel's sockets
	@CECELIA_TEST_LONG=$${CECELIA_TEST_LONG:-20} deploy/test.sh

image-test: ## Build the image, start compose.yaml, check the delivery of events (needs docker with compose)
	@deploy/image-test.sh

format: ## Format the source as `make test` requires
	@dotnet format
	@if command -v npm >/dev/null; then for folder in frontend deploy/brain; do \
	  (test -d $$folder/node_modules || npm --prefix $$folder ci --no-audit --no-fund) && npm --prefix $$folder run --silent format || exit 1; \
	done; fi

contracts: ## Generate the JSON Schema, asyncapi.json and the types of Brain and the front end from Relay/Contracts (needs npm)
	@dotnet build Relay/Contracts --nologo -v q
	@dotnet run --project Relay/Contracts --no-build -- events > deploy/brain/events.schema.json
	@npm --prefix deploy/brain run --silent contracts
	@dotnet run --project Relay/Contracts --no-build -- asyncapi > Relay/asyncapi.json
	@npm --prefix frontend ci --no-audit --no-fund --silent
	@npm --prefix frontend run --silent contracts
