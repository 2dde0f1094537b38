/* The processor time that control groups leave this process. */
#ifndef WEIR_TOPOLOGY_CGROUP_H
#define WEIR_TOPOLOGY_CGROUP_H

/*
 * In processors, 0 where nothing limits it. root stands before every file
 * name that is read: "" for this system, else a folder that looks like one.
 */
double
weir__cgroup_quota(const char *root);

#endif
