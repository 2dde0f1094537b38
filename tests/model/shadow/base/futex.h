/* In place of lib/base/futex.h: the model checker sees who sleeps. */
#ifndef WEIR_BASE_FUTEX_H
#define WEIR_BASE_FUTEX_H

#include "model/model.h"

#define weir__futex_wait(p, value) \
	model_futex_wait((p), (value), MODEL_HERE("wait"))
#define weir__futex_wake(p, most) \
	model_futex_wake((p), (most), MODEL_HERE("wake"))

#endif
