/*
 * The runtime: which processors, which pools, whose memory.
 *
 * Explicit and without globals: several may coexist. No thread is started
 * before the first run that needs one.
 */
#ifndef WEIR_RUNTIME_H
#define WEIR_RUNTIME_H

#include <weir/export.h>
#include <weir/status.h>

WEIR_BEGIN_DECLS

typedef struct weir_runtime weir_runtime;

/** Where all of the library's heap memory comes from. */
typedef struct weir_allocator {
	/* Returns size bytes aligned for any scalar, or NULL. */
	void *(*allocate)(size_t size, void *arg);
	void (*release)(void *memory, void *arg);
	void *arg;
} weir_allocator;

/**
 * Whose threads run plans and schedules.
 *
 * *Borrowed*: the OpenMP team of the thread that calls, as a parallel region
 * of its own would have. Nothing runs while nobody calls, but how its threads
 * wait afterwards is OpenMP's affair (OMP_WAIT_POLICY); where they come late,
 * the calling thread works alone for a while. *Resident*: a team
 * that the runtime keeps, made by the first run, asleep between runs, shared
 * by all threads that call; the calling thread waits. With several pools its
 * workers are bound to theirs.
 */
typedef enum weir_team {
	WEIR_TEAM_DEFAULT = 0,	/* what WEIR_TEAM says, borrowed or resident;
				   else resident with several pools */
	WEIR_TEAM_BORROWED,
	WEIR_TEAM_RESIDENT
} weir_team;

/**
 * Of which processors a pool consists. Workers are bound to their pools, where
 * they are bound, and what workers of one pool hand to each other is cheaper
 * than what goes to another.
 */
typedef enum weir_pools {
	WEIR_POOLS_DEFAULT = 0,	/* what WEIR_POOLS says, numa or l3; else
				   those of NUMA nodes */
	WEIR_POOLS_NUMA,	/* those of a NUMA node */
	WEIR_POOLS_L3		/* those of a NUMA node that share an L3 cache;
				   where none is known, those of the node */
} weir_pools;

/** Whether memory of 2 MiB or more for runs of plans is in pages of 2 MiB, as
 * far as the system has them and gives them to those who ask
 * (/sys/kernel/mm/transparent_hugepage/enabled); if not, nothing differs. */
typedef enum weir_huge_pages {
	WEIR_HUGE_PAGES_DEFAULT = 0,	/* what WEIR_HUGE_PAGES says, on or
					   off; else off */
	WEIR_HUGE_PAGES_OFF,
	WEIR_HUGE_PAGES_ON
} weir_huge_pages;

/** Set .size = sizeof(weir_runtime_options); leave the rest 0 for defaults. */
typedef struct weir_runtime_options {
	size_t size;
	/*
	 * Workers in all, at most 1024. 0: WEIR_NUM_THREADS, else
	 * OMP_NUM_THREADS, else the processors this process may use (affinity
	 * mask and cgroup quota). The OpenMP runtime makes its threads in the
	 * first run that wants them, after a trial that so many can be had;
	 * with fewer there are fewer workers. (Where the system refuses one
	 * in the moment between, libgomp prints a line and ends the process.)
	 */
	unsigned threads;
	/* hwloc synthetic description or XML file in place of this machine:
	 * plans are made for it, nothing is bound. */
	const char *synthetic_topology;
	const char *topology_file;
	/* NULL: malloc and free. Must be callable from any thread. */
	const weir_allocator *allocator;
	/* Bytes of released buffers kept for reuse; 0: 256 MiB. What does not
	 * fit is given back to the system, which has to clear pages for the
	 * next: eager steps whose results are more together take twice as
	 * long for that. */
	size_t cache_bytes;
	/* Write a trace here when the runtime is released or the process
	 * exits. NULL: what WEIR_TRACE says, if anything. */
	const char *trace_file;
	/* Whose threads run plans. */
	weir_team team;
	/* For debugging: passes of the graph compiler to leave out, a list of
	 * algebra, cse, fold, dce, hoist, fuse and recompute with commas
	 * between. They change no bit of any result. NULL: what
	 * WEIR_SKIP_PASSES says, if anything. */
	const char *skip_passes;
	/* For debugging: "passes" writes files with each graph that is compiled
	 * as it was recorded and after each pass, and with its plan, as text
	 * and in DOT, into folders of their own in weir-dump of the working
	 * directory; "passes:FOLDER" into those in FOLDER, whose parent must be
	 * there. A file that cannot be written fails the compilation
	 * (WEIR_EIO). NULL: what WEIR_DUMP says, if anything. */
	const char *dump;
	/* Of which processors a pool consists. */
	weir_pools pools;
	/*
	 * How far pools are from each other, for the planning of who does what
	 * (no bit of any result depends on it): what it takes to get a cache
	 * line from one to another, a row for each pool, as in
	 * "60 110; 110 60". They are whole numbers in any unit, and only count
	 * against each other; within a pool 0 is unknown. With "ns" behind them
	 * they are nanoseconds, and say what handing over within a pool takes,
	 * too (else taken as 400 ns). "measure": in nanoseconds, measured by
	 * this call, in less than a millisecond a pair; as they may be others
	 * each time, so may plans, unless those that weir_runtime_describe()
	 * shows are given. NULL: what
	 * WEIR_DISTANCES says, else 10 for an L3 cache, 15 for another one of
	 * the same node, and for another node what the firmware says, else 20.
	 */
	const char *distances;
	/* Whether large arenas ask for huge pages. */
	weir_huge_pages huge_pages;
} weir_runtime_options;

/** Memory of one runtime, in bytes. */
typedef struct weir_memory_info {
	size_t in_use;		/* buffers that somebody holds */
	size_t peak;		/* the most that in_use has been */
	size_t cached;		/* released buffers kept for reuse */
	uint64_t allocations;	/* calls to the allocator so far */
} weir_memory_info;

/** One OpenMP worker pool: the workers of one NUMA node, or of one L3 cache in
 * it. */
typedef struct weir_pool_info {
	unsigned numa_node;	/* the system's number of the node */
	unsigned workers;
	unsigned processors;	/* usable ones in the pool */
	uint64_t memory_bytes;	/* local to the node, 0 where unknown */
	int l3;			/* hwloc's logical number of the L3 cache that
				   they share; -1: the pool is a whole node */
} weir_pool_info;

/** So many bytes of memory, which are in a NUMA node. */
typedef struct weir_memory_place {
	const void *memory;
	size_t bytes;
	unsigned numa_node;	/* the system's number */
} weir_memory_place;

/**
 * Ask the system where memory is, page by page: for the places that plans and
 * schedules can be told.
 *
 * @param places  room for so many of the first, ascending and each as large as
 *                can be; may be NULL if room is 0
 * @param n       how many there are, which may be more than there was room
 *                for. Pages that nobody has touched are nowhere yet, and so in
 *                none; nor is anything where the system does not say
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_ENULL, WEIR_EINVAL (bytes beyond the last
 *         address)
 *
 * Threads: any. Cost: that of move_pages(2), about 0.1 microseconds a page.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_memory_find(const weir_runtime *runtime, const void *memory, size_t bytes,
		 weir_memory_place *places, size_t room, size_t *n);

/**
 * Look at the machine and make a runtime.
 *
 * @param options  borrows; NULL for defaults
 * @param runtime  on success a new reference: weir_runtime_release() it
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (bad topology or environment)
 *
 * Threads: any. Cost: milliseconds (hwloc reads the machine).
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_runtime_create(const weir_runtime_options *options,
		    weir_runtime **runtime);

/**
 * Release the runtime; NULL is fine. Its trace file, if any, is written.
 * Tensors may outlive it; scopes, graphs, plans and functions may not.
 */
WEIR_API void
weir_runtime_release(weir_runtime *runtime);

/**
 * Whether this process was forked off the one that made the runtime and has
 * not revived it. Until then the calling thread alone runs everything: a
 * child has none of its parent's threads. Fork while no run is under way.
 */
WEIR_API bool
weir_runtime_is_forked(const weir_runtime *runtime);

/**
 * In a forked child: threads of its own from now on, a resident team. Does
 * nothing elsewhere. Plans and schedules made before are good.
 *
 * Threads: none but the caller may use the runtime meanwhile.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_runtime_revive(weir_runtime *runtime);

/** Workers in all pools together, at least 1; 1 in a forked child. */
WEIR_API unsigned
weir_runtime_threads(const weir_runtime *runtime);

/** Number of pools, and what the i-th of them is. */
WEIR_API size_t
weir_runtime_pools(const weir_runtime *runtime);

WEIR_API weir_pool_info
weir_runtime_pool(const weir_runtime *runtime, size_t i);

/** Whether the topology is that of this machine (and so can be bound). */
WEIR_API bool
weir_runtime_is_this_machine(const weir_runtime *runtime);

/** Memory in use now. Threads: any. */
WEIR_API weir_memory_info
weir_runtime_memory(const weir_runtime *runtime);

/** Let the peak start again from what is in use now. Threads: any. */
WEIR_API void
weir_runtime_reset_peak(weir_runtime *runtime);

/** Give cached buffers back to the system. Threads: any. */
WEIR_API void
weir_runtime_trim(weir_runtime *runtime);

/**
 * What this runtime is, as text for people or as one JSON object: version,
 * build, BLAS, OpenMP, topology, pools.
 *
 * @param text  on success a new string: weir_text_release() it
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_runtime_describe(const weir_runtime *runtime, bool as_json, char **text);

/** Release a string that the library returned; NULL is fine. */
WEIR_API void
weir_text_release(char *text);

WEIR_END_DECLS

#endif /* WEIR_RUNTIME_H */
