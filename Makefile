# demo and test do all set-up by themselves and say what they install; on a
# machine that has everything they install nothing.

.PHONY: help bench-deploy bench-stop chaos-deploy demo demo-maven demo-deploy test itest check lint conformance chaos bench bench-oracle bench-image bench-maven bench-locator screens cover build slim release fmt clean standin-image
.DEFAULT_GOAL := help

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 16

demo: ## the whole pipeline on examples/orders, on a real engine
	@scripts/demo.sh

demo-maven: ## the same on examples/orders-maven: Maven, JDBC, a jlink image
	@scripts/demo-maven.sh

demo-deploy: ## haddock rolls examples/shop out behind HAProxy; nobody notices
	@scripts/demo-deploy.sh

test: ## unit tests, linters, integration tests on a real engine
	@scripts/test.sh

itest: ## integration tests alone
	@scripts/test.sh integration

check: ## unit tests and linters, no engine needed
	@scripts/test.sh unit lint

lint: ## formatting, vet and linters
	@scripts/tools.sh && scripts/lint.sh

screens: ## regenerate the screens and pictures in docs, in a real terminal and browser
	@scripts/browser.sh && UPDATE=1 go test -tags integration -count=1 -run 'Screens|Browser' ./internal/console ./internal/report

bench: ## Go benchmarks
	go test -run '^$$' -bench . -benchmem ./...

bench-oracle: ## the wait for a database, its snapshot, cancelled logins, against the stand-in
	@scripts/bench-oracle.sh

bench-image: ## what build and push of an image cost, on a real engine and registry
	@scripts/bench-image.sh

bench-maven: ## the Maven example by pipeline, by fabric8 and by a shell script (ROUNDS=5)
	@scripts/bench-maven.sh

bench-locator: ## what counting 100,000 sessions once a second costs, on a real HAProxy
	@scripts/bench-locator.sh

bench-stop: ## whether cancelled builds and their databases are gone in the time that the stories give
	@scripts/engine.sh && scripts/registry.sh && scripts/standin-image.sh && STORY_LIMITS=exact go test -tags integration -count=1 -parallel 1 -run 'StoriesOnAnEngine/(row_1|signals|diagnosis_waits|tests_that_wait)' ./cmd/pipeline

conformance: ## what unmodified drivers get from the stand-in: docs/conformance.md
	@scripts/conformance.sh

chaos: ## 200 runs killed at random moments; nothing may be left
	@scripts/engine.sh && scripts/standin-image.sh && go test -tags chaos -count=1 -timeout 20m -run KilledRunsLeaveNothing ./cmd/pipeline

chaos-deploy: ## forty commands of haddock killed at random moments under load; no user notices
	@scripts/engine.sh && scripts/haproxy.sh && scripts/registry.sh && go test -tags integration,chaos -count=1 -timeout 20m -run KilledCommandsBreakNoSession ./cmd/haddock

bench-deploy: ## what haddock itself costs: time, memory, an answer of status
	@scripts/bench-deploy.sh

cover: ## coverage of oracle, pipeline and registry by all tests and the binaries
	@scripts/cover.sh

build: ## bin/pipeline, bin/haddock and bin/oracle-standin
	CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$$(git describe --tags --always --dirty)" -o bin/ ./cmd/pipeline ./cmd/haddock ./cmd/oracle-standin

slim: ## bin/slim/pipeline, stripped and under 30 MB
	@scripts/slim.sh

standin-image: ## the image oracle-standin:latest
	@scripts/engine.sh && scripts/standin-image.sh

release: ## dist/: static binaries for Linux and macOS, with completions and checksums
	@scripts/release.sh $(VERSION)

fmt: ## format
	@scripts/tools.sh && bin/golangci-lint fmt ./...

clean: ## remove what the other targets made
	rm -rf bin dist coverage examples/orders/target examples/orders/.pipeline
