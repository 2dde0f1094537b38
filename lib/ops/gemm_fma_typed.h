/*
 * The product of two matrices for one element type and one kind of vector:
 * include this with
 *
 *	T, NAME(name)	the element type, and what a function is called
 *	VECTOR, LANES	a vector, and how many elements it has
 *	ROWS		as many as can be summed at once: in registers, two
 *			vectors each
 *	TARGET		the attribute that allows the instructions
 *	DO(name)	one of them: DO(loadu), DO(fmadd), ...
 *	ONE_NAN(v)	v with the same NaN for all others
 *	ANY_NAN(v, w)	whether an element of either is one
 *	RELU(v)		v where it is not less than 0, and not 0; else 0
 *	LOAD_PART(p, n), STORE_PART(p, n, v)
 *			the first n elements of a vector; the others are 0, or
 *			not written
 *	CHOOSE(p, v, w)	v where bools in memory are true, else w
 *	TELL(p, v, w)	stores bools: where v is greater than w
 *
 * defined; it undefines them.
 */

enum { NAME(WIDTH) = 2 * LANES };	/* columns that are summed at once */

/*
 * c[rows, 1 or 2 vectors] = a[rows,k] * b, or that added to c; or the results of
 * an epilogue, unless one is NaN: then it returns false. Each vector of c is a
 * variable, else compilers keep it in memory. They are written out for each
 * number of rows: loops, too, would do that.
 */
#define BEGIN_1(r) VECTOR s##r = adds ? DO(loadu)(c + r * ldc) : zero;
#define STEP_1(r) s##r = DO(fmadd)(DO(set1)(a[r * a_row]), x, s##r);
#define END_1(r) DO(storeu)(c + r * ldc, ONE_NAN(s##r));
#define BEGIN_2(r) BEGIN_1(r)						\
	VECTOR t##r = adds ? DO(loadu)(c + r * ldc + LANES) : zero;
#define STEP_2(r)							\
	z = DO(set1)(a[r * a_row]);					\
	s##r = DO(fmadd)(z, x, s##r);					\
	t##r = DO(fmadd)(z, y, t##r);
#define END_2(r) END_1(r) DO(storeu)(c + r * ldc + LANES, ONE_NAN(t##r));

#define LOAD_ROW_1 v = DO(loadu)((const T *)e->row + at->column);
#define LOAD_ROW_2							\
	LOAD_ROW_1							\
	w = DO(loadu)((const T *)e->row + at->column + LANES);
#define ADD_1(r) s##r = DO(add)(s##r, v);
#define ADD_2(r) ADD_1(r) t##r = DO(add)(t##r, w);
#define CHOOSE_1(r)							\
	s##r = CHOOSE(chosen + r * row, s##r, v);
#define CHOOSE_2(r) CHOOSE_1(r)						\
	t##r = CHOOSE(chosen + r * row + LANES, t##r, v);
#define RELU_1(r) s##r = RELU(s##r);
#define RELU_2(r) RELU_1(r) t##r = RELU(t##r);
#define FIND_NAN_1(r) is_nan |= ANY_NAN(s##r, s##r);
#define FIND_NAN_2(r) is_nan |= ANY_NAN(s##r, t##r);
#define STORE_1(r) DO(storeu)(c + r * ldc, s##r);
#define STORE_2(r) STORE_1(r) DO(storeu)(c + r * ldc + LANES, t##r);
#define TELL_1(r) TELL(greater + r * row, s##r, v);
#define TELL_2(r) TELL_1(r)						\
	TELL(greater + r * row + LANES, t##r, v);

#define FINISH(rows, vectors)						\
do {									\
	const struct weir__epilogue *e = at->of;			\
	VECTOR v = zero, w = zero;					\
	unsigned is_nan = 0;						\
									\
	(void)w;		/* with one vector */			\
	if (e->is_one_product) {					\
		GEMM_ROWS_##rows(ADD_##vectors)	/* -0 is 0 */		\
	}								\
	if (e->row) {							\
		LOAD_ROW_##vectors					\
		GEMM_ROWS_##rows(ADD_##vectors)				\
	}								\
	if (e->chosen) {						\
		const int64_t row = e->chosen_row;			\
		const unsigned char *chosen = e->chosen +		\
			at->row * row + at->column;			\
									\
		v = DO(set1)(*(const T *)e->other);			\
		GEMM_ROWS_##rows(CHOOSE_##vectors)			\
	}								\
	if (e->is_relu) {						\
		GEMM_ROWS_##rows(RELU_##vectors)			\
	}								\
	GEMM_ROWS_##rows(FIND_NAN_##vectors)				\
	if (is_nan)							\
		return false;						\
	GEMM_ROWS_##rows(STORE_##vectors)				\
	if (e->greater) {						\
		const int64_t row = e->greater_row;			\
		unsigned char *greater = e->greater +			\
			at->row * row + at->column;			\
									\
		v = DO(set1)(*(const T *)e->bound);			\
		GEMM_ROWS_##rows(TELL_##vectors)			\
	}								\
} while (0)

#define KERNELS(rows)							\
TARGET static bool							\
NAME(narrow_##rows)(int64_t k, const T *a, int64_t a_row,		\
		    int64_t a_column, const T *b, int64_t b_row, T *c,	\
		    int64_t ldc, bool adds,				\
		    const struct epilogue_at *at)			\
{									\
	const VECTOR zero = DO(setzero)();				\
	GEMM_ROWS_##rows(BEGIN_1)					\
									\
	for (; k > 0; k--, a += a_column, b += b_row) {			\
		const VECTOR x = DO(loadu)(b);				\
									\
		GEMM_ROWS_##rows(STEP_1)				\
	}								\
	if (at->of) {							\
		FINISH(rows, 1);					\
	} else {							\
		GEMM_ROWS_##rows(END_1)					\
	}								\
	return true;							\
}									\
									\
TARGET static bool							\
NAME(wide_##rows)(int64_t k, const T *a, int64_t a_row,			\
		  int64_t a_column, const T *b, int64_t b_row, T *c,	\
		  int64_t ldc, bool adds,				\
		  const struct epilogue_at *at)				\
{									\
	const VECTOR zero = DO(setzero)();				\
	GEMM_ROWS_##rows(BEGIN_2)					\
									\
	for (; k > 0; k--, a += a_column, b += b_row) {			\
		const VECTOR x = DO(loadu)(b);				\
		const VECTOR y = DO(loadu)(b + LANES);			\
		VECTOR z;						\
									\
		GEMM_ROWS_##rows(STEP_2)				\
	}								\
	if (at->of) {							\
		FINISH(rows, 2);					\
	} else {							\
		GEMM_ROWS_##rows(END_2)					\
	}								\
	return true;							\
}

GEMM_EACH(ROWS, KERNELS)

typedef bool
NAME(kernel_fn)(int64_t k, const T *a, int64_t a_row, int64_t a_column,
		const T *b, int64_t b_row, T *c, int64_t ldc, bool adds,
		const struct epilogue_at *at);

#define BOTH(rows) { NAME(narrow_##rows), NAME(wide_##rows) },
static NAME(kernel_fn) *const NAME(kernels)[][2] = { GEMM_EACH(ROWS, BOTH) };

/* Two vectors of a row, of which n elements are there: 1 to WIDTH. */
TARGET static inline void
NAME(copy_part)(T *to, const T *from, int64_t n)
{
	if (n <= LANES) {
		STORE_PART(to, n, LOAD_PART(from, n));
		return;
	}
	DO(storeu)(to, DO(loadu)(from));
	STORE_PART(to + LANES, n - LANES, LOAD_PART(from + LANES, n - LANES));
}

/* n columns of k rows of b side by side, and zeros up to WIDTH. */
TARGET static void
NAME(pack)(int64_t n, int64_t k, const T *b, int64_t b_row, int64_t b_column,
	   T *panel)
{
	int64_t j, l;

	if (b_column == 1 && n == NAME(WIDTH)) {
		for (l = 0; l < k; l++, b += b_row, panel += NAME(WIDTH)) {
			DO(storeu)(panel, DO(loadu)(b));
			DO(storeu)(panel + LANES, DO(loadu)(b + LANES));
		}
	} else if (b_column == 1) {
		for (l = 0; l < k; l++, b += b_row, panel += NAME(WIDTH)) {
			if (n > LANES) {
				DO(storeu)(panel, DO(loadu)(b));
				DO(storeu)(panel + LANES,
					   LOAD_PART(b + LANES, n - LANES));
			} else {
				DO(storeu)(panel, LOAD_PART(b, n));
				DO(storeu)(panel + LANES, DO(setzero)());
			}
		}
	} else {
		for (j = 0; j < n; j++, b += b_column)
			for (l = 0; l < k; l++)
				panel[l * NAME(WIDTH) + j] = b[l * b_row];
		for (; j < NAME(WIDTH); j++)
			for (l = 0; l < k; l++)
				panel[l * NAME(WIDTH) + j] = 0;
	}
}

/* Some columns of a few rows that are no whole vectors: like all others, in
 * memory of their own. */
TARGET static bool
NAME(part)(NAME(kernel_fn) *kernel, int64_t rows, int64_t n, int64_t k,
	   const T *a, int64_t a_row, int64_t a_column, const T *b,
	   int64_t b_row, T *c, int64_t ldc, bool adds,
	   const struct epilogue_at *at)
{
	T own[ROWS * NAME(WIDTH)], row[NAME(WIDTH)] = { 0 };
	unsigned char chosen[ROWS * NAME(WIDTH)] = { 0 };
	unsigned char greater[ROWS * NAME(WIDTH)];
	struct weir__epilogue e = { .row = NULL };
	const struct epilogue_at own_at = { at->of ? &e : NULL, 0, 0 };
	int64_t i;

	if (at->of) {
		e = *at->of;
		if (e.row)
			e.row = memcpy(row, (const T *)e.row + at->column,
				       (size_t)n * sizeof *row);
		for (i = 0; i < rows && e.chosen; i++)
			memcpy(chosen + i * NAME(WIDTH),
			       e.chosen + (at->row + i) * e.chosen_row +
				       at->column, (size_t)n);
		e.chosen = e.chosen ? chosen : NULL;
		e.greater = e.greater ? greater : NULL;
		e.chosen_row = e.greater_row = NAME(WIDTH);
	}
	for (i = 0; i < rows && adds; i++)
		NAME(copy_part)(own + i * NAME(WIDTH), c + i * ldc, n);
	if (!kernel(k, a, a_row, a_column, b, b_row, own, NAME(WIDTH), adds,
		    &own_at))
		return false;
	for (i = 0; i < rows; i++)
		NAME(copy_part)(c + i * ldc, own + i * NAME(WIDTH), n);
	for (i = 0; i < rows && e.greater; i++)
		memcpy(at->of->greater + (at->row + i) * at->of->greater_row +
			       at->column, greater + i * NAME(WIDTH),
		       (size_t)n);
	return true;
}

/* n columns of c, 1 to WIDTH: of b they are in a panel, or as they are. */
TARGET static bool
NAME(columns)(int64_t m, int64_t n, int64_t k, const T *a, int64_t a_row,
	      int64_t a_column, const T *b, int64_t b_row, T *c, int64_t ldc,
	      bool adds, struct epilogue_at *at)
{
	const bool is_part = n != LANES && n != NAME(WIDTH);
	int64_t groups, rows;
	bool is_done = true;

	/* Groups of rows as equal as can be. */
	at->row = 0;
	for (groups = (m + ROWS - 1) / ROWS; groups > 0 && is_done; groups--) {
		NAME(kernel_fn) *kernel;

		rows = (m + groups - 1) / groups;
		kernel = NAME(kernels)[rows - 1][n > LANES];
		is_done = is_part
			? NAME(part)(kernel, rows, n, k, a, a_row, a_column, b,
				     b_row, c, ldc, adds, at)
			: kernel(k, a, a_row, a_column, b, b_row, c, ldc, adds,
				 at);
		a += rows * a_row;
		c += rows * ldc;
		m -= rows;
		at->row += rows;
	}
	return is_done;
}

/*
 * Whether columns of b are better copied to a panel: vectors are whole there and
 * next to each other. They need not be copied where they are, and are read no
 * more than twice; unless so many rows are so far apart that the cache cannot
 * hold them until the second time.
 */
TARGET static inline bool
NAME(is_packed)(int64_t m, int64_t width, int64_t deep, int64_t b_row,
		int64_t b_column)
{
	if (b_column != 1 || (width != LANES && width != NAME(WIDTH)))
		return true;
	return m > 2 * ROWS ||
	       (m > ROWS && deep > FEW_ROWS && b_row > 4 * NAME(WIDTH));
}

TARGET static bool
NAME(gemm)(int64_t m, int64_t n, int64_t k, const T *a, int64_t a_row,
	   int64_t a_column, const T *b, int64_t b_row, int64_t b_column,
	   T *c, int64_t ldc, bool adds, const struct weir__epilogue *epilogue)
{
	T panel[DEPTH * NAME(WIDTH)];
	struct epilogue_at at = { NULL, 0, 0 };
	int64_t deep, done, width, j;

	/* Once if k is 0, too: the sums are 0 then. */
	for (done = 0; !done || done < k; done += DEPTH) {
		deep = weir__least(k - done, DEPTH);
		if (done + deep == k)
			at.of = epilogue;
		for (j = 0; j < n; j += NAME(WIDTH)) {
			const T *x = b + done * b_row + j * b_column;
			int64_t step = b_row;

			width = weir__least(n - j, NAME(WIDTH));
			if (NAME(is_packed)(m, width, deep, b_row, b_column)) {
				NAME(pack)(width, deep, x, b_row, b_column,
					   panel);
				x = panel;
				step = NAME(WIDTH);
			}
			at.column = j;
			if (!NAME(columns)(m, width, deep, a + done * a_column,
					   a_row, a_column, x, step, c + j,
					   ldc, adds || done > 0, &at))
				return false;
		}
	}
	return true;
}

#undef T
#undef NAME
#undef VECTOR
#undef LANES
#undef ROWS
#undef TARGET
#undef DO
#undef ONE_NAN
#undef ANY_NAN
#undef RELU
#undef LOAD_PART
#undef STORE_PART
#undef CHOOSE
#undef TELL
#undef BEGIN_1
#undef STEP_1
#undef END_1
#undef BEGIN_2
#undef STEP_2
#undef END_2
#undef LOAD_ROW_1
#undef LOAD_ROW_2
#undef ADD_1
#undef ADD_2
#undef CHOOSE_1
#undef CHOOSE_2
#undef RELU_1
#undef RELU_2
#undef FIND_NAN_1
#undef FIND_NAN_2
#undef STORE_1
#undef STORE_2
#undef TELL_1
#undef TELL_2
#undef FINISH
#undef KERNELS
#undef BOTH
