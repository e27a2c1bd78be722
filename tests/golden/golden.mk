# The golden matrix: the same hashes from every compiler, option and processor. tests/golden/run has
# the table.

# The numeric core: all of the library but what needs zlib, jansson or libmd.
GOLDEN_CORE := $(filter src/base/% src/num/% src/sync/% src/data/% src/plan/% src/model/% src/opt/% \
                        src/exec/% src/verify/hash.c src/verify/digest.c,\
                   $(filter-out src/base/input.c,$(LIB_SRC))) \
               tests/golden/core.c tests/golden/numbers.c tests/golden/texts.c

golden golden-all golden-record: export GOLDEN_OWN = $(OWN)
golden golden-all golden-record: export GOLDEN_BITS = $(BITS)
golden golden-all golden-record: export GOLDEN_CORE := $(GOLDEN_CORE)

golden: $(B)/sequent  ## the same bits from gcc and clang at every level, musl, other processors
	B="$(B)" CC="$(CC)" CFLAGS="$(CFLAGS)" tests/golden/run $(GOLDEN_FLAGS)

golden-all: $(B)/sequent  ## … every combination there is
	B="$(B)" CC="$(CC)" CFLAGS="$(CFLAGS)" tests/golden/run --all $(GOLDEN_FLAGS)

golden-record:  ## … write new hashes, for a new arithmetic version or new cases
	B="$(B)" CC="$(CC)" CFLAGS="$(CFLAGS)" tests/golden/run --record

deps-golden:  ## … what `make golden` needs
	.ci/packages gcc libc6-dev libxxhash-dev linux-libc-dev clang musl-tools qemu-user-static \
	    gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-riscv64-linux-gnu libc6-dev-riscv64-cross \
	    gcc-s390x-linux-gnu libc6-dev-s390x-cross

.PHONY: golden golden-all golden-record deps-golden
