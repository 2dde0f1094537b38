/* Runtimes for machines with several NUMA nodes. */
#ifndef SUPPORT_MACHINE_H
#define SUPPORT_MACHINE_H

#include "support/weir_test.h"

/* Workers 0 and 1 are of node 0, 2 and 3 of node 1. */
static const char *const machine __attribute__((unused)) =
	"numa:2 core:2 pu:1";

/* For the machine of a synthetic description; NULL: 4 workers on this one. */
static inline weir_runtime *
must_machine(const char *text)
{
	weir_runtime_options options = { .size = sizeof options,
					 .synthetic_topology = text,
					 .threads = text ? 0 : 4 };
	weir_runtime *rt = NULL;

	must(weir_runtime_create(&options, &rt));
	return rt;
}

#endif
