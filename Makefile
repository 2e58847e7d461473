# Targets: build, test, soak, faults, recordings, demo, install, bench, format. `make test` is all that CI runs.
PREFIX ?= /usr/local
DESTDIR ?=
binary := .build/release/blackbox

.PHONY: build test soak faults recordings demo install bench format dependencies

build: dependencies
	swift build -c release --static-swift-stdlib --product blackbox

test: dependencies
	swift format lint --strict -r Package.swift Sources Tests
	swift build --build-tests
	swift test --skip-build

# Gateways, terminals and MCP pipes, killed every two seconds or so, and held to all that was acknowledged; the suite runs
# a minute of it. Then a gigabyte through a terminal and a pipe: optimised, or it would take half an hour.
soak: dependencies
	swift build --build-tests
	SOAK_SECONDS=$${SOAK_SECONDS:-1800} swift test --skip-build --filter CommandTests.SoakTests
	BLACKBOX_CRASHES=200 swift test --skip-build --filter CommandTests.CrashTests
	BLACKBOX_EXACT_BYTES=1000000000 swift test -c release -Xswiftc -enable-testing \
	  --scratch-path .build-tests-release --filter CommandTests.ExactnessTests

# Every system call of a served session, made to fail and died in, under strace; the suite runs a sample.
faults: dependencies
	swift build --build-tests
	BLACKBOX_FAULTS=all swift test --skip-build --filter CommandTests.FaultTests

# Every event of every recording of the test data, come to in every way replay has, on all cores; optimised, because they
# are millions of screens. The suite goes to some events of each.
recordings: dependencies
	BLACKBOX_RECORDINGS=all swift test -c release -Xswiftc -enable-testing --scratch-path .build-tests-release \
	  --filter ReplayTests.RealRecordingTests

demo: build
	scripts/demo.sh $(binary)

bench: build
	Benchmarks/run.sh $(binary)

format:
	swift format -i -r Package.swift Sources Tests

install: build
	install -D -m 755 $(binary) $(DESTDIR)$(PREFIX)/bin/blackbox
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -d $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -d $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(binary) completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/blackbox
	$(binary) completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_blackbox
	$(binary) completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/blackbox.fish
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	$(binary) help --man > $(DESTDIR)$(PREFIX)/share/man/man1/blackbox.1
	for verb in $$($(binary) help --names); do \
	  $(binary) help --man $$verb > $(DESTDIR)$(PREFIX)/share/man/man1/blackbox-$$verb.1 || exit 1; done

dependencies:
	@scripts/install-dependencies.sh
