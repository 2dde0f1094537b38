#include "tensor/spin.h"

#include <sched.h>

#include "base/pause.h"

enum { PATIENCE = 128 };	/* about as long as the sections guarded */

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
				weir__pause();
			else
				sched_yield();
		}
	} while (atomic_exchange_explicit(&lock->is_held, true,
					  memory_order_acquire));
}
