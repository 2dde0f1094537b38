/* A plan for a machine, as text. */
#ifndef PLAN_H
#define PLAN_H

#include <weir.h>

/** Print how a training step of so many rows and hidden units, as
 * "ROWSxHIDDEN", would be planned for the machine of these options. NULL:
 * 800x1024. Its operands are in these NUMA nodes, "0 1", each in as many equal
 * parts; NULL: nothing is known of them. */
void
print_plan(const weir_runtime_options *options, const char *size,
	   const char *nodes);

#endif /* PLAN_H */
