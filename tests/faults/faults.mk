# Faults at every place where the system can refuse: `make faults`. tests/faults/run has the order.

FAULTS_SEAM  := $(sort $(wildcard tests/faults/seam/*.c))
FAULTS_SWEEP := $(sort $(wildcard tests/faults/sweep/*.c))
FAULTS_WRAP  := realpath fopen fopencookie __sched_cpualloc close pthread_join clock_gettime

faults: $(B)/sequent  ## every call fails once: memory, threads, files; kill -9, signals, full disks
	$(MAKE) B=$(B)/asan CFLAGS="$(ASAN)" $(B)/asan/faults/sequent $(B)/asan/faults/sweep
	B=$(B) FAULTY=$(B)/asan tests/faults/run

faults-long:  ## … more of them, and longer
	$(MAKE) FAULTS_LONG=1 faults

# The program with the seams that fail, and what makes them fail and judges what is left.
$(B)/faults/sequent: $(CLI_OBJ) $(FAULTS_SEAM:%.c=$(B)/%.o) $(B)/libsequent.a
	@mkdir -p $(@D)
	$(LINK) $(FAULTS_WRAP:%=-Wl,--wrap=%) $^ $(LIBS) -o $@

$(B)/faults/sweep: $(FAULTS_SWEEP:%.c=$(B)/%.o)
	@mkdir -p $(@D)
	$(LINK) $^ -o $@

-include $(FAULTS_SEAM:%.c=$(B)/%.d) $(FAULTS_SWEEP:%.c=$(B)/%.d)

.PHONY: faults faults-long
