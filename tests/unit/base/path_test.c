#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "support/fault.h"

enum { THREADS = 8, NAMES = 500 };

static struct fault fault;
static struct weir__heap *heap;
static struct weir__paths *paths;

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
	cr_assert_eq(weir__paths_create(heap, &paths), WEIR_OK);
}

static void
end(void)
{
	weir__paths_release(paths);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(path, .init = begin, .fini = end);

Test(path, has_the_whole_text)
{
	const struct weir__path *train = weir__path_intern(paths, NULL,
							   "train");
	const struct weir__path *layer = weir__path_intern(paths, train,
							   "layer1");

	cr_expect_str_eq(train->text, "train");
	cr_expect_str_eq(layer->text, "train/layer1");
	cr_expect_eq(layer->parent, train);
}

Test(path, is_kept_once)
{
	const struct weir__path *a = weir__path_intern(paths, NULL, "a");

	cr_expect_eq(weir__path_intern(paths, NULL, "a"), a);
	cr_expect_eq(weir__path_intern(paths, a, "b"),
		     weir__path_intern(paths, a, "b"));
}

Test(path, differs_by_where_its_names_end)
{
	const struct weir__path *a = weir__path_intern(paths, NULL, "a");
	const struct weir__path *ab = weir__path_intern(paths, NULL, "ab");
	const struct weir__path *a_b = weir__path_intern(paths, a, "b");
	const struct weir__path *whole = weir__path_intern(paths, NULL, "a/b");

	cr_expect_neq(ab, a_b);
	cr_expect_neq(a_b, whole);
	cr_expect_str_eq(a_b->text, whole->text);
}

Test(path, may_have_an_empty_name)
{
	const struct weir__path *none = weir__path_intern(paths, NULL, "");

	cr_expect_str_eq(none->text, "");
	cr_expect_str_eq(weir__path_intern(paths, none, "x")->text, "/x");
}

Test(path, fails_without_memory_and_can_be_asked_again)
{
	char name[20000];
	int n;

	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	for (n = 1; n <= 2; n++) {
		fault_arm(&fault, n);
		cr_expect_null(weir__path_intern(paths, NULL, name));
	}
	fault_arm(&fault, 0);
	cr_expect_str_eq(weir__path_intern(paths, NULL, name)->text, name);
}

static const struct weir__path *seen[THREADS][NAMES];

static void *
intern_all(void *arg)
{
	const struct weir__path **mine = arg;
	char name[16];
	int i;

	for (i = 0; i < NAMES; i++) {
		snprintf(name, sizeof name, "n%d", i);
		mine[i] = weir__path_intern(paths, i % 7 ? mine[i - i % 7]
					    : NULL, name);
	}
	return NULL;
}

Test(path, is_the_same_for_many_threads)
{
	pthread_t threads[THREADS];
	int t, i;

	for (t = 0; t < THREADS; t++)
		cr_assert_eq(pthread_create(&threads[t], NULL, intern_all,
					    seen[t]), 0);
	for (t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	for (t = 1; t < THREADS; t++)
		for (i = 0; i < NAMES; i++)
			cr_assert_eq(seen[t][i], seen[0][i]);
}
