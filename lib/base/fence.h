/*
 * A fence for all threads at once: who needs one seldom pays for those who
 * would need it each time. (As in Linux's membarrier(2); the use in place of
 * half of Dekker's fences is from Dice, Huang and Yang, Asymmetric Dekker
 * Synchronization, 2001.)
 */
#ifndef WEIR_BASE_FENCE_H
#define WEIR_BASE_FENCE_H

#include <stdatomic.h>
#include <stdbool.h>

/* Whether the system has it; asked once a process. Threads: any. */
bool
weir__fence_is_there(void);

/*
 * Between the call and its return each thread of the process has passed a
 * sequentially consistent fence. Where it is there only. Costs some
 * microseconds, and a fraction of one to each thread that runs.
 */
void
weir__fence_all(void);

/* The other half: only the compiler keeps the order of what is before and
 * after; the processor does where somebody calls weir__fence_all(). */
static inline void
weir__fence_light(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

#endif
