# The two commands a newcomer needs are `make train` and `make test`; all of these can be run again at any time.
# Each first installs what is missing (Scripts/bootstrap); what is there already is left alone.

# Compilers keep a cache at home, where some containers let nobody write.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/.build/cache
endif

.PHONY: help build train test bench format lint bootstrap install docs

help:
	@printf '%s\n' \
	  'make train   install what is missing, build, find or fetch the data, train, print the test accuracy' \
	  'make test    install what is missing, build, run all tests' \
	  'make build   build the program: .build/release/tpsnet' \
	  'make bench   measure beside PyTorch and ONNX Runtime (installs them into .deps/pytorch)' \
	  'make format  format the Swift sources; make lint checks them' \
	  'make install the program, its man pages and shell completions, into PREFIX (~/.local)' \
	  'make docs    the documentation of the library, into .build/documentation'

bootstrap:
	@Scripts/bootstrap

build: bootstrap
	swift build -c release --product tpsnet

train: build
	@Scripts/train

# The flags are those of `make build` but for the tests themselves, so that nothing is compiled twice.
test:
	@Scripts/bootstrap test
	swift test -c release --disable-testable-imports --disable-xctest

bench: build
	@Scripts/bootstrap bench
	@Scripts/bench

format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests Examples Experiments

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Examples Experiments

install: build
	@Scripts/bootstrap install
	@Scripts/install

docs: bootstrap
	@Scripts/documentation
