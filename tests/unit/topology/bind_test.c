/* Memory to nodes. */
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit/topology/machines.h"

enum { PAGES = 600 };		/* more than are placed at once */

TestSuite(bind, .init = begin, .fini = end);

/* Pages that are there, all on this node; of the odd ones none. */
static size_t
count_there(char *memory, int node)
{
	size_t i, n = 0;

	for (i = 0; i < PAGES; i++) {
		void *page = memory + i * WEIR__PAGE;
		int is = -1;

		cr_assert_eq(syscall(SYS_move_pages, 0, 1UL, &page, NULL, &is,
				     0), 0);
		n += is == node;
		if (i % 2)
			cr_expect_lt(is, 0, "page %zu", i);
	}
	return n;
}

/* Fresh memory of which every other page is to be on the node of worker 0;
 * how many pages are there after the call. */
static size_t
place(const char *synthetic)
{
	struct weir__topology *t = load(synthetic, NULL, 0);
	int node = (int)weir__topology_pool(t, 0).numa_node, mode = -1;
	uint16_t node_of_page[PAGES];
	size_t i, n;
	char *memory = mmap(NULL, PAGES * WEIR__PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(memory, MAP_FAILED);
	madvise(memory, PAGES * WEIR__PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		node_of_page[i] = i % 2 ? WEIR__NO_NODE : (uint16_t)node;
	weir__topology_place_memory(t, memory, node_of_page, PAGES);
	n = count_there(memory, node);
	cr_expect_eq(syscall(SYS_get_mempolicy, &mode, NULL, 0UL, NULL, 0UL),
		     0);
	cr_expect_eq(mode, MPOL_DEFAULT);
	munmap(memory, PAGES * WEIR__PAGE);
	weir__topology_release(t);
	return n;
}

Test(bind, makes_memory_where_it_is_wanted)
{
	int mode;

	if (sysconf(_SC_PAGESIZE) != WEIR__PAGE ||
	    syscall(SYS_get_mempolicy, &mode, NULL, 0UL, NULL, 0UL))
		cr_skip_test("no policies, or other pages");
	cr_expect_eq(place(NULL), PAGES / 2);
}

Test(bind, leaves_memory_alone_on_another_machine)
{
	int mode;

	if (syscall(SYS_get_mempolicy, &mode, NULL, 0UL, NULL, 0UL))
		cr_skip_test("no policies");
	cr_expect_eq(place("numa:2 core:1 pu:1"), 0);
}

/* -- parts ------------------------------------------------------------------ */

static bool
is_there(void *page)
{
	int is = -1;

	cr_assert_eq(syscall(SYS_move_pages, 0, 1UL, &page, NULL, &is, 0), 0);
	return is >= 0;
}

/* Memory that does not begin or end with a page, of which some has been used:
 * so many pages are there after its parts have been placed. */
static size_t
place_parts(const char *synthetic, bool is_whole)
{
	struct weir__topology *t = load(synthetic, NULL, 0);
	uint16_t node = (uint16_t)weir__topology_pool(t, 0).numa_node;
	char *memory = mmap(NULL, PAGES * WEIR__PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t bytes = (PAGES - 1) * WEIR__PAGE, middle = 300 * WEIR__PAGE + 7;
	const struct weir__placed parts[] = {
		{ 0, middle, node },
		{ is_whole ? middle : middle + 2 * WEIR__PAGE, bytes, node },
	};
	size_t i, n = 0;

	cr_assert_neq(memory, MAP_FAILED);
	madvise(memory, PAGES * WEIR__PAGE, MADV_NOHUGEPAGE);
	for (i = 1; i < 10; i++)
		memory[i * WEIR__PAGE] = (char)i;
	weir__topology_place_parts(t, memory + 100, bytes, parts, 2);
	for (i = 1; i < 10; i++)
		cr_expect_eq(memory[i * WEIR__PAGE], (char)i);
	for (i = 0; i < PAGES; i++)
		n += is_there(memory + i * WEIR__PAGE);
	cr_expect(!is_there(memory), "begins before");
	cr_expect(!is_there(memory + (PAGES - 1) * WEIR__PAGE), "ends behind");
	munmap(memory, PAGES * WEIR__PAGE);
	weir__topology_release(t);
	return n;
}

Test(bind, makes_whole_pages_of_parts_where_they_are_wanted)
{
	int mode;

	if (sysconf(_SC_PAGESIZE) != WEIR__PAGE ||
	    syscall(SYS_get_mempolicy, &mode, NULL, 0UL, NULL, 0UL))
		cr_skip_test("no policies, or other pages");
	cr_expect_eq(place_parts(NULL, true), PAGES - 2);
	cr_expect_eq(place_parts(NULL, false), PAGES - 4);
	cr_expect_eq(place_parts("numa:2 core:1 pu:1", true), 9);
}
