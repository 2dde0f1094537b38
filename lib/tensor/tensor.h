/*
 * Tensors: spec, strides, storage; three kinds (value, symbol, variable).
 *
 * Values are immutable once ops can see them: an op's result is written once,
 * before anyone else has it. A variable's value is replaced, never changed.
 */
#ifndef WEIR_TENSOR_TENSOR_H
#define WEIR_TENSOR_TENSOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <weir/graph.h>
#include <weir/op.h>
#include <weir/tensor.h>
#include "base/alloc.h"
#include "base/error.h"
#include "base/path.h"

/* -- dtype.c, shape.c ------------------------------------------------------ */

bool weir__dtype_is_valid(weir_dtype dtype);

/* Rank, dtype and lengths within bounds, and fewer than 2^62 bytes; else
 * a sentence and WEIR_EINVAL. */
weir_status
weir__spec_init(weir_spec *spec, weir_dtype dtype, size_t rank,
		const int64_t *shape);

int64_t weir__spec_elements(const weir_spec *spec);
int64_t weir__spec_bytes(const weir_spec *spec);
bool weir__spec_equal(const weir_spec *a, const weir_spec *b);
bool weir__spec_same_shape(const weir_spec *a, const weir_spec *b);

/* Row-major strides in bytes. */
void weir__contiguous_strides(const weir_spec *spec, int64_t *strides);
bool weir__is_contiguous(const weir_spec *spec, const int64_t *strides);

/* How many bytes elements span through strides, and how many of them are
 * before the first element; or why they cannot. */
weir_status
weir__strides_span(const weir_spec *spec, const int64_t *strides,
		   int64_t *before, int64_t *bytes);

/* The same order of axes, directions and repetitions, without gaps. Packed
 * strides stay as they are. */
void
weir__pack_strides(const weir_spec *spec, const int64_t *strides,
		   int64_t *packed);

/* "f32[32,20]"; the length it has, as snprintf. */
size_t weir__spec_text(const weir_spec *spec, char *text, size_t size);

/* The shape both broadcast to (dtype of a); false where they do not. */
bool
weir__broadcast(const weir_spec *a, const weir_spec *b, weir_spec *out);

/* Strides of an operand read at the shape of out: 0 on broadcast axes. */
void
weir__broadcast_strides(const weir_spec *spec, const int64_t *strides,
			const weir_spec *out, int64_t *out_strides);

/* -- copy.c ---------------------------------------------------------------- */

/* Copy elements between two views of equal spec, any strides; the views do
 * not overlap. */
void
weir__copy_view(const weir_view *from, const weir_view *to);

/* -- storage.c: counted, 64-byte aligned buffers with a cache -------------- */

enum { WEIR__WRAPPED = 0xffff };

struct weir__storage {
	atomic_uint refs;
	unsigned size_class;		/* WEIR__WRAPPED for wrapped memory */
	struct weir__heap *heap;	/* lives as long as its storages */
	void *data;
	void *memory;			/* to be freed for the struct */
	size_t bytes;			/* of data; counted as in use unless
					   wrapped: that is the application's */
	size_t room;			/* for data; unless wrapped */
	union {
		struct {		/* wrapped memory only */
			weir_release_fn release;
			void *release_arg;
		};
		struct {		/* other only */
			struct weir__storage *next;	/* in the cache */
			/* Which parts of it are in which NUMA nodes: a number
			 * of weir__heap_layouts(), 0: wherever they came to
			 * be. */
			uint64_t layout;
		};
	};
};

/* Keep at most limit bytes of released buffers; 0 keeps none. */
weir_status
weir__storage_cache_create(struct weir__heap *heap, size_t limit);

/* Free all cached buffers (runtime release, weir_runtime_trim()). */
void weir__storage_cache_trim(struct weir__heap *heap);
/* The same, and no more caching from now on; the last tensor or buffer in use
 * frees the cache itself, and gives back its reference to the heap. */
void weir__storage_cache_close(struct weir__heap *heap);

weir_memory_info weir__storage_info(const struct weir__heap *heap);
void weir__storage_reset_peak(struct weir__heap *heap);

/* Uninitialised; NULL (and the error text) without memory. */
struct weir__storage *
weir__storage_new(struct weir__heap *heap, size_t bytes);

/* Whether the allocator has it; else the error text is as of that. */
bool
weir__storage_can_be_had(struct weir__heap *heap, size_t bytes);

/* release(data, arg) is called once, with the last reference. */
struct weir__storage *
weir__storage_wrap(struct weir__heap *heap, void *data, size_t bytes,
		   weir_release_fn release, void *arg);

struct weir__storage *weir__storage_retain(struct weir__storage *storage);
void weir__storage_release(struct weir__storage *storage);

/* -- tensor.c -------------------------------------------------------------- */

enum weir__tensor_kind {
	WEIR__VALUE,
	WEIR__SYMBOL,
	WEIR__VARIABLE,
	WEIR__RELEASED		/* in the cache: nobody may have it */
};

/* How elements lie. Equal layouts are one struct as far as the heap keeps
 * them, and can be compared by address: see layouts.h. */
struct weir__layout {
	size_t bytes;			/* of the elements, without gaps */
	bool is_shared;			/* one of those that the heap keeps */
	weir_spec spec;
	int64_t strides[WEIR_RANK_MAX];	/* bytes */
};

/* Where a tensor came from, for error texts: the same in both modes. */
struct weir__origin {
	const struct weir__path *path;	/* the scope's; NULL: no op made it */
	const char *op;			/* its name: "path/op" made it */
	const char *site;
};

/* Told of a symbol, by its number, that nobody has any more. */
typedef void (*weir__symbol_gone_fn)(struct weir_graph *graph, uint32_t value);

/* What symbols know of their graph, which may be gone before them. */
struct weir__recording {
	atomic_uint refs;
	struct weir__heap *heap;
	_Atomic(struct weir_graph *) graph;	/* NULL once it is gone */
	/* NULL once it is closed */
	_Atomic(weir__symbol_gone_fn) gone;
};

/* From the beginning of a cache line on; what every op touches comes first. */
struct weir_tensor {
	atomic_uint refs;
	enum weir__tensor_kind kind;
	struct weir__heap *heap;	/* lives as long as its tensors; names
					   the runtime */
	const struct weir__layout *layout;	/* shared, or its own */
	/* The frame of a scope that has a reference, or NULL; only compared,
	 * never followed: who lives no longer than it needs no other. */
	_Atomic(const void *) frame;
	char *name;			/* owned, may be NULL */
	union {
		struct {		/* WEIR__VALUE */
			void *data;
			struct weir__storage *storage;
			/* Whose op made it: the number of an eager scope, or
			 * of nobody in particular; nobody may write to it
			 * then. Else 0. */
			uint64_t maker;
			/* made by an op out of another's elements */
			bool is_view;
			/* of the eager op, for traces */
			uint64_t run, ordinal;
		};
		struct {		/* WEIR__SYMBOL */
			struct weir__recording *recording;
			uint32_t value;		/* its number there */
		};
		struct {		/* WEIR__VARIABLE; the cache's lock of
					   variables guards all of it */
			weir_tensor *current;	/* a value */
			/* A call that writes it is under way, and is eager. */
			bool is_taken, is_taken_eagerly;
			bool is_generator;	/* for good */
			/* Of current: references that it does not count. */
			uint32_t loans;
			uint64_t swaps;		/* of current, so far */
			pthread_t taker;	/* where it is eager */
			void *writer;	/* else what the run says that it is */
		};
		weir_tensor *next_free;		/* while nobody has it */
	};
	struct weir__origin origin;
	void *memory;			/* to be freed for the struct */
	struct weir__layout own;	/* where layout says so */
};

/* Who has made results of no eager scope; numbers of scopes are larger. */
enum { WEIR__MADE = 1 };

/* Whether a value is the result of an op, which nobody may write to. */
static inline bool
weir__is_result(const weir_tensor *value)
{
	return value->maker != 0;
}

/* Whether its layout is one of those that the heap keeps. */
static inline bool
weir__has_shared_layout(const weir_tensor *tensor)
{
	return tensor->layout != &tensor->own;
}

/* weir_tensor_retain() and weir_tensor_release() are in tensor.c. */

/* A new value with uninitialised, contiguous elements. */
weir_status
weir__value_new(struct weir__heap *heap, const weir_spec *spec,
		weir_tensor **tensor);

/* The same, of this layout, which is contiguous; it is copied unless it is
 * shared. The result of the maker's op, which a frame of a scope will have. */
weir_status
weir__result_new(struct weir__heap *heap, const struct weir__layout *layout,
		 const struct weir__origin *origin, uint64_t maker,
		 const void *frame, weir_tensor **tensor);

/* Into the processor's caches what the next new value takes. */
void
weir__cache_fetch(const struct weir__heap *heap);

/* Say who made a tensor, and which frame of a scope will have it. */
static inline void
weir__tensor_made(weir_tensor *tensor, const struct weir__origin *origin,
		  const void *frame)
{
	tensor->origin = *origin;
	atomic_store_explicit(&tensor->frame, frame, memory_order_relaxed);
}

/* A new value over storage (a reference is taken over on success). */
weir_status
weir__value_over(struct weir__heap *heap, const weir_spec *spec,
		 const int64_t *strides, struct weir__storage *storage,
		 void *data, weir_tensor **tensor);

weir_status
weir__value_laid_over(struct weir__heap *heap,
		      const struct weir__layout *layout,
		      struct weir__storage *storage, void *data,
		      weir_tensor **tensor);

/* A new value over the same elements; who made it is not said. */
weir_status
weir__value_alias(struct weir__heap *heap, const weir_tensor *value,
		  weir_tensor **alias);

/* A new value with the same elements, contiguous; of another heap if wanted. */
weir_status
weir__value_copy(struct weir__heap *heap, const weir_tensor *value,
		 weir_tensor **copy);

/* A reference to the recording is taken. */
weir_status
weir__symbol_new(struct weir__heap *heap, const weir_spec *spec,
		 const int64_t *strides, struct weir__recording *recording,
		 uint32_t value, weir_tensor **tensor);

/* Release n tensors, or NULLs, of a list, which has none then. */
static inline void
weir__tensors_clear(weir_tensor **tensors, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		weir_tensor_release(tensors[i]);
		tensors[i] = NULL;
	}
}

/* weir_tensor_release() of what a frame has, which ends: the cache is locked
 * once for many. */
void
weir__frame_release(weir_tensor *const *tensors, size_t n);

static inline void
weir__view_into(const weir_tensor *value, weir_view *view)
{
	view->data = value->data;
	view->spec = &value->layout->spec;
	view->strides = value->layout->strides;
}

/* A value (or a variable's current value) as a view; not for symbols. */
weir_view
weir__view_of(const weir_tensor *tensor);

/* Whether the caller's reference to a value is the only one, and the value's
 * to its storage too: then nobody else can see a write to it. */
bool
weir__value_is_sole(const weir_tensor *value);

weir_status
weir__recording_new(struct weir__heap *heap, struct weir_graph *graph,
		    struct weir__recording **recording);

void
weir__recording_release(struct weir__recording *recording);

/* -- variable.c ------------------------------------------------------------ */

/* name is copied, may be NULL; value is taken over on success. */
weir_status
weir__variable_new(struct weir__heap *heap, const char *name,
		   weir_tensor *value, bool is_generator,
		   weir_tensor **variable);

/* A snapshot of a variable's current value: a new reference. */
weir_tensor *
weir__variable_snapshot(weir_tensor *variable);

/* Replace the current value (a reference to value is taken over) and return
 * the old one, whose reference becomes the caller's. */
weir_tensor *
weir__variable_swap(weir_tensor *variable, weir_tensor *value);

/* n snapshots at one moment: no commit falls between them. */
void
weir__variables_snapshot(weir_tensor *const *variables, size_t n,
			 weir_tensor **out);

/* n swaps at one moment; afterwards values holds the old ones. All variables
 * belong to one heap. */
void
weir__variables_commit(weir_tensor *const *variables, size_t n,
		       weir_tensor **values);

/*
 * A value that a variable has lent. It is as good as a reference until it is
 * given back, but costs nothing that other threads would have to agree on:
 * the variable knows how many it has lent of the value that it has, and leaves
 * as many references behind should it get another one meanwhile.
 */
struct weir__loan {
	weir_tensor *value;
	uint64_t swaps;			/* the variable's by then */
};

/* What a run has to do with variables, all of one heap. */
struct weir__access {
	weir_tensor *const *written;	/* these are also among the others */
	size_t n_written;
	weir_tensor *const *variables;
	size_t n;
	struct weir__loan *loans;	/* n: what they are in the run */
};

/*
 * A run begins: wait until no other run writes one of the variables that this
 * one writes, take them all, and borrow the values of all variables, at one
 * moment.
 *
 * Returns NULL; or the variable that an eager call around this one, on this
 * thread, has taken: to wait for it would never end, and nothing is taken.
 */
weir_tensor *
weir__variables_begin(const struct weir__access *access, void *writer);

/* To begin without waiting, for who does something meanwhile. */
struct weir__attempt {
	void *writer;			/* who this is, for others; or NULL */
	/* Called with the writer of a variable that cannot be taken, under the
	 * lock that it needs to end; or NULL. */
	void (*meet)(struct weir__attempt *attempt, void *writer);
	weir_tensor *ours;		/* as weir__variables_begin() returns */
	uint64_t endings;		/* of other runs, by then */
};

/* Whether it has begun. */
bool
weir__variables_try(const struct weir__access *access,
		    struct weir__attempt *attempt);

/* Wait until a run has ended since then. */
void
weir__variables_await(struct weir__heap *heap,
		      const struct weir__attempt *attempt);

/*
 * An eager call touches a variable for the first time: as a run that writes
 * it begins, but it does not wait for the eager calls around it, of which
 * there is one at a time. Whether it is this call that has taken it, and that
 * must end it.
 */
bool
weir__variable_take_eagerly(weir_tensor *variable, weir_tensor **snapshot);

/* It ends: all is given back, what is written gets these values, unless NULL,
 * as by weir__variables_commit(), and others may write again. */
void
weir__variables_end(const struct weir__access *access, weir_tensor **values);

/* One that has borrowed something and taken nothing ends, and variables of its
 * heap get new values, as by weir__variables_commit(). */
void
weir__variables_end_and_commit(const struct weir__access *access,
			       weir_tensor *const *variables, size_t n,
			       weir_tensor **values);

#endif
