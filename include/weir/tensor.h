/*
 * Tensors: a dtype, a shape, strides and storage.
 *
 * Three kinds share the type. A *value* has its elements now. A *symbol*
 * stands for a value of a graph that is being recorded. A *variable* holds a
 * value that ops may replace; used as an operand it is a snapshot of that
 * value.
 */
#ifndef WEIR_TENSOR_H
#define WEIR_TENSOR_H

#include <weir/export.h>
#include <weir/runtime.h>
#include <weir/status.h>

WEIR_BEGIN_DECLS

typedef struct weir_tensor weir_tensor;

typedef enum weir_dtype {
	WEIR_F32 = 1,	/* IEEE binary32 */
	WEIR_F64 = 2,	/* IEEE binary64 */
	WEIR_I64 = 3,	/* two's complement, wraps */
	WEIR_BOOL = 4	/* one byte, 0 or 1 */
} weir_dtype;

/** Tensors have 0 to WEIR_RANK_MAX axes. */
#define WEIR_RANK_MAX 8

/** What is known of a tensor without its elements. */
typedef struct weir_spec {
	weir_dtype dtype;
	int rank;
	int64_t shape[WEIR_RANK_MAX];	/* entries from rank on are 0 */
} weir_spec;

/** Called once when wrapped memory is no longer needed. */
typedef void (*weir_release_fn)(void *data, void *arg);

WEIR_API size_t weir_dtype_size(weir_dtype dtype);	/* bytes, 0 if none */
WEIR_API const char *weir_dtype_name(weir_dtype dtype);	/* "f32"; never NULL */

/* -- making and releasing ------------------------------------------------ */

/**
 * A new value with all elements 0, contiguous in row-major order.
 *
 * @param shape   rank entries, each >= 0
 * @param tensor  on success a new reference: weir_tensor_release() it
 * @return WEIR_OK, WEIR_EINVAL, WEIR_ENOMEM
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tensor_create(weir_runtime *runtime, weir_dtype dtype, size_t rank,
		   const int64_t *shape, weir_tensor **tensor);

/** The same, with the elements copied from data (row-major). */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tensor_copy_of(weir_runtime *runtime, weir_dtype dtype, size_t rank,
		    const int64_t *shape, const void *data,
		    weir_tensor **tensor);

/**
 * A value over the application's memory, without a copy.
 *
 * @param strides  bytes from one entry to the next along each axis, may be
 *                 negative or 0; whole elements; NULL for contiguous row-major
 * @param data     borrowed until release(data, arg) is called; NULL release:
 *                 it must outlive the tensor. Aligned to an element
 * @return WEIR_OK, WEIR_EINVAL, WEIR_ENOMEM
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tensor_wrap(weir_runtime *runtime, weir_dtype dtype, size_t rank,
		 const int64_t *shape, const int64_t *strides, void *data,
		 weir_release_fn release, void *arg, weir_tensor **tensor);

/**
 * A variable that starts with a copy of initial's value.
 *
 * @param name  copied; appears in errors and traces
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_variable_create(weir_runtime *runtime, const char *name,
		     weir_tensor *initial, weir_tensor **variable);

/**
 * A generator of random numbers: a variable i64[2] with (seed, counter).
 * The numbers are those of Philox4x32-10 (Salmon et al., SC11).
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_generator_create(weir_runtime *runtime, const char *name, uint64_t seed,
		      weir_tensor **generator);

/** One reference more; returns the tensor. Threads: any. */
WEIR_API weir_tensor *
weir_tensor_retain(weir_tensor *tensor);

/** One reference less; NULL is fine. Threads: any. */
WEIR_API void
weir_tensor_release(weir_tensor *tensor);

/* -- asking -------------------------------------------------------------- */

WEIR_API weir_dtype weir_tensor_dtype(const weir_tensor *tensor);
WEIR_API size_t weir_tensor_rank(const weir_tensor *tensor);
WEIR_API const int64_t *weir_tensor_shape(const weir_tensor *tensor);
/** Strides in bytes. */
WEIR_API const int64_t *weir_tensor_strides(const weir_tensor *tensor);
WEIR_API const weir_spec *weir_tensor_spec(const weir_tensor *tensor);
WEIR_API int64_t weir_tensor_elements(const weir_tensor *tensor);
WEIR_API bool weir_tensor_is_symbolic(const weir_tensor *tensor);
WEIR_API bool weir_tensor_is_variable(const weir_tensor *tensor);
WEIR_API bool weir_tensor_is_contiguous(const weir_tensor *tensor);

/** The name, "" where none was given. */
WEIR_API const char *weir_tensor_name(const weir_tensor *tensor);

/** Give a value a name (copied) for errors and traces. */
WEIR_API weir_status
weir_tensor_set_name(weir_tensor *tensor, const char *name);

/**
 * Write "f32[32,20]" into text, at most size bytes with the 0.
 *
 * @return the length the whole text has, as snprintf()
 */
WEIR_API size_t
weir_tensor_describe(const weir_tensor *tensor, char *text, size_t size);

/* -- elements ------------------------------------------------------------ */

/**
 * The first element of a value, in place; of a variable, its current value
 * until the next write to it. NULL (and an error text) for a symbol.
 * Results of ops must not be written to.
 */
WEIR_API void *
weir_tensor_data(weir_tensor *tensor);
WEIR_API void *
weir_tensor_data_at(weir_tensor *tensor, const char *site);
#define weir_tensor_data(...) weir_tensor_data_at(__VA_ARGS__, WEIR_SITE)

/** Copy all elements out, row-major. bytes must match exactly. */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tensor_read(const weir_tensor *tensor, void *data, size_t bytes);
WEIR_API WEIR_MUST_CHECK weir_status
weir_tensor_read_at(const weir_tensor *tensor, void *data, size_t bytes,
		    const char *site);
#define weir_tensor_read(...) weir_tensor_read_at(__VA_ARGS__, WEIR_SITE)

/**
 * Replace all elements of a created or wrapped value, or of a variable
 * (which gets a new value: snapshots taken before keep theirs; a run that
 * writes the variable meanwhile replaces it again).
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tensor_write(weir_tensor *tensor, const void *data, size_t bytes);

/**
 * The only element of a one-element tensor as double; bool is 0 or 1.
 *
 * NaN with an error where there is no such element. For a symbol the error
 * is also kept by the recording scope: a graph cannot branch on values.
 */
WEIR_API double
weir_item_f64(weir_tensor *tensor);
WEIR_API double
weir_item_f64_at(weir_tensor *tensor, const char *site);
#define weir_item_f64(...) weir_item_f64_at(__VA_ARGS__, WEIR_SITE)

/**
 * Whether two tensors have the same dtype, shape and bits.
 *
 * @param first  row-major index of the first element that differs (-1 where
 *               dtype or shape differ); may be NULL
 */
WEIR_API bool
weir_tensor_equal_bits(const weir_tensor *a, const weir_tensor *b,
		       int64_t *first);

WEIR_END_DECLS

#endif /* WEIR_TENSOR_H */
