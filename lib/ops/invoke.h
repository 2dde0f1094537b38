/* Run kernels; eager and exec both come here. */
#ifndef WEIR_OPS_INVOKE_H
#define WEIR_OPS_INVOKE_H

#include <weir/op.h>
#include "base/alloc.h"

/* The number of tiles, at least 0. */
int64_t
weir__tiles(const weir_call *call);

size_t
weir__scratch_bytes(const weir_call *call);

/*
 * Tiles begin..end of a call. A user's status other than WEIR_OK becomes
 * WEIR_EOP unless it is a weir_status; the error text is never left empty.
 * The caller has entered weir__fpenv.
 */
weir_status
weir__invoke_tiles(const weir_kernel *kernel, int64_t begin, int64_t end);

weir_status
weir__invoke_finish(const weir_kernel *kernel);

/*
 * All tiles, of which there are so many, with so much scratch of the call's
 * own: what eager and constant folding do. kernel->scratch is set for the
 * call.
 */
weir_status
weir__invoke_whole(struct weir__heap *heap, weir_kernel *kernel, int64_t tiles,
		   size_t scratch);

#endif
