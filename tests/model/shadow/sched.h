/* The system's, but that who gives the processor away waits. */
#include_next <sched.h>

#ifndef TESTS_SHADOW_SCHED_H
#define TESTS_SHADOW_SCHED_H

#include "model/model.h"

#define sched_yield()	model_pause()

#endif
