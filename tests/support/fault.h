/* An allocator that counts what is alive and can be told to fail. */
#ifndef SUPPORT_FAULT_H
#define SUPPORT_FAULT_H

#include <stdatomic.h>
#include <stdlib.h>
#include <weir/runtime.h>

struct fault {
	atomic_long alive;	/* blocks */
	atomic_long calls;
	atomic_long fail_at;	/* the number of the call that fails, from 1 */
	atomic_bool fail_on;	/* and all calls after it */
	atomic_size_t most;	/* more bytes are refused; 0: none are */
};

static inline void *
fault_allocate(size_t size, void *arg)
{
	struct fault *fault = arg;
	long call = atomic_fetch_add(&fault->calls, 1) + 1;
	long fail_at = atomic_load(&fault->fail_at);
	size_t most = atomic_load(&fault->most);
	void *memory;

	if (fail_at && (call == fail_at ||
			(call > fail_at && atomic_load(&fault->fail_on))))
		return NULL;
	if (most && size > most)
		return NULL;
	memory = malloc(size);
	if (memory)
		atomic_fetch_add(&fault->alive, 1);
	return memory;
}

static inline void
fault_release(void *memory, void *arg)
{
	struct fault *fault = arg;

	atomic_fetch_sub(&fault->alive, 1);
	free(memory);
}

static inline weir_allocator
fault_allocator(struct fault *fault)
{
	return (weir_allocator){ fault_allocate, fault_release, fault };
}

/* Let the n-th call from now on fail; 0: none. */
static inline void
fault_arm(struct fault *fault, long n)
{
	atomic_store(&fault->calls, 0);
	atomic_store(&fault->fail_at, n);
}

/* From now on no call for more bytes succeeds; 0: all may. */
static inline void
fault_refuse_above(struct fault *fault, size_t most)
{
	atomic_store(&fault->most, most);
}

/* Whether the armed call has come. */
static inline bool
fault_has_struck(const struct fault *fault)
{
	long fail_at = atomic_load(&fault->fail_at);

	return fail_at && atomic_load(&fault->calls) >= fail_at;
}

#endif
