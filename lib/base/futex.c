#include "base/futex.h"

#include <limits.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__) && defined(__NR_futex)
/* As in linux/futex.h: of this process alone. */
enum {
	WAIT_PRIVATE = 0 | 128,
	WAKE_PRIVATE = 1 | 128
};

void
weir__futex_wait(_Atomic uint32_t *number, uint32_t value)
{
	syscall(__NR_futex, number, WAIT_PRIVATE, value, NULL, NULL, 0);
}

void
weir__futex_wake(_Atomic uint32_t *number, uint32_t most)
{
	syscall(__NR_futex, number, WAKE_PRIVATE,
		most < INT_MAX ? (int)most : INT_MAX, NULL, NULL, 0);
}
#else
void
weir__futex_wait(_Atomic uint32_t *number, uint32_t value)
{
	(void)number;
	(void)value;
	sched_yield();
}

void
weir__futex_wake(_Atomic uint32_t *number, uint32_t most)
{
	(void)number;
	(void)most;
}
#endif
