/* In place of lib/base/pause.h: the model checker sees that a loop waits. */
#ifndef WEIR_BASE_PAUSE_H
#define WEIR_BASE_PAUSE_H

#include "model/model.h"

#define weir__pause()	model_pause()

#endif
