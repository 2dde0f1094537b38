/*
 * A lock for sections of a few instructions: cheaper than a mutex where
 * nobody else is there, and it gives the processor away where the holder may
 * have lost it.
 */
#ifndef WEIR_TENSOR_SPIN_H
#define WEIR_TENSOR_SPIN_H

#include <stdatomic.h>
#include <stdbool.h>

struct weir__spin {
	atomic_bool is_held;
};

/* Wait for a lock that was seen held. */
void
weir__spin_wait(struct weir__spin *lock);

static inline void
weir__spin_lock(struct weir__spin *lock)
{
	if (atomic_exchange_explicit(&lock->is_held, true,
				     memory_order_acquire))
		weir__spin_wait(lock);
}

/* Take it if that can be at once. */
static inline bool
weir__spin_try(struct weir__spin *lock)
{
	return !atomic_load_explicit(&lock->is_held, memory_order_relaxed) &&
	       !atomic_exchange_explicit(&lock->is_held, true,
					 memory_order_acquire);
}

static inline void
weir__spin_unlock(struct weir__spin *lock)
{
	atomic_store_explicit(&lock->is_held, false, memory_order_release);
}

#endif
