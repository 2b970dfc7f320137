# SPDX-License-Identifier: MIT
# `make help` lists the targets. Everything built goes to $(BUILD).

BUILD  ?= build
ifeq ($(origin CC),default)
CC     := gcc
endif
OPT    ?= -O2
SAN    ?=
PREFIX ?= /usr/local
# make V=1 shows the commands
Q      := $(if $(V),,@)

# Flags of the user's own are not added to, nor taken away from.
OWN_FLAGS := $(filter-out undefined,$(origin CFLAGS))$(filter-out file,$(origin OPT))$(SAN)

WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS += -Isim -Itests
CFLAGS   += -std=c17 -D_POSIX_C_SOURCE=200809L $(OPT) -g $(WARN) $(SAN) -MMD -MP
LDLIBS   += -lzstd -lcjson
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null || echo -lcheck)

LIB_SRC  := $(sort $(wildcard sim/*.c sim/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
LIB      := $(BUILD)/libvtdreplay.a
JUDGE_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard judge/*.c judge/vhost/*.c))
VFIO_SRC := $(wildcard judge/vfio/*.c)
VFIO_LIB := $(BUILD)/judge-vfio.so
KERNEL_LOG := $(BUILD)/judge-kernel-log.so
KERNEL_CALLS_OBJ := $(patsubst %,$(BUILD)/obj/judge/kernel/%.o,main compare models draw listed) \
            $(BUILD)/obj/judge/vfio/type1v2.o
COMMON_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard tools/common/*.c)))
BENCH_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard bench/*.c))
TOOLS    := $(patsubst tools/%.c,$(BUILD)/%,$(wildcard tools/*.c))
TESTS    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/test_*.c)))
RIG      := $(BUILD)/obj/tests/rig.o $(BUILD)/obj/tests/random_guest.o \
            $(BUILD)/obj/tests/correct_guest.o $(BUILD)/obj/tests/correct_guest_pages.o
FUZZ     := $(patsubst fuzz/target_%.c,$(BUILD)/fuzz_%,$(sort $(wildcard fuzz/target_*.c)))
FUZZ_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out fuzz/target_%.c fuzz/main.c,$(wildcard fuzz/*.c)))
# With LIB_FUZZING_ENGINE (as OSS-Fuzz gives it, with CC, CXX and CFLAGS) a target is linked with
# that engine, else with a main of its own that replays files.
FUZZ_MAIN := $(if $(LIB_FUZZING_ENGINE),,$(BUILD)/obj/fuzz/main.o)
FUZZ_LD  ?= $(if $(LIB_FUZZING_ENGINE),$(CXX),$(CC))
FUZZ_SECONDS ?= 60
TRACES   := $(wildcard traces/*.vtt.zst)
DEMO     ?= traces/strict.vtt.zst

.DEFAULT_GOAL := all
.SECONDARY:
.PHONY: all bench graphs test docs fuzz fuzz-targets fuzz-corpus campaign judge judge-kernel demo asan ubsan valgrind capture install clean help need need-check

all: need $(TOOLS) $(VFIO_LIB) $(BUILD)/kernel-calls ## build the programs into build/

# A missing library is said in words, before the compiler says it in its own.
need:
	@sh tools/need.sh $(CC) build

need-check:
	@sh tools/need.sh $(CC) test

$(BUILD)/obj/%.o: %.c | need
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

include tools/fast.mk

$(BUILD)/%: $(BUILD)/obj/tools/%.o $(COMMON_OBJ) $(LIB)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) $(LINK_FAST) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

# What plays traces to a real QEMU, and the library preloaded into it: never with a sanitizer.
$(BUILD)/obj/judge/%.o $(BUILD)/obj/tools/judge.o: CPPFLAGS += -D_GNU_SOURCE

$(COMMON_OBJ) $(TOOLS:$(BUILD)/%=$(BUILD)/obj/tools/%.o): CPPFLAGS += -Itools

$(BUILD)/judge: $(BUILD)/obj/tools/judge.o $(JUDGE_OBJ) $(LIB)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

# What measures: it starts a real QEMU as judge does.
$(BENCH_OBJ) $(BUILD)/obj/tools/bench.o: CPPFLAGS += -I. -Ijudge -D_GNU_SOURCE

$(BUILD)/bench: $(BUILD)/obj/tools/bench.o $(BENCH_OBJ) $(COMMON_OBJ) $(JUDGE_OBJ) $(LIB)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) $(LINK_FAST) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

$(VFIO_LIB): $(VFIO_SRC) $(wildcard judge/vfio/*.h) | need
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -O2 -g $(WARN) -fPIC -fvisibility=hidden -shared -pthread -o $@ $(VFIO_SRC) -ldl

# For the guest in which the kernel itself answers (judge/kernel).
$(KERNEL_LOG): judge/kernel/log.c | need
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -O2 -g $(WARN) -fPIC -fvisibility=hidden -shared -pthread -o $@ $< -ldl

$(BUILD)/kernel-calls: $(KERNEL_CALLS_OBJ) $(LIB)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

# One of the replays that a comparison makes is given a bug.
$(BUILD)/tests/test_campaign: LDLIBS += -Wl,--wrap=replay_run

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(RIG) $(LIB)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) -o $@ $< $(RIG) $(LIB) $(CHECK_LIBS) $(LDLIBS)

unit-tests: need-check $(TESTS) $(BUILD)/tests/properties fuzz-targets

$(BUILD)/obj/fuzz/%.o: CPPFLAGS += -Ifuzz

$(BUILD)/fuzz_%: $(BUILD)/obj/fuzz/target_%.o $(FUZZ_OBJ) $(FUZZ_MAIN) $(LIB)
	@echo "  LD $@"
	$(Q)$(FUZZ_LD) $(if $(LIB_FUZZING_ENGINE),$(CXXFLAGS)) $(filter-out -std=c17,$(CFLAGS)) -o $@ $(filter %.o,$^) $(LIB) $(LIB_FUZZING_ENGINE) $(LDLIBS)

fuzz-targets: $(FUZZ) ## the fuzz targets build/fuzz_*; see docs/fuzzing.md

fuzz: ## a minute of libFuzzer (clang) for each target, under sanitizers: FUZZ_SECONDS=60
	$(MAKE) BUILD=$(BUILD)-fuzz CC=clang OPT=-O2 FUZZ_LD=clang LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
	    SAN="-fsanitize=address,undefined,fuzzer-no-link $(SANFLAGS)" fuzz-targets
	BUILD=$(BUILD)-fuzz sh fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-corpus: all $(BUILD)/tests/properties fuzz-targets ## fuzz/corpus/ anew, from traces and generator
	BUILD=$(BUILD) sh fuzz/make_corpus.sh

test: all unit-tests ## build and run every test
	BUILD=$(BUILD) sh tests/run.sh

docs: all $(BUILD)/tests/properties ## docs/invariants.md and docs/properties.md anew, from the programs' own tables
	BUILD=$(BUILD) sh tools/invariants.sh >$(BUILD)/invariants.md
	mv $(BUILD)/invariants.md docs/invariants.md
	BUILD=$(BUILD) sh tools/properties.sh >$(BUILD)/properties.md
	mv $(BUILD)/properties.md docs/properties.md

demo: all ## replay a captured guest and show the report
	@$(BUILD)/replay $(DEMO) || test $$? -eq 1 # 1: the QEMU it models broke an invariant

SANFLAGS := -fno-omit-frame-pointer -fno-sanitize-recover=all
asan: ## the tests, built with the address sanitizer
	$(MAKE) BUILD=$(BUILD)-asan OPT=-O1 SAN="-fsanitize=address $(SANFLAGS)" all unit-tests
	BUILD=$(BUILD)-asan SKIP=digest sh tests/run.sh

ubsan: ## the tests, built with the undefined-behaviour sanitizer
	$(MAKE) BUILD=$(BUILD)-ubsan OPT=-O1 SAN="-fsanitize=undefined $(SANFLAGS)" all unit-tests
	BUILD=$(BUILD)-ubsan SKIP=digest sh tests/run.sh

valgrind: all unit-tests ## the tests' programs under valgrind
	BUILD=$(BUILD) SKIP="cli manifest digest" CK_FORK=no TEST_DIVIDE=20 \
	    WRAP="valgrind -q --leak-check=full --error-exitcode=9" sh tests/run.sh

CAMPAIGN_RUNS ?= 30000
CAMPAIGN_SEED ?= 1
campaign: $(BUILD)/campaign ## random traces for about two minutes: comparisons, canaries; CAMPAIGN_SEED=, CAMPAIGN_RUNS=
	$(BUILD)/campaign --canary --seed $(CAMPAIGN_SEED) --runs $(CAMPAIGN_RUNS) --traces $(BUILD)/campaign-traces

judge: all $(BUILD)/tests/properties ## captured and 500 random traces against a real QEMU, twice; see tests/judge.sh
	BUILD=$(BUILD) sh tests/judge_properties.sh
	BUILD=$(BUILD) sh tests/judge.sh
	BUILD=$(BUILD) sh tests/judge/registers.sh
	BUILD=$(BUILD) sh tests/judge/random.sh registers 1 100
	BUILD=$(BUILD) sh tests/judge/random.sh cached 1 100

judge-kernel: all $(KERNEL_LOG) ## 40,000 calls and traces against the real vfio_iommu_type1; see judge/kernel/run.sh
	BUILD=$(BUILD) CC=$(CC) sh judge/kernel/run.sh

# QEMU=none leaves the real one out.
QEMU  ?= $(shell command -v qemu-system-x86_64)
bench: $(BUILD)/bench $(VFIO_LIB) ## measure walk, translate and dirty: reports/bench.json, and the marks
	@mkdir -p reports
	$(BUILD)/bench $(if $(filter-out none,$(QEMU)),--qemu $(QEMU)) --output reports/bench.json

graphs: $(BUILD)/replay $(BUILD)/trace $(BUILD)/gen_trace ## draw reports/*.svg and *.png from reports/bench.json, captured and made traces
	BUILD=$(BUILD) sh tools/graphs.sh reports

capture: all ## record a guest: make capture SCENARIO=strict
	@test -n "$(SCENARIO)" || { echo "make capture SCENARIO=NAME; scenarios: $$(ls capture/scenarios | sed 's/[.]sh//' | tr '\n' ' ')"; exit 2; }
	capture/run.sh $(SCENARIO) $(BUILD)/$(SCENARIO).trace
	$(BUILD)/trace pack $(BUILD)/$(SCENARIO).trace $(BUILD)/$(SCENARIO).vtt.zst
	$(BUILD)/trace info $(BUILD)/$(SCENARIO).vtt.zst

LIBDIR := $(DESTDIR)$(PREFIX)/lib/vtd-replay
BIN  := $(DESTDIR)$(PREFIX)/bin
MAN  := $(DESTDIR)$(PREFIX)/share/man/man1
COMP := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
install: all ## install the programs under PREFIX (DESTDIR honoured)
	install -d $(BIN) $(MAN) $(COMP) $(LIBDIR)
	install -m 755 $(VFIO_LIB) $(LIBDIR)/judge-vfio.so
	for tool in $(TOOLS:$(BUILD)/%=%); do \
	    name=vtd-$$(echo $$tool | tr _ -) && install -m 755 $(BUILD)/$$tool $(BIN)/$$name && \
	    sh tools/man.sh $(BUILD)/$$tool $$name >$(MAN)/$$name.1 && \
	    sh tools/man.sh $(BUILD)/$$tool $$name complete >$(COMP)/$$name || exit 1; \
	done

clean: ## remove what was built
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-ubsan $(BUILD)-fuzz

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

-include $(FUZZ_OBJ:.o=.d) $(FUZZ:$(BUILD)/fuzz_%=$(BUILD)/obj/fuzz/target_%.d) $(BUILD)/obj/fuzz/main.d
-include $(LIB_OBJ:.o=.d) $(JUDGE_OBJ:.o=.d) $(BENCH_OBJ:.o=.d) $(KERNEL_CALLS_OBJ:.o=.d) $(RIG:.o=.d) $(COMMON_OBJ:.o=.d) $(TOOLS:$(BUILD)/%=$(BUILD)/obj/tools/%.d) $(TESTS:$(BUILD)/%=$(BUILD)/obj/%.d) $(BUILD)/obj/tests/properties.d
