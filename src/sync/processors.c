/* Affinity and control groups: a container with 2 processors of 64 must not get 64 threads.
 *
 * A group's quota holds for all groups below it, so the smallest one on the way from the process's
 * group up to the root counts. Inside a container the path in /proc/self/cgroup may be that of the
 * host, of which only the top is mounted: directories that do not exist are walked through. */
#include "sync/processors.h"

#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

/* The first line of directory/name without its end; false where it cannot be read in whole. */
static bool read_line(const char *directory, const char *name, char *line, int size) {
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (length < 0 || length >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool got = fgets(line, size, file) != NULL;
    (void)fclose(file);
    if (got)
        line[strcspn(line, "\n")] = '\0';
    return got;
}

/* A positive decimal number that ends at `end`; 0 where it is something else ("max", "-1"). */
static uint64_t positive(const char *text, char end) {
    char *rest;
    if (*text < '0' || *text > '9')
        return 0;
    unsigned long long value = strtoull(text, &rest, 10);
    return *rest == end && value < ULLONG_MAX ? value : 0;
}

/* quota / period in processors, rounded up; limit where there is no valid quota below it. */
static unsigned processors_of(uint64_t quota, uint64_t period, unsigned limit) {
    if (quota == 0 || period == 0)
        return limit;
    uint64_t count = quota / period + (quota % period != 0);
    return count < limit ? (unsigned)count : limit;
}

/* The quota of one group: cpu.max holds "QUOTA PERIOD" or "max PERIOD" (microseconds). */
static unsigned group_limit(const char *directory, bool version2, unsigned limit) {
    char quota[64], period[64];
    if (version2) {
        if (!read_line(directory, "cpu.max", quota, sizeof quota))
            return limit;
        const char *blank = strchr(quota, ' ');
        return blank ? processors_of(positive(quota, ' '), positive(blank + 1, '\0'), limit)
                     : limit;
    }
    if (!read_line(directory, "cpu.cfs_quota_us", quota, sizeof quota) ||
        !read_line(directory, "cpu.cfs_period_us", period, sizeof period))
        return limit;
    return processors_of(positive(quota, '\0'), positive(period, '\0'), limit);
}

/* The smallest quota from mount/path up to mount. */
static unsigned hierarchy_limit(const char *mount, const char *path, bool version2,
                                unsigned limit) {
    char directory[PATH_SIZE];
    size_t top = strlen(mount);
    int length = snprintf(directory, sizeof directory, "%s%s", mount, path);
    if (length < 0 || length >= (int)sizeof directory)
        return limit;
    for (;;) {
        limit = group_limit(directory, version2, limit);
        char *slash = strrchr(directory + top, '/');
        if (!slash)
            return limit;
        *slash = '\0';
    }
}

/* Whether the comma-separated list of controllers has cpu. */
static bool has_cpu(const char *controllers) {
    while (*controllers) {
        size_t length = strcspn(controllers, ",");
        if (length == 3 && strncmp(controllers, "cpu", 3) == 0)
            return true;
        controllers += length + (controllers[length] == ',');
    }
    return false;
}

/* One line of /proc/self/cgroup, "ID:CONTROLLERS:PATH"; version 2 is "0::PATH". */
static unsigned line_limit(const char *root, char *line, unsigned limit) {
    char mount[PATH_SIZE];
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
        return limit;
    *controllers++ = '\0';
    *path++ = '\0';
    bool version2 = *controllers == '\0';
    if (*path != '/' || (!version2 && !has_cpu(controllers)))
        return limit;
    /* Version 1 is mounted at the list's name; distributions link the single names to it. */
    int length = snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s%s", root, version2 ? "" : "/",
                          controllers);
    if (length < 0 || length >= (int)sizeof mount)
        return limit;
    return hierarchy_limit(mount, path, version2, limit);
}

unsigned sqi_processors_quota(const char *root, unsigned limit) {
    char line[PATH_SIZE];
    int length = snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
    FILE *file = length > 0 && length < (int)sizeof line ? fopen(line, "re") : NULL;
    if (!file)
        return limit;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        limit = line_limit(root, line, limit);
    }
    (void)fclose(file);
    return limit;
}

/* The size of the affinity mask; 1 where the system does not tell. */
static unsigned affinity(void) {
    /* The call fails as long as the mask is smaller than the kernel's own. */
    for (size_t processors = 1024; processors <= 1u << 20; processors *= 4) {
        cpu_set_t *set = CPU_ALLOC(processors);
        if (!set)
            return 1;
        size_t size = CPU_ALLOC_SIZE(processors);
        int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0)
            return (unsigned)count;
    }
    return 1;
}

unsigned sqi_processors(void) {
    return sqi_processors_quota("", affinity());
}
