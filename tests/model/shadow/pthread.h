/* The system's, but that the model checker sees mutexes and conditions. */
#include_next <pthread.h>

#ifndef TESTS_SHADOW_PTHREAD_H
#define TESTS_SHADOW_PTHREAD_H

#include "model/model.h"

#define pthread_mutex_lock(m)		model_lock((m), MODEL_HERE(#m))
#define pthread_mutex_unlock(m)		model_unlock((m), MODEL_HERE(#m))
#define pthread_cond_wait(c, m)		model_sleep((c), (m), MODEL_HERE(#c))
#define pthread_cond_signal(c)		model_wake((c), false, MODEL_HERE(#c))
#define pthread_cond_broadcast(c)	model_wake((c), true, MODEL_HERE(#c))
#define pthread_self()			((pthread_t)model_self())

#endif
