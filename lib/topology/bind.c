/* Threads into their pools and memory to its nodes, by the system's own calls:
 * hwloc's picture is gone by then. */
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "topology/picture.h"

enum {
	NODES_MAX = 1024,
	MASK_BITS = 8 * sizeof(unsigned long),
	PLACED_AT_ONCE = 256
};

void
weir__topology_bind_worker(const struct weir__topology *t, unsigned worker)
{
	const weir_pool_info *pool =
		&t->pools[weir__topology_pool_of_worker(t, worker)];
	size_t size = CPU_ALLOC_SIZE(t->n_cpus), i;
	cpu_set_t *set;

	if (!t->is_this_machine)
		return;
	set = CPU_ALLOC(t->n_cpus);
	if (!set)
		return;
	CPU_ZERO_S(size, set);
	for (i = 0; i < t->n_cpus; i++)
		if (t->home_of_cpu[i].node == (int)pool->numa_node &&
		    t->home_of_cpu[i].l3 == pool->l3)
			CPU_SET_S(i, size, set);
	/* Refused: the thread stays where it is, which is slower. */
	(void)sched_setaffinity(0, size, set);
	CPU_FREE(set);
}

/* -- memory --------------------------------------------------------------- */

/* How the calling thread's new pages are placed. */
struct policy {
	int mode;
	unsigned long mask[NODES_MAX / MASK_BITS];
};

static bool
get_policy(struct policy *policy)
{
	return syscall(SYS_get_mempolicy, &policy->mode, policy->mask,
		       (unsigned long)NODES_MAX, NULL, 0UL) == 0;
}

static void
set_policy(const struct policy *policy)
{
	/* it does not look at the last bit */
	syscall(SYS_set_mempolicy, policy->mode, policy->mask,
		(unsigned long)NODES_MAX + 1);
}

static void
prefer(unsigned node)
{
	struct policy policy = { .mode = MPOL_PREFERRED };

	policy.mask[node / MASK_BITS] = 1UL << node % MASK_BITS;
	set_policy(&policy);
}

/* Write what is there. Compilers make a load of an `or' with nothing. */
static void
touch(char *byte)
{
	char was = __atomic_load_n(byte, __ATOMIC_RELAXED);

	__atomic_compare_exchange_n(byte, &was, was, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

/* So many pages that have a node. Where there is none yet, one comes to be
 * there; what is elsewhere is moved. What is in them stays: a page may only
 * have been swapped out. */
static void
place(void **page, const int *node, unsigned long n)
{
	void *moved[PLACED_AT_ONCE];
	int is[PLACED_AT_ONCE], to[PLACED_AT_ONCE];
	unsigned long i, k = 0;
	int preferred = -1;

	if (syscall(SYS_move_pages, 0, n, page, NULL, is, 0) != 0)
		return;
	for (i = 0; i < n; i++) {
		if (is[i] >= 0 && is[i] != node[i]) {
			moved[k] = page[i];
			to[k++] = node[i];
		} else if (is[i] < 0) {
			if (node[i] != preferred)
				prefer((unsigned)(preferred = node[i]));
			touch(page[i]);
		}
	}
	if (k)
		syscall(SYS_move_pages, 0, k, moved, to, is, MPOL_MF_MOVE);
}

void
weir__topology_place_memory(const struct weir__topology *t, void *memory,
			    const uint16_t *node_of_page, size_t pages)
{
	struct policy before = { .mode = MPOL_DEFAULT };
	void *page[PLACED_AT_ONCE];
	int node[PLACED_AT_ONCE];
	unsigned long n = 0;
	size_t i;

	if (!t->is_this_machine || !get_policy(&before))
		return;
	for (i = 0; i < pages; i++) {
		if (node_of_page[i] < NODES_MAX) {
			page[n] = (char *)memory + i * WEIR__PAGE;
			node[n++] = node_of_page[i];
		}
		if (n == PLACED_AT_ONCE || (n && i + 1 == pages)) {
			place(page, node, n);
			n = 0;
		}
	}
	set_policy(&before);
}

/* The first page that begins at an address or behind it. */
static uintptr_t
page_from(uintptr_t address)
{
	return address + (-address & (WEIR__PAGE - 1));
}

void
weir__topology_place_parts(const struct weir__topology *t, void *memory,
			   size_t bytes, const struct weir__placed *parts,
			   size_t n)
{
	uintptr_t begin = (uintptr_t)memory, page, end, all;
	uint16_t node[PLACED_AT_ONCE];
	size_t i, k, pages;

	all = (begin + bytes) & ~(uintptr_t)(WEIR__PAGE - 1);
	for (i = 0; i < n; i++) {
		end = page_from(begin + parts[i].end);
		end = end < all ? end : all;
		for (k = 0; k < PLACED_AT_ONCE; k++)
			node[k] = parts[i].node;
		for (page = page_from(begin + parts[i].begin); page < end;
		     page += pages * WEIR__PAGE) {
			pages = (end - page) / WEIR__PAGE;
			if (pages > PLACED_AT_ONCE)
				pages = PLACED_AT_ONCE;
			weir__topology_place_memory(t, (void *)page, node,
						    pages);
		}
	}
}
