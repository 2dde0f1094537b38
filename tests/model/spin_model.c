/* The spin lock: one at a time, who comes later sees what was done. */
#include "tensor/spin.c"

#include "model/model.h"

struct shape {
	unsigned threads, times;
};

static const struct shape *shape;
static struct weir__spin lock;
static unsigned count;

static void
set_up(const void *arg)
{
	shape = arg;
	atomic_init(&lock.is_held, false);
	count = 0;
}

static void
add(unsigned me)
{
	unsigned i;

	(void)me;
	for (i = 0; i < shape->times; i++) {
		weir__spin_lock(&lock);
		count++;
		weir__spin_unlock(&lock);
	}
}

static void
check(void)
{
	model_expect(count == shape->threads * shape->times);
}

static const struct model_config configs[] = {
	{ .name = "two threads, twice each", .threads = 2, .set_up = set_up,
	  .thread = add, .check = check, .arg = &(struct shape){ 2, 2 } },
	{ .name = "three threads", .threads = 3, .set_up = set_up,
	  .thread = add, .check = check, .arg = &(struct shape){ 3, 1 } },
	{ .name = "three threads, twice each", .threads = 3,
	  .set_up = set_up, .thread = add, .check = check,
	  .arg = &(struct shape){ 3, 2 }, .is_long = true },
};

static const struct model_fault faults[] = {
	{ "looks and takes in two steps", "weir__spin_lock",
	  "&lock->is_held", MODEL_SPLIT, 0 },
	{ "whoever has waited looks and takes in two steps",
	  "weir__spin_wait", "&lock->is_held", MODEL_SPLIT, 0 },
	{ "takes it without a look", "weir__spin_lock", "&lock->is_held",
	  MODEL_MISSING, 0 },
	{ "is not given back", "weir__spin_unlock", "&lock->is_held",
	  MODEL_MISSING, 0 },
};

const struct model_suite model_spin_suite = {
	.name = "spin lock",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
};
