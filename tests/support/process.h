/* What this process has of the system: threads, open files, memory. */
#ifndef SUPPORT_PROCESS_H
#define SUPPORT_PROCESS_H

#include <dirent.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static inline unsigned
entries_of(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;		/* . and .. */
}

static inline unsigned
threads_now(void)
{
	return entries_of("/proc/self/task");
}

/* With the one that is open while they are counted. */
static inline unsigned
files_now(void)
{
	return entries_of("/proc/self/fd");
}

/* Threads that have been joined may still be there, and those of OpenMP are
 * not joined: wait until no more than so many are left, but not for ever. */
static inline unsigned
threads_settled(unsigned most)
{
	unsigned n = 0, i;

	for (i = 0; i < 2000; i++) {
		n = threads_now();
		if (n <= most)
			break;
		usleep(5000);
	}
	return n;
}

static inline size_t
resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t all = 0, resident = 0;

	malloc_trim(0);
	if (!file)
		return 0;
	if (fscanf(file, "%zu %zu", &all, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static inline double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
