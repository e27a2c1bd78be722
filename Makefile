# sequent: parallel stochastic gradient descent with the bits of one thread.
# `make help` lists the targets.

VERSION   := 0.1.0
SOVERSION := 0

ifeq ($(origin CC),default)
CC        := gcc
endif
CFLAGS    ?= -O2 -g
PREFIX    ?= /usr/local
DESTDIR   ?=
B         ?= build

# What the bits depend on stands last on every command line, after the user's CFLAGS.
BITS      := -ffp-contract=off -fno-fast-math -fno-unsafe-math-optimizations -fno-math-errno
# gcc for s390x evaluates float in double precision under -std=c11 unless told otherwise.
BITS      += $(if $(findstring s390x,$(shell $(CC) -dumpmachine)),-fexcess-precision=fast)
WARN      := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
             -Wmissing-prototypes -Wvla -Wundef
OWN       := -std=c11 -D_GNU_SOURCE -DSQ_VERSION='"$(VERSION)"' -Iinclude -Isrc -pthread $(WARN)
COMPILE    = $(CC) $(CPPFLAGS) $(CFLAGS) $(OWN) $(BITS)
LINK       = $(CC) $(CFLAGS) -pthread $(LDFLAGS)
LIBS      := -lxxhash -lz -ljansson -lmd -lm

LIB_SRC   := $(sort $(filter-out src/cli/%,$(wildcard src/*/*.c)))
CLI_SRC   := $(sort $(wildcard src/cli/*.c))
TEST_SRC  := $(sort $(wildcard tests/support/*.c tests/oracle/*.c tests/unit/*.c \
                               tests/property/*.c tests/stress/*.c))
HEADERS   := $(sort $(wildcard include/sequent.h include/sequent/*.h))
LIB_OBJ   := $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ   := $(CLI_SRC:%.c=$(B)/%.o)
TEST_OBJ  := $(TEST_SRC:%.c=$(B)/%.o)
SO        := libsequent.so.$(VERSION)

all: $(B)/sequent $(B)/libsequent.a $(B)/$(SO)  ## build the program and the library (default)

$(B)/src/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -fPIC -fvisibility=hidden -c $< -o $@

$(B)/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -Itests -c $< -o $@

$(B)/libsequent.a: $(LIB_OBJ)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/$(SO): $(LIB_OBJ)
	$(LINK) -shared -Wl,-soname,libsequent.so.$(SOVERSION) $^ $(LIBS) -o $@
	ln -sf $(SO) $(B)/libsequent.so.$(SOVERSION)
	ln -sf $(SO) $(B)/libsequent.so

$(B)/sequent: $(CLI_OBJ) $(B)/libsequent.a
	$(LINK) $^ $(LIBS) -o $@

$(B)/tests/check: $(TEST_OBJ) $(B)/libsequent.a
	$(LINK) $^ $(LIBS) -lcriterion -lmpfr -lgmp -o $@

# `make -j deps check`: packages first.
$(LIB_OBJ) $(CLI_OBJ) $(TEST_OBJ): | $(filter deps,$(MAKECMDGOALS))

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_OBJ:.o=.d)

# --- tests ---------------------------------------------------------------------------------------

ASAN      := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

check: all $(B)/tests/check  ## run every test
	B=$(B) CC="$(CC)" tests/run

# Tests of one thread, in which there are no races to be found.
ONE_THREAD := alloc|bisect_traces|check|choose|coarse|components|conflicts|draws|edges|evaluate|exp|generate
ONE_THREAD := $(ONE_THREAD)|gradient|hash|hexfloat|hostile_*|input|lanes|levels|log|log1p|log1p_any
ONE_THREAD := $(ONE_THREAD)|matrix_market|model_file|names|number|order|order_file|output|pairs|path
ONE_THREAD := $(ONE_THREAD)|plan_edits|powers|random|simplex|spread|stream|svmlight|terminals|triplets

# The plain build runs all random cases; here a part of them does.
tsan:  ## the tests under ThreadSanitizer
	SUITES="library races" WITHOUT="$(ONE_THREAD)" SEQUENT_CASES=$${SEQUENT_CASES:-1000} $(MAKE) B=$(B)/tsan CFLAGS="-O1 -g -fsanitize=thread" sanitized

asan:  ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	SUITES="library bits input options output bench" SEQUENT_CASES=$${SEQUENT_CASES:-2000} $(MAKE) B=$(B)/asan CFLAGS="$(ASAN)" sanitized

sanitized: all $(B)/tests/check
	B=$(B) CC="$(CC)" SANITIZED=1 tests/run

demo: all  ## serial, planned and hogwild side by side on a million ratings
	B=$(B) bench/demo

bench: all  ## measure; see bench/README.md (BENCH="modes peers …", or all)
	B=$(B) CC="$(CC)" bench/run $(BENCH)

proofs: all  ## check the Coq proofs and the Spin models
	$(MAKE) -C proofs/coq B=$(abspath $(B)) check compare
	$(MAKE) -C proofs/spin B=$(abspath $(B)) check

-include $(wildcard tests/*/*.mk)

# --- installation --------------------------------------------------------------------------------

install: all $(B)/sequent.pc  ## install below $(DESTDIR)$(PREFIX)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/pkgconfig" \
	    "$(DESTDIR)$(PREFIX)/include/sequent"
	install -m 755 $(B)/sequent "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 $(B)/libsequent.a "$(DESTDIR)$(PREFIX)/lib"
	install -m 755 $(B)/$(SO) "$(DESTDIR)$(PREFIX)/lib"
	ln -sf $(SO) "$(DESTDIR)$(PREFIX)/lib/libsequent.so.$(SOVERSION)"
	ln -sf $(SO) "$(DESTDIR)$(PREFIX)/lib/libsequent.so"
	install -m 644 include/sequent.h "$(DESTDIR)$(PREFIX)/include"
	install -m 644 include/sequent/*.h "$(DESTDIR)$(PREFIX)/include/sequent"
	install -m 644 $(B)/sequent.pc "$(DESTDIR)$(PREFIX)/lib/pkgconfig"

uninstall:  ## remove what install installed
	rm -f "$(DESTDIR)$(PREFIX)/bin/sequent" "$(DESTDIR)$(PREFIX)/lib/libsequent.a" \
	    "$(DESTDIR)$(PREFIX)/lib/$(SO)" "$(DESTDIR)$(PREFIX)/lib/libsequent.so.$(SOVERSION)" \
	    "$(DESTDIR)$(PREFIX)/lib/libsequent.so" "$(DESTDIR)$(PREFIX)/lib/pkgconfig/sequent.pc"
	cd "$(DESTDIR)$(PREFIX)/include" && rm -f $(HEADERS:include/%=%) && rmdir sequent

$(B)/sequent.pc: Makefile FORCE
	@mkdir -p $(@D)
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' \
	    'Name: sequent' 'Version: $(VERSION)' \
	    'Description: parallel stochastic gradient descent with the bits of one thread' \
	    'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lsequent' \
	    'Libs.private: $(LIBS) -pthread' > $@

# --- packages ------------------------------------------------------------------------------------

deps:  ## install what building and testing need and is missing (Debian)
	.ci/packages gcc libc6-dev libxxhash-dev zlib1g-dev libjansson-dev libmd-dev libcriterion-dev \
	    libmpfr-dev gzip g++ python3 gnuplot-nox

deps-bench:  ## … what plots and bench/peers need
	.ci/packages gnuplot-nox liblinear-tools python3-sklearn fasttext python3

deps-proofs:  ## … what the proofs need
	.ci/packages coq ocaml-nox spin gcc libc6-dev

deps-lint:  ## … what `make lint` needs
	.ci/packages clang clang-format clang-tidy cppcheck

lint: ## warnings of clang, formatting, clang-tidy, cppcheck
	$(MAKE) CC=clang B=$(B)/clang CFLAGS="-O2 -Werror" all $(B)/clang/tests/check \
	    $(B)/clang/faults/sequent $(B)/clang/faults/sweep
	clang-format --dry-run -Werror $$(find src include tests bench proofs -name '*.[ch]')
	cppcheck --quiet -j $$(nproc) --error-exitcode=1 --std=c11 \
	    --enable=warning,performance,portability --inline-suppr '-D_Alignas(x)=' -Iinclude -Isrc src
	printf '%s\n' $(LIB_SRC) $(CLI_SRC) | xargs -n 8 -P $$(nproc) sh -c \
	    'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- -std=c11 -D_GNU_SOURCE \
	    -DSQ_VERSION=\"$(VERSION)\" -Iinclude -Isrc' tidy

clean:  ## remove the build directory
	rm -rf $(B)

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile tests/*/*.mk | sed -E 's/:.*## /\t/' | expand -t 14

FORCE:

.PHONY: all check tsan asan sanitized demo bench proofs install uninstall deps deps-bench deps-proofs \
        deps-lint lint clean help FORCE
