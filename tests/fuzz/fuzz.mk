# `make fuzz`: every reader against made-up files, in one process, under the sanitizers.
# tests/fuzz/run has the list of targets; tests/fuzz/README.md tells how to go on.

FUZZ_CC      ?= clang
FUZZ_TARGETS := svmlight triplets market-ratings market-edges edges terminals order number hexfloat \
                lock model trace checkpoint gzip
FUZZ_CFLAGS  := -O2 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
                -fsanitize=fuzzer-no-link,address,undefined
# What the library asks of the system beside base/system.h; tests/fuzz/memory_files.c answers.
FUZZ_WRAP    := -Wl,--wrap=close,--wrap=stat,--wrap=readlink,--wrap=unlink,--wrap=realpath
FUZZ_SHARED  := $(patsubst %.c,$(B)/%.o,$(filter-out tests/fuzz/target_%,\
                   $(sort $(wildcard tests/fuzz/*.c))))

fuzz:  ## fuzz every reader, 25 s each; RUNS=N or TIME=seconds for longer, TARGETS="svmlight …" for some
	$(MAKE) B="$(B)/fuzz" CC="$(FUZZ_CC)" CFLAGS="$(FUZZ_CFLAGS)" fuzz-build
	B="$(B)/fuzz" tests/fuzz/run $(or $(TARGETS),$(FUZZ_TARGETS))

fuzz-build: $(FUZZ_TARGETS:%=$(B)/fuzz-%)

fuzz-seeds: $(B)/sequent  ## … make the seeds of the binary formats again
	tests/fuzz/make_seeds "$(B)/sequent"

$(B)/fuzz-%: $(B)/tests/fuzz/target_%.o $(FUZZ_SHARED) $(B)/libsequent.a
	$(LINK) -fsanitize=fuzzer $(FUZZ_WRAP) $^ $(LIBS) -o $@

.SECONDARY: $(FUZZ_TARGETS:%=$(B)/tests/fuzz/target_%.o)

-include $(wildcard $(B)/tests/fuzz/*.d)

deps-fuzz:  ## … what `make fuzz` needs
	.ci/packages clang libclang-rt-dev libc6-dev libxxhash-dev zlib1g-dev libjansson-dev libmd-dev

.PHONY: fuzz fuzz-build fuzz-seeds deps-fuzz
