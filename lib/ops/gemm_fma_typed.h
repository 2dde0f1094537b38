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
 *	LOAD_PART(p, n), STORE_PART(p, n, v)
 *			the first n elements of a vector; the others are 0, or
 *			not written
 *
 * defined; it undefines them.
 */

enum { NAME(WIDTH) = 2 * LANES };	/* columns that are summed at once */

/*
 * c[rows, 1 or 2 vectors] = a[rows,k] * b, or that added to c: each vector of
 * c is a variable, else compilers keep it in memory. They are written out for
 * each number of rows: loops, too, would do that.
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

#define KERNELS(rows)							\
TARGET static void							\
NAME(narrow_##rows)(int64_t k, const T *a, int64_t a_row,		\
		    int64_t a_column, const T *b, int64_t b_row, T *c,	\
		    int64_t ldc, bool adds)				\
{									\
	const VECTOR zero = DO(setzero)();				\
	GEMM_ROWS_##rows(BEGIN_1)					\
									\
	for (; k > 0; k--, a += a_column, b += b_row) {			\
		const VECTOR x = DO(loadu)(b);				\
									\
		GEMM_ROWS_##rows(STEP_1)				\
	}								\
	GEMM_ROWS_##rows(END_1)						\
}									\
									\
TARGET static void							\
NAME(wide_##rows)(int64_t k, const T *a, int64_t a_row,			\
		  int64_t a_column, const T *b, int64_t b_row, T *c,	\
		  int64_t ldc, bool adds)				\
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
	GEMM_ROWS_##rows(END_2)						\
}

GEMM_EACH(ROWS, KERNELS)

typedef void
NAME(kernel_fn)(int64_t k, const T *a, int64_t a_row, int64_t a_column,
		const T *b, int64_t b_row, T *c, int64_t ldc, bool adds);

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

/* n columns of c, 1 to WIDTH: of b they are in a panel, or as they are. */
TARGET static void
NAME(columns)(int64_t m, int64_t n, int64_t k, const T *a, int64_t a_row,
	      int64_t a_column, const T *b, int64_t b_row, T *c, int64_t ldc,
	      bool adds)
{
	const int is_wide = n > LANES;
	const bool is_part = n != LANES && n != NAME(WIDTH);
	T part[ROWS * NAME(WIDTH)];
	int64_t groups, rows, i;

	/* Groups of rows as equal as can be. */
	for (groups = (m + ROWS - 1) / ROWS; groups > 0; groups--) {
		rows = (m + groups - 1) / groups;
		if (!is_part) {
			NAME(kernels)[rows - 1][is_wide](
				k, a, a_row, a_column, b, b_row, c, ldc, adds);
		} else {
			for (i = 0; i < rows && adds; i++)
				NAME(copy_part)(part + i * NAME(WIDTH),
						c + i * ldc, n);
			NAME(kernels)[rows - 1][is_wide](
				k, a, a_row, a_column, b, b_row, part,
				NAME(WIDTH), adds);
			for (i = 0; i < rows; i++)
				NAME(copy_part)(c + i * ldc,
						part + i * NAME(WIDTH), n);
		}
		a += rows * a_row;
		c += rows * ldc;
		m -= rows;
	}
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

TARGET static void
NAME(gemm)(int64_t m, int64_t n, int64_t k, const T *a, int64_t a_row,
	   int64_t a_column, const T *b, int64_t b_row, int64_t b_column,
	   T *c, int64_t ldc, bool adds)
{
	T panel[DEPTH * NAME(WIDTH)];
	int64_t deep, done, width, j;

	/* Once if k is 0, too: the sums are 0 then. */
	for (done = 0; !done || done < k; done += DEPTH) {
		deep = weir__least(k - done, DEPTH);
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
			NAME(columns)(m, width, deep, a + done * a_column,
				      a_row, a_column, x, step, c + j, ldc,
				      adds || done > 0);
		}
	}
}

#undef T
#undef NAME
#undef VECTOR
#undef LANES
#undef ROWS
#undef TARGET
#undef DO
#undef ONE_NAN
#undef LOAD_PART
#undef STORE_PART
#undef BEGIN_1
#undef STEP_1
#undef END_1
#undef BEGIN_2
#undef STEP_2
#undef END_2
#undef KERNELS
#undef BOTH
