/* In place of lib/base/pause.h: the model checker sees that a loop waits. */
#ifndef WEIR_BASE_PAUSE_H
#define WEIR_BASE_PAUSE_H

#include "model/model.h"

enum { WEIR__LONG_PAUSES = 1000, WEIR__VERY_LONG_PAUSES = 4000 };

#define weir__pause()	model_pause()
#define weir__relax(spins, most) ((void)(spins), (void)(most), model_pause())
#define weir__is_long(pauses) ((void)(pauses), model_is_long(__func__))
#define weir__is_very_long(pauses) ((void)(pauses), true)

#endif
