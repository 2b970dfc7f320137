# SPDX-License-Identifier: MIT
# replay and bench once more, as fast as the compiler can make them (gcc; not where flags are the
# user's own). What runs for each record is built a second time, counting which way each branch goes;
# replays captured and made guests (tools/train.sh); and is built a third time, knowing what was
# counted, and optimized across files. FAST= does without: sooner built, a third slower.

ifeq ($(origin FAST)$(OWN_FLAGS),undefined)
FAST := $(shell sh tools/fast.sh $(CC))
endif

ifneq ($(FAST),)
FAST_SRC := $(wildcard sim/*.c sim/base/*.c sim/checks/*.c sim/consumers/*.c) \
            sim/report/digest.c sim/report/digest_feed.c sim/report/counts.c \
            sim/trace/block_decode.c sim/trace/block_decode_rec.c sim/trace/packed_read.c \
            sim/trace/reader.c sim/trace/rec_check.c sim/cli/replay.c sim/cli/replay_state.c
# Loops over whole tables, which the guests replayed for counting are too small for: knowing what was
# counted of them makes a sparse table a third dearer (make bench, case s100k).
FAST_LOOPS := sim/sync_compare.c sim/sync_walk.c
TRAIN     := $(BUILD)/train
TRAIN_OBJ := $(FAST_SRC:%.c=$(TRAIN)/%.o)
FAST_OBJ  := $(FAST_SRC:%.c=$(BUILD)/fast/%.o)
# Warnings were given when the same file was compiled for the tests.
FAST_CC    = $(CC) $(CPPFLAGS) $(CFLAGS) $(FAST) -w

# Those objects know by its whole path where to write what they counted: what a tree was moved or
# copied with would write into the other.
$(shell test "$$(cat $(TRAIN)/where 2>/dev/null)" = "$(CURDIR)" || rm -rf $(TRAIN))

$(TRAIN)/%.o: %.c | need
	@mkdir -p $(@D)
	@echo "$(CURDIR)" >$(TRAIN)/where
	@echo "  CC train $<"
	$(Q)$(FAST_CC) -fno-lto -fprofile-generate -fprofile-update=single -c -o $@ $<

$(TRAIN)/replay: $(BUILD)/obj/tools/replay.o $(TRAIN_OBJ) $(COMMON_OBJ) $(LIB)
	$(Q)$(FAST_CC) -fno-lto -fprofile-generate -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

$(TRAIN)/counted: $(TRAIN)/replay $(BUILD)/gen_trace tools/train.sh
	@echo "  TRAIN $<"
	$(Q)BUILD=$(BUILD) sh tools/train.sh
	@touch $@

# What was counted is looked for beside the object that -dumpbase names.
FAST_COUNTED = -fprofile-use -fprofile-partial-training -Wno-coverage-mismatch \
               -dumpbase $(TRAIN)/$*.c -dumpbase-ext .c
$(BUILD)/fast/%.o: %.c $(TRAIN)/counted
	@mkdir -p $(@D)
	@echo "  CC fast $<"
	$(Q)$(FAST_CC) $(if $(filter $<,$(FAST_LOOPS)),,$(FAST_COUNTED)) -MF $(@:.o=.d) -c -o $@ $<

$(BUILD)/replay $(BUILD)/bench: $(FAST_OBJ)
$(BUILD)/replay $(BUILD)/bench: private LINK_FAST = $(FAST) -flto=auto -fprofile-use -w

-include $(TRAIN_OBJ:.o=.d) $(FAST_OBJ:.o=.d)
endif
