/*
 * Variables: runs that write one exclude each other, snapshots are of one
 * moment, and whoever waits is woken.
 */
#include "tensor/tensor.h"

/* The one of the library is not seen by the model. */
static void
release(weir_tensor *value)
{
	atomic_fetch_sub_explicit(&value->refs, 1, memory_order_acq_rel);
}

#define weir_tensor_release release
#include "tensor/variable.c"
#undef weir_tensor_release

#include "model/model.h"

enum { THREADS = 4, VARIABLES = 2, ROUNDS = 2 };

enum what { NOTHING, X, Y, BOTH };

struct shape {
	enum what writes[THREADS];	/* what each thread's run writes */
	unsigned rounds;		/* that many such runs */
	bool is_eager[THREADS];		/* it is an eager call */
	bool looks[THREADS];		/* it takes a snapshot of both */
	bool reads[THREADS];		/* it is a run that only reads X */
};

static const struct shape *shape;
static struct weir__heap heap;
static struct weir__storage_cache cache;
static weir_tensor variables[VARIABLES], values[VARIABLES];
static weir_tensor new_values[THREADS][ROUNDS][VARIABLES];
static unsigned written[VARIABLES];	/* by whoever has taken it */
static uint64_t data[VARIABLES];	/* of the values */

static void
set_up(const void *arg)
{
	unsigned i;

	shape = arg;
	heap.cache = &cache;
	atomic_init(&cache.variables.is_held, false);
	cache.waiters = 0;
	cache.endings = 0;
	for (i = 0; i < VARIABLES; i++) {
		variables[i].heap = &heap;
		variables[i].kind = WEIR__VARIABLE;
		variables[i].current = &values[i];
		variables[i].is_taken = variables[i].is_taken_eagerly = false;
		variables[i].loans = 0;
		variables[i].swaps = 0;
		values[i].ordinal = 0;
		atomic_init(&values[i].refs, 1);
		written[i] = 0;
		data[i] = 0;
	}
}

/* What a run writes is one more than what it has read; values know which of
 * their variable's they are. */
static void
write(const weir_tensor *variable, const weir_tensor *read, weir_tensor *made)
{
	unsigned v = (unsigned)(variable - variables);

	model_expect(read->ordinal == written[v]);
	made->ordinal = read->ordinal + 1;
	written[v]++;
	data[v]++;
}

/* What nobody else has any more is written over. */
enum { GONE = 1000 };

static void
spoil(weir_tensor *old)
{
	if (atomic_load_explicit(&old->refs, memory_order_acquire) == 1)
		old->ordinal = GONE;
}

static void
run(enum what what, weir_tensor *made)
{
	weir_tensor *of[VARIABLES], *becoming[VARIABLES], *ours;
	struct weir__loan loans[VARIABLES];
	struct weir__access access = { .written = of, .variables = of,
				       .loans = loans };
	unsigned n = 0, i;

	if (what & X)
		of[n++] = &variables[0];
	if (what & Y)
		of[n++] = &variables[1];
	access.n_written = access.n = n;
	ours = weir__variables_begin(&access, NULL);
	model_expect(!ours);
	for (i = 0; i < n; i++) {
		write(of[i], loans[i].value, &made[i]);
		becoming[i] = &made[i];
	}
	weir__variables_end(&access, becoming);
	for (i = 0; i < n; i++)
		spoil(becoming[i]);
}

static void
call(weir_tensor *made)
{
	weir_tensor *of = &variables[0], *read;
	const struct weir__access access = { .written = &of, .n_written = 1 };

	/* It is, as no other eager call is under way. */
	if (weir__variable_take_eagerly(of, &read)) {
		write(of, read, made);
		weir__variables_end(&access, &made);
	}
}

/* Both are written by the same runs, so they are as old as each other. */
static void
look(void)
{
	weir_tensor *const of[VARIABLES] = { &variables[0], &variables[1] };
	weir_tensor *read[VARIABLES];

	weir__variables_snapshot(of, VARIABLES, read);
	model_expect(read[0]->ordinal == read[1]->ordinal);
}

/* What is lent stays as it is until it is given back. */
static void
borrow(void)
{
	weir_tensor *const of = &variables[0];
	struct weir__loan loan;
	const struct weir__access access = { .variables = &of, .n = 1,
					     .loans = &loan };

	model_expect(!weir__variables_begin(&access, NULL));
	model_expect(loan.value->ordinal != GONE);
	weir__variables_end(&access, NULL);
}

static void
work(unsigned me)
{
	unsigned i;

	for (i = 0; i < shape->rounds && shape->writes[me]; i++) {
		if (shape->is_eager[me])
			call(new_values[me][i]);
		else
			run(shape->writes[me], new_values[me][i]);
	}
	if (shape->looks[me])
		look();
	if (shape->reads[me])
		borrow();
}

static void
check(void)
{
	unsigned i, v, n;

	for (v = 0; v < VARIABLES; v++) {
		for (n = i = 0; i < THREADS; i++)
			n += shape->writes[i] >> v & 1 ? shape->rounds : 0;
		model_expect(written[v] == n);
		model_expect(variables[v].current->ordinal == written[v]);
		model_expect(variables[v].loans == 0);
		model_expect(!variables[v].is_taken &&
			     !variables[v].is_taken_eagerly);
	}
	model_expect(cache.waiters == 0);
}

#define CONFIG(n) .threads = n, .set_up = set_up, .thread = work, .check = check

static const struct model_config configs[] = {
	{ .name = "two runs write one", CONFIG(2),
	  .arg = &(struct shape){ .writes = { X, X }, .rounds = 1 } },
	{ .name = "a snapshot beside a run that writes two", CONFIG(2),
	  .arg = &(struct shape){ .writes = { BOTH }, .rounds = 1,
				  .looks = { false, true } } },
	{ .name = "an eager call beside a run", CONFIG(2),
	  .arg = &(struct shape){ .writes = { X, X }, .rounds = 1,
				  .is_eager = { true, false } } },
	{ .name = "a run that reads what another one writes", CONFIG(2),
	  .arg = &(struct shape){ .writes = { X }, .rounds = 1,
				  .reads = { false, true } } },
	{ .name = "two threads, two runs each", CONFIG(2), .is_long = true,
	  .arg = &(struct shape){ .writes = { X, X }, .rounds = 2 } },
};

static const struct model_fault faults[] = {
	{ "woken without the lock", "weir__variables_end",
	  "&cache->wait_lock", MODEL_MISSING, 0 },
	{ "not woken", "weir__variables_end", "&cache->written",
	  MODEL_MISSING, 0 },
	{ "variables are not locked", "weir__spin_lock", "&lock->is_held",
	  MODEL_MISSING, 0 },
	{ "what is lent leaves no references", "swap", "&old->refs",
	  MODEL_MISSING, 0 },
	{ "variables are looked at and locked in two steps",
	  "weir__spin_lock", "&lock->is_held", MODEL_SPLIT, 0 },
};

const struct model_suite model_variable_suite = {
	.name = "variables",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
};
