#include "tensor/spin.h"

#include <sched.h>

enum { PATIENCE = 128 };	/* about as long as the sections guarded */

static void
pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

void
weir__spin_wait(struct weir__spin *lock)
{
	int tries = 0;

	do {
		/* only read while it is held: writing would take the cache
		 * line from the holder */
		while (atomic_load_explicit(&lock->is_held,
					    memory_order_relaxed)) {
			if (++tries < PATIENCE)
				pause_briefly();
			else
				sched_yield();
		}
	} while (atomic_exchange_explicit(&lock->is_held, true,
					  memory_order_acquire));
}
