/*
 * The op descriptor. Built-in and user ops share it: whatever the library
 * does with an op, it learns from here.
 *
 * A kernel computes a *range of its op's tile space*. The tile space is a
 * function of (op, attributes, operand specs) only, never of threads, so that
 * whoever cuts the range, and wherever, every tile has the same bits.
 */
#ifndef WEIR_OP_H
#define WEIR_OP_H

#include <weir/export.h>
#include <weir/status.h>
#include <weir/tensor.h>

WEIR_BEGIN_DECLS

typedef struct weir_scope weir_scope;
typedef struct weir_op weir_op;

/* -- attributes ---------------------------------------------------------- */

/** A short list of integers: axes, a shape, a permutation. */
typedef struct weir_ints {
	int n;
	int64_t v[WEIR_RANK_MAX];
} weir_ints;

typedef enum weir_attr_type {
	WEIR_ATTR_I64 = 1,	/* int64_t */
	WEIR_ATTR_F64,		/* double */
	WEIR_ATTR_BOOL,		/* bool */
	WEIR_ATTR_DTYPE,	/* weir_dtype */
	WEIR_ATTR_INTS		/* weir_ints */
} weir_attr_type;

/** One field of an op's attribute struct; a list ends with name NULL. */
typedef struct weir_attr {
	const char *name;
	weir_attr_type type;
	size_t offset;		/* offsetof() the field */
	const char *doc;
} weir_attr;

/* -- a call, as the descriptor's functions see it ------------------------- */

typedef struct weir_call {
	const weir_op *op;
	const void *attrs;		/* the op's attribute struct, or NULL */
	size_t n_in, n_out;
	const weir_spec *const *in;
	const weir_spec *const *out;	/* NULL while they are inferred */
} weir_call;

/** An operand with its elements. Strides are in bytes, 0 where broadcast. */
typedef struct weir_view {
	void *data;
	const weir_spec *spec;
	const int64_t *strides;
} weir_view;

/** What a kernel works on. Outputs are contiguous, and not aliased unless the
 * op allows it (WEIR_OP_IN_PLACE). */
typedef struct weir_kernel {
	weir_call call;
	const weir_view *in;
	const weir_view *out;
	void *scratch;		/* as large as the op's scratch() said, 64-byte
				   aligned, shared by all tiles of the call */
	void *shared;		/* of ops of the library whose scratch is each
				   worker's own: what they have in common; or
				   NULL */
} weir_kernel;

/** What a call is expected to take on one processor. */
typedef struct weir_cost {
	double flops;
	double bytes;		/* read and written */
	double nanoseconds;	/* 0: derived from flops and bytes */
} weir_cost;

/** What a gradient function is given, and where it leaves its results. */
typedef struct weir_gradient {
	const weir_op *op;
	const void *attrs;
	size_t n_in, n_out;
	weir_tensor *const *in;		/* operands of the forward call */
	weir_tensor *const *out;	/* its results */
	weir_tensor *const *of_out;	/* gradient of each result, or NULL */
	const bool *wanted;		/* n_in: is this operand's wanted? */
	weir_tensor **of_in;		/* n_in, all NULL; fill the wanted */
} weir_gradient;

/* -- the descriptor ------------------------------------------------------- */

/** n_in of an op that takes one operand or more. */
#define WEIR_VARIADIC 255
/** The most operands a call may have, and the most results. */
#define WEIR_OPERANDS_MAX 64
#define WEIR_RESULTS_MAX 16
/** The most bytes an attribute struct may have. */
#define WEIR_ATTRS_MAX 320
/** Bands, see weir_op.band: they begin at multiples of so many entries of an
 * axis, and have so many at least. */
#define WEIR_BAND 64

enum weir_op_flags {
	/* The results depend on operands and attributes only: calls may be
	 * merged, folded and dropped. */
	WEIR_OP_PURE = 1 << 0,
	/* Every output element depends on the elements at its (broadcast)
	 * place only. */
	WEIR_OP_ELEMENTWISE = 1 << 1,
	/* The last two axes of each operand must have one unit stride (what
	 * BLAS takes); others are copied first. */
	WEIR_OP_BLAS_OPERANDS = 1 << 2,
	/* Replaces the value of operand 0, a variable, by operand 1. */
	WEIR_OP_ASSIGN = 1 << 3,
	/* Result 0 may lie exactly over an operand of its dtype and shape:
	 * what is read there for an element is read before it is written, and
	 * not by another tile. Outputs are then aliased, by such operands. */
	WEIR_OP_IN_PLACE = 1 << 4,
	/* finish() does nothing, and need not be called, where scratch() says
	 * 0. */
	WEIR_OP_FINISHES_SCRATCH = 1 << 5
};

/** Bit sets of dtypes. */
#define WEIR_DTYPE_BIT(dtype) (1u << (dtype))
#define WEIR_FLOATS (WEIR_DTYPE_BIT(WEIR_F32) | WEIR_DTYPE_BIT(WEIR_F64))
#define WEIR_NUMBERS (WEIR_FLOATS | WEIR_DTYPE_BIT(WEIR_I64))
#define WEIR_ANY_DTYPE (WEIR_NUMBERS | WEIR_DTYPE_BIT(WEIR_BOOL))

/**
 * An op. Static and constant: the library borrows it for as long as a scope, a
 * graph, a function, a plan or a trace knows of it. Its functions may be NULL
 * where noted; they are called from many threads at once.
 */
struct weir_op {
	size_t size;		/* sizeof(struct weir_op) */
	const char *name;	/* ONNX name in snake case, or BLAS/LAPACK's */
	const char *doc;	/* one sentence */
	unsigned char n_in;	/* or WEIR_VARIADIC */
	unsigned char n_out;
	unsigned flags;		/* enum weir_op_flags */
	unsigned dtypes;	/* bit set of what operand 0 may be; 0: any */
	unsigned fallible;	/* bit set of dtypes of operand 0 for which the
				   kernel may fail; WEIR_ANY_DTYPE if unsure */
	const weir_attr *attrs;	/* NULL: none */
	size_t attrs_size;

	/* Check the call and fill n_out specs. Use weir_fail() for the reason
	 * alone: "the inner dimensions 20 and 64 differ". Depends on the call
	 * alone, and so do tiles, scratch and view: an eager scope remembers
	 * their answers for equal calls. */
	weir_status (*infer)(const weir_call *call, weir_spec *out);

	/* Number of tiles, >= 0, else the call fails (WEIR_EOP). NULL: 1. */
	int64_t (*tiles)(const weir_call *call);

	/* Bytes of scratch. NULL: none. */
	size_t (*scratch)(const weir_call *call);

	/* Compute tiles begin <= t < end. NULL only for view and assign. */
	weir_status (*kernel)(const weir_kernel *kernel, int64_t begin,
			      int64_t end);

	/* Called once after the last tile (also when there are none), to
	 * combine what the tiles left in scratch. NULL: nothing to do. */
	weir_status (*finish)(const weir_kernel *kernel);

	/* Whether result 0 can be a view of operand 0; if so its strides and
	 * its offset in bytes. NULL: never. */
	bool (*view)(const weir_call *call, const int64_t *in_strides,
		     int64_t *out_strides, int64_t *offset);

	/* NULL: unknown, taken as heavy. */
	weir_cost (*cost)(const weir_call *call);

	/* Emit the ops of the gradient into the scope. NULL: there is none. */
	weir_status (*grad)(weir_scope *scope, const weir_gradient *gradient);

	/* The elements of an operand, in row-major order, that tiles begin <=
	 * t < end read: all of them have *first <= e < *last. Results count on
	 * from n_in; of them, those that the tiles write. It may tell more
	 * than there are, never less: a plan runs these tiles as soon as these
	 * elements are there. NULL, or nothing set: all. */
	void (*reach)(const weir_call *call, size_t operand, int64_t begin,
		      int64_t end, int64_t *first, int64_t *last);

	/* Whether the call can be made for a band of its result alone: some
	 * entries of one axis of result 0, which is the only one. It is then a
	 * call of its own with the same attributes, of each operand i the same
	 * entries of its axis axes[i], or all of it where that is -1; and the
	 * bits must be those that the whole call gives. Tells the same of all
	 * bands of an axis. NULL: it cannot. */
	bool (*band)(const weir_call *call, int axis, int *axes);

	/* Whether the call can be made part by part of what it sums up, or goes
	 * through in another way: some entries of an axis of its operands, then
	 * the next ones. Of operand i that is axis axes[i], or each part needs
	 * all of it where that is -1. Parts hand on `bytes` bytes, beside the
	 * result, which is the only one. If there are bands, too, tells the
	 * same of them. NULL: it cannot. */
	bool (*folds)(const weir_call *call, int *axes, size_t *bytes);

	/* One such part, entries begin <= e < end: from 0 on, in order, one at a
	 * time. Operands and result are those of the whole call, scratch is what
	 * parts hand on; of these axes no other entry may be touched, for there
	 * may be nothing. After the last entry the result must have the bits
	 * that all tiles and finish() give. NULL if folds is. */
	weir_status (*fold)(const weir_kernel *kernel, int64_t begin,
			    int64_t end);

	/* Whether what the call sums up may be cut into parts that are summed up
	 * by themselves, in any order and by several threads, and joined at the
	 * end: the first *length entries of an axis of its operands, the next
	 * ones, and so on; the last part may have fewer. Axes as with folds.
	 * What parts leave for the end, all of them, takes *bytes. Tells the
	 * same always. NULL: they may not. */
	bool (*parts)(const weir_call *call, int *axes, int64_t *length,
		      size_t *bytes);

	/* Parts begin <= p < end. Operands are those of the whole call, of which
	 * no other entries may be touched; what is left for the end is in
	 * scratch. NULL if parts is. */
	weir_status (*part)(const weir_kernel *kernel, int64_t begin,
			    int64_t end);

	/* The result, of what all parts have left: it must have the bits that all
	 * tiles and finish() give. Operands may not be touched. NULL if parts
	 * is. */
	weir_status (*join)(const weir_kernel *kernel);
};

/** Number of built-in ops, and the i-th. */
WEIR_API size_t weir_op_count(void);
WEIR_API const weir_op *weir_op_at(size_t i);

/** The built-in op of this name, or NULL. */
WEIR_API const weir_op *weir_op_find(const char *name);

/**
 * Call any op by its descriptor.
 *
 * @param attrs  the op's attribute struct (copied), or NULL if it has none
 * @param out    n_out results, owned by the scope; on failure left as they
 *               were
 * @return the scope's status
 *
 * Threads: one at a time per scope.
 */
WEIR_API weir_status
weir_apply_at(weir_scope *scope, const weir_op *op, const void *attrs,
	      weir_tensor *const *in, size_t n_in, weir_tensor **out,
	      size_t n_out, const char *site);
#define weir_apply(...) weir_apply_at(__VA_ARGS__, WEIR_SITE)

WEIR_END_DECLS

#endif /* WEIR_OP_H */
