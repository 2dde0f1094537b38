/* Random programs with calls, branches and loops. */
#ifndef STRESS_RANDOM_CONTROL_H
#define STRESS_RANDOM_CONTROL_H

#include "stress/random_program.h"

/* For program.control. */
void
random_control(struct walk *walk);

/* What it has left in an instance. */
void
random_control_free(struct instance *instance);

#endif
