/* What the environment says about workers and pools. */
#ifndef WEIR_TOPOLOGY_ENVIRONMENT_H
#define WEIR_TOPOLOGY_ENVIRONMENT_H

#include <weir/runtime.h>

enum { WEIR__THREADS_MAX = 1024 };

/*
 * WEIR_NUM_THREADS, else the first number of OMP_NUM_THREADS, else 0. A bad
 * WEIR_NUM_THREADS is WEIR_EINVAL with a sentence; a bad OMP_NUM_THREADS is
 * not there, as for the OpenMP runtimes themselves.
 */
weir_status
weir__environment_threads(unsigned *threads);

/* What of the default: WEIR_POOLS, else by NUMA nodes. A bad one is WEIR_EINVAL
 * with a sentence. */
weir_status
weir__environment_pools(weir_pools *pools);

/* The same of WEIR_HUGE_PAGES, else off. */
weir_status
weir__environment_huge_pages(weir_huge_pages *huge_pages);

#endif
