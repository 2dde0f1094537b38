/*
 * Layouts: dtype, shape and strides. Equal ones share one struct, so that two
 * can be compared, and hashed, by address.
 *
 * A heap keeps those that it has met, up to a number: a program with ever new
 * shapes must not fill the memory with old ones.
 */
#ifndef WEIR_TENSOR_LAYOUTS_H
#define WEIR_TENSOR_LAYOUTS_H

#include "base/arena.h"
#include "tensor/tensor.h"

struct weir__layouts;

/* strides NULL: contiguous. */
void
weir__layout_init(struct weir__layout *layout, const weir_spec *spec,
		  const int64_t *strides);

/*
 * The shared layout that equals this one, made if need be. NULL where the
 * heap keeps as many as it may, or has no memory.
 *
 * Threads: any. It lives as long as the heap has tensors.
 */
const struct weir__layout *
weir__layout_share(struct weir__heap *heap, const struct weir__layout *layout);

/* The contiguous layout of a spec: shared, or where there is none made in the
 * arena. NULL without memory. */
const struct weir__layout *
weir__layout_of(struct weir__heap *heap, struct weir__arena *arena,
		const weir_spec *spec);

/* What storage.c makes and frees with its cache; NULL is fine to free. */
struct weir__layouts *
weir__layouts_new(struct weir__heap *heap);

void
weir__layouts_free(struct weir__layouts *layouts, struct weir__heap *heap);

#endif
