/*
 * Run part of a test in a fresh process: for what only the environment can
 * set, and for what happens when a process ends.
 *
 *	CHILD(starved)			at file level
 *	{ ...; return 0; }
 *
 *	cr_expect_eq(child_run("starved", "OMP_THREAD_LIMIT=1"), 0);
 */
#ifndef SUPPORT_CHILD_H
#define SUPPORT_CHILD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD(name)							\
	static int child_##name(void);					\
	__attribute__((constructor)) static void			\
	child_try_##name(void)						\
	{								\
		const char *asked = getenv("WEIR_TEST_CHILD");		\
									\
		if (asked && strcmp(asked, #name) == 0)			\
			exit(child_##name());				\
	}								\
	static int child_##name(void)

/* Its exit status, or -1 where it did not end by itself. setting is a
 * NAME=value for its environment, or NULL. */
static inline int
child_run(const char *name, const char *setting)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("WEIR_TEST_CHILD", name, 1);
		if (setting)
			putenv((char *)(uintptr_t)setting);
		execl("/proc/self/exe", "child", (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

#endif
