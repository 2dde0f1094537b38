#include "base/fence.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__) && defined(__NR_membarrier)
/* As in linux/membarrier.h, which old headers have in part only. */
enum {
	PRIVATE_EXPEDITED = 1 << 3,
	REGISTER_PRIVATE_EXPEDITED = 1 << 4
};

static bool is_there;

static bool
enrol(void)
{
	return !syscall(__NR_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

static void
ask(void)
{
	is_there = enrol();
}

bool
weir__fence_is_there(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, ask);
	return is_there;
}

/* Fails only where this process is not enrolled: a child of one that is, by
 * some kernels. Who goes on without the fence computes nonsense. */
void
weir__fence_all(void)
{
	while (syscall(__NR_membarrier, PRIVATE_EXPEDITED, 0, 0))
		if (!enrol())
			abort();
}
#else
bool
weir__fence_is_there(void)
{
	return false;
}

void
weir__fence_all(void)
{
}
#endif
