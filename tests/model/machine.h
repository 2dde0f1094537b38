/*
 * What the parts of the checker share: threads, their steps, and memory.
 *
 * explore.c decides who steps next and what is chosen; memory.c and waiting.c
 * say what a step does; faults.c what it does instead; races.c what happens
 * between them.
 */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

#include <setjmp.h>

#include "model/explore.h"

enum {
	MODEL_THREADS = 4,
	LOCATIONS = 40,
	STORES = 120,		/* to one location, in one execution */
	STACK = 64 * 1024
};

enum kind {
	LOAD, STORE, CHANGE, SWAP, FENCE, LOCK, UNLOCK, SLEEP, WAKE, WAIT,
	WOKEN, PAUSE
};

/* A thread's view of the others' progress: what an epoch of theirs has done
 * happened before what it does now. Epochs are not used again by the next
 * execution. */
struct model_clock {
	int32_t epoch[MODEL_THREADS];
};

struct view {
	uint8_t oldest[LOCATIONS];	/* that it may see */
	struct model_clock clock;
};

struct store {
	uint64_t value;
	struct view view;		/* for who acquires it */
};

/* Of an atomic, a mutex or a condition. */
struct location {
	const volatile void *p;
	size_t size;
	int n_stores;
	struct store stores[STORES];
	int holder;			/* thread; -1: nobody */
	struct view released;		/* by the last holder */
	int woken_at;			/* the store at the last wake-up */
};

struct step {
	enum kind kind;
	int location, other;		/* other: of SLEEP, the condition */
	bool is_total;			/* seq_cst */
	bool is_of_all;			/* a fence of all threads */
};

struct thread {
	jmp_buf start, here;		/* of an execution; of a step */
	char *stack;
	bool is_over, is_paused, is_asleep;
	int asleep_on;			/* location */
	struct step next;
	struct view now, acquired, released;	/* the last two: by fences */
	uint64_t seen;			/* set: locations read since a store */
	uint8_t seen_at[LOCATIONS];	/* the store */
	int must_see;			/* next is a load of no older store */
};

struct traced {
	unsigned thread;
	enum kind kind;
	int location;
	bool is_stale;
	uint64_t value;
	const struct model_site *site;
};

struct machine {
	const struct model_config *config;
	const struct model_fault *fault;	/* or NULL */
	unsigned n_explorations;
	unsigned execution;		/* of the process: its number */
	int32_t begun_after;		/* this epoch of all threads */
	int me;				/* the running thread; -1: none */
	struct thread threads[MODEL_THREADS];
	struct location locations[LOCATIONS];
	int n_locations;
	struct view total;		/* of seq_cst operations */
	bool is_repeat;			/* this execution, of others */
	bool wakes_for_nothing;		/* has not happened yet */
	unsigned long_waits;		/* so far */
};

extern struct machine model_machine;

static inline int
newest(int location)
{
	return model_machine.locations[location].n_stores - 1;
}

static inline bool
model_is_on_stack(const volatile void *p)
{
	const char *stack = model_machine.threads[model_machine.me].stack;

	return (uintptr_t)p - (uintptr_t)stack < STACK;
}

/* -- explore.c ------------------------------------------------------------- */

/* Something is wrong with the model. */
_Noreturn void
model_give_up(const char *why);

/* One of n. */
int
model_choose(int n);

/* Returns when this thread goes on. */
void
model_to_scheduler(void);

/* Returns when it is this thread's turn to make this step. */
void
model_step(struct step next, const struct model_site *site);

void
model_note(struct traced step);

/* What was noted of the last one; to be completed. */
struct traced *
model_this_step(void);

/* -- memory.c -------------------------------------------------------------- */

/* size 0: no atomic. */
int
model_find_location(const volatile void *p, size_t size);

struct step
model_access_to(enum kind kind, int location, enum model_order order);

void
model_join(struct view *to, const struct view *from);

/* What this thread does from here on is not in what it has published. */
void
model_new_epoch(void);

/* The oldest store that this thread may see. */
int
model_oldest_for(int location, enum model_order order);

/* This one: its value. */
uint64_t
model_see(int location, int number, enum model_order order);

/* -- faults.c -------------------------------------------------------------- */

bool
model_is_faulty(struct model_site *site, enum model_fault_kind kind);

/* The order to be used, faults counted in. */
enum model_order
model_order_at(struct model_site *site, enum model_order order);

#endif
