/* How many processors this process may use. */
#ifndef SQI_SYNC_PROCESSORS_H
#define SQI_SYNC_PROCESSORS_H

/* The processors of the affinity mask, or fewer where a control group's quota gives less time than
 * that (1.5 processors count as 2); at least 1. Reads a few small files; asks anew at each call. */
unsigned sqi_processors(void);

/* The smaller of `limit` and the quota of the group that root/proc/self/cgroup names, with the
 * control groups under root/sys/fs/cgroup (version 2, or version 1 with the hierarchy of the cpu
 * controller below it). root is "" for the system's own, and a made-up tree in tests. What is
 * missing or malformed sets no limit. */
unsigned sqi_processors_quota(const char *root, unsigned limit);

#endif
