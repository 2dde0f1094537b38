/*
 * A model checker for code that shares memory without locks, or with few.
 *
 * A test includes a source file of the library as it is. The headers in
 * shadow/ come before the system's, so that its atomics, mutexes and pauses
 * call the functions below; plain accesses are seen because the compiler is
 * told to instrument them as for ThreadSanitizer, whose place races.c takes.
 *
 * Threads are coroutines. Every order of their steps is tried and, for every
 * load, every store that C11 lets it see. What is wrong: a data race, a
 * failed expectation, a state in which nobody can go on.
 *
 * Not covered: a load that sees a store made later in all orders (compilers
 * do not do that), a store put in the middle of the order of earlier ones,
 * and consume, which is taken as acquire.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_config {
	const char *name;
	unsigned threads;
	void (*set_up)(const void *arg);	/* before each execution */
	void (*thread)(unsigned me);
	void (*check)(void);			/* after it; or NULL */
	const void *arg;
	const char *fails;	/* what must be found; NULL: nothing. No fault
				   is looked for in it */
	unsigned impatient;	/* set of threads: any wait may be long */
	const char *impatient_in;	/* this function only; NULL: anywhere */
	unsigned long_waits;	/* at most so many in all; 0: any number */
	bool is_long;		/* only with WEIR_TEST_LONG=1 */
};

enum model_fault_kind {
	MODEL_NO_FAULT,
	MODEL_WEAKER,		/* relaxed */
	MODEL_SPLIT,		/* a read-modify-write in two steps */
	MODEL_MISSING,		/* a store, exchange, fence, lock or wake-up */
	MODEL_READS		/* a load that gives `value` */
};

/* Changes what one place does: a call in `function` whose first argument is
 * `text` in the source. */
struct model_fault {
	const char *name;	/* "the claim is not one step" */
	const char *function, *text;
	enum model_fault_kind kind;
	uint64_t value;
};

/*
 * Every configuration must pass, and every fault be found in one of them.
 * Faults are those listed and, for each atomic whose order is stronger than
 * relaxed, that it is relaxed. Those that change nothing are excused, with
 * the reason as their name.
 */
struct model_suite {
	const char *name;
	const struct model_config *configs;
	size_t n_configs;
	const struct model_fault *faults;
	size_t n_faults;
	const struct model_fault *excused;
	size_t n_excused;
	bool is_of_checker;	/* faults are in the configurations */
};

extern const struct model_suite model_ahead_suite;
extern const struct model_suite model_checker_suite;
extern const struct model_suite model_idle_suite;
extern const struct model_suite model_nested_suite;
extern const struct model_suite model_plan_suite;
extern const struct model_suite model_resident_suite;
extern const struct model_suite model_ring_suite;
extern const struct model_suite model_spin_suite;
extern const struct model_suite model_stream_suite;
extern const struct model_suite model_variable_suite;

/* The execution has failed; does not return on a thread. */
void
model_fail(const char *why);

#define model_expect(condition) \
	((condition) ? (void)0 : model_fail(#condition " does not hold"))

/* -- what shadow/ calls ---------------------------------------------------- */

/* As in C11; shadow/stdatomic.h has the names. */
enum model_order {
	MODEL_RELAXED,
	MODEL_ACQUIRE,
	MODEL_RELEASE,
	MODEL_ACQ_REL,
	MODEL_SEQ_CST
};

struct model_site {
	const char *function, *text;
	const struct model_fault *fault;	/* or NULL */
	unsigned checked;	/* in which exploration this was */
};

#define MODEL_HERE(what) __extension__ ({ \
	static struct model_site here_ = { __func__, what, NULL, 0 }; \
	&here_; })

uint64_t
model_load(const volatile void *p, size_t size, enum model_order order,
	   struct model_site *site);

void
model_store(volatile void *p, size_t size, uint64_t value,
	    enum model_order order, struct model_site *site);

/* Compare and swap. */
bool
model_swap(volatile void *p, size_t size, void *expected, uint64_t value,
	   enum model_order order, enum model_order failure,
	   struct model_site *site);

/* operation: '=' '+' '-' '|'; returns the value before. */
uint64_t
model_change(volatile void *p, size_t size, char operation, uint64_t operand,
	     enum model_order order, struct model_site *site);

void
model_fence(enum model_order order, struct model_site *site);

/* Each thread passes a seq_cst fence. */
void
model_fence_all(struct model_site *site);

/* At the end of a round of a loop that waits for as long as it takes: until
 * something else could be seen. A round that changes something does not end
 * in a pause. */
void
model_pause(void);

/* Whether a wait is long by now: both, where the configuration says so. */
bool
model_is_long(const char *function);

void
model_lock(void *mutex, struct model_site *site);

void
model_unlock(void *mutex, struct model_site *site);

/* Once in an execution, it wakes for no reason. */
void
model_sleep(void *cond, void *mutex, struct model_site *site);

void
model_wake(void *cond, bool all, struct model_site *site);

/* Sleep if the number is this one. It is one that this thread may see and that
 * is no older than the last wake-up's. Wakes for no reason as above. */
void
model_futex_wait(const volatile void *p, uint64_t value,
		 struct model_site *site);

/* So many at most. */
void
model_futex_wake(const volatile void *p, unsigned most,
		 struct model_site *site);

/* From 1. */
unsigned long
model_self(void);

#endif
