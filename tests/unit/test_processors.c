/* Quotas of control groups, read from made-up trees of /proc and /sys. */
#include <criterion/criterion.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync/processors.h"

enum { NONE = 1000 }; /* the limit given in, when nothing in the tree lowers it */

static char root[64];

static void make_root(void) {
    strcpy(root, "/tmp/sequent-processors-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk) {
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_root(void) {
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file below the root, with the directories that it needs. */
static void put(const char *path, const char *text) {
    char full[512];
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    cr_assert_not_null(file, "%s", full);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

#define PROCESSORS(name) Test(processors, name, .init = make_root, .fini = remove_root)

PROCESSORS(version2_quota_is_rounded_up) {
    put("/proc/self/cgroup", "0::/job\n");
    put("/sys/fs/cgroup/job/cpu.max", "150000 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 2);
    put("/sys/fs/cgroup/job/cpu.max", "200000 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 2);
    put("/sys/fs/cgroup/job/cpu.max", "1 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 1);
    cr_assert_eq(sqi_processors_quota(root, 1), 1);
}

PROCESSORS(the_smallest_quota_up_to_the_root_counts) {
    put("/proc/self/cgroup", "0::/a/b/c\n");
    put("/sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 3);
    put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 2);
    put("/sys/fs/cgroup/other/cpu.max", "100000 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 2, "a group that is not an ancestor");
}

PROCESSORS(no_limit_where_there_is_none) {
    cr_assert_eq(sqi_processors_quota(root, NONE), NONE, "an empty tree");
    put("/proc/self/cgroup", "0::/\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), NONE, "no cpu.max");
    put("/sys/fs/cgroup/cpu.max", "max 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), NONE);
    put("/sys/fs/cgroup/cpu.max", "90000000000 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), NONE, "a quota above the limit");
}

PROCESSORS(version1_quota_and_period) {
    put("/proc/self/cgroup", "12:cpuset:/\n5:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n0::/\n");
    put("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 3);
    put("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "50000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "25000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 2);
}

/* Inside a container the path is the host's, and only the container's own group is mounted. */
PROCESSORS(directories_that_are_not_mounted_are_walked_through) {
    put("/proc/self/cgroup", "4:cpu:/docker/abc/x\n0::/../../outside\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 4);
    put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    cr_assert_eq(sqi_processors_quota(root, NONE), 1);
}

PROCESSORS(malformed_files_set_no_limit) {
    static const char *const quotas[] = {"",
                                         "max",
                                         "100000",
                                         "100000 0\n",
                                         "0 100000\n",
                                         "-1 1\n",
                                         "1x 1\n",
                                         "1 1x\n",
                                         " 1 1\n",
                                         "1  1\n",
                                         "18446744073709551616 1\n",
                                         "99999999999999999999999 1\n"};
    put("/proc/self/cgroup", "0::/job\n");
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
        put("/sys/fs/cgroup/job/cpu.max", quotas[i]);
        cr_assert_eq(sqi_processors_quota(root, NONE), NONE, "\"%s\"", quotas[i]);
    }
    put("/sys/fs/cgroup/job/cpu.max", "100000 100000\n");
    static const char *const groups[] = {"",
                                         "\n",
                                         "0\n",
                                         "0:\n",
                                         "0::\n",
                                         "0::job\n",
                                         ":::::\n",
                                         "3:cpuset:/job\n",
                                         "3:acpu:/job\n"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        put("/proc/self/cgroup", groups[i]);
        cr_assert_eq(sqi_processors_quota(root, NONE), NONE, "\"%s\"", groups[i]);
    }
}

PROCESSORS(long_paths_are_left_alone) {
    char line[6000] = "0::/";
    memset(line + 4, 'g', sizeof line - 6);
    line[sizeof line - 2] = '\n';
    put("/proc/self/cgroup", line);
    put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    unsigned got = sqi_processors_quota(root, NONE);
    cr_assert(got == NONE || got == 1);
}

/* Larger than any kernel's mask, so that the calls do not fail on a large machine. */
enum { MASK = 1 << 16 };

Test(processors, follow_the_affinity_mask) {
    cpu_set_t *all = CPU_ALLOC(MASK), *one = CPU_ALLOC(MASK);
    const size_t size = CPU_ALLOC_SIZE(MASK);
    size_t first = 0;
    CPU_ZERO_S(size, all);
    CPU_ZERO_S(size, one);
    cr_assert_eq(sched_getaffinity(0, size, all), 0);
    unsigned before = sqi_processors();
    cr_assert(before >= 1 && before <= (unsigned)CPU_COUNT_S(size, all));
    while (!CPU_ISSET_S(first, size, all))
        first++;
    CPU_SET_S(first, size, one);
    cr_assert_eq(sched_setaffinity(0, size, one), 0);
    cr_assert_eq(sqi_processors(), 1);
    cr_assert_eq(sched_setaffinity(0, size, all), 0);
    cr_assert_eq(sqi_processors(), before);
    CPU_FREE(all);
    CPU_FREE(one);
}
