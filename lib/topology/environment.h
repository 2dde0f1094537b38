/* What the environment says about the number of threads. */
#ifndef WEIR_TOPOLOGY_ENVIRONMENT_H
#define WEIR_TOPOLOGY_ENVIRONMENT_H

#include <weir/status.h>

enum { WEIR__THREADS_MAX = 1024 };

/*
 * WEIR_NUM_THREADS, else the first number of OMP_NUM_THREADS, else 0. A bad
 * WEIR_NUM_THREADS is WEIR_EINVAL with a sentence; a bad OMP_NUM_THREADS is
 * not there, as for the OpenMP runtimes themselves.
 */
weir_status
weir__environment_threads(unsigned *threads);

#endif
