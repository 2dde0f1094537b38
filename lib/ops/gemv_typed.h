/*
 * Matrix times vector for one element type: include this with T, NAME(name),
 * LANES, a vector type VECTOR of half as many elements, LINE of all of them,
 * JOIN(t), the sum of such a half in halves, and NAME(join_4), which adds those of
 * t[0][0] to t[3][0] to elements SUM(0) to SUM(3) of a vector, defined; it
 * undefines them.
 */

enum {
	NAME(HALF) = LANES / 2,
	NAME(STRIP) = 512 / sizeof(T)	/* columns side by side; their lanes
					   are in the first cache */
};

static inline T
NAME(one_nan)(T x)
{
	return WEIR__ONE_NAN(T, x);
}

static inline __attribute__((always_inline)) void
NAME(join_1)(VECTOR *total, VECTOR (*t)[2])
{
	(*total)[0] += JOIN(t[0][0]);
}

/* The lanes of one row from its l-th product on, in memory: what is left of
 * a sum when vectors are too long for it. */
static inline T
NAME(finish)(T *lane, const T *a, int64_t a_step, const T *x, int64_t x_step,
	     int64_t n)
{
	int64_t i;
	int l;

	for (i = 0; i < n; i++)
		lane[i] += a[i * a_step] * x[i * x_step];
	for (l = 0; l < NAME(HALF); l++)
		lane[l] += lane[l + NAME(HALF)];
	return JOIN(lane);
}

/* The lanes of `rows` rows, packed, for products from..end: they stay in
 * registers. Products that are no whole vector are left, from `l` on. */
#define LANES_OF(rows)							\
	VECTOR sum[rows][2] = { 0 };					\
									\
	for (l = from; l + LANES <= end; l += LANES) {			\
		const VECTOR *v = (const VECTOR *)(x + l);		\
									\
		_Pragma("GCC unroll 4")					\
		for (r = 0; r < rows; r++) {				\
			const VECTOR *w =				\
				(const VECTOR *)(a + r * a_row + l);	\
									\
			sum[r][0] += w[0] * v[0];			\
			sum[r][1] += w[1] * v[1];			\
		}							\
	}

/* The next `rows` rows. */
#define ROWS_OF_DOTS(rows)						\
do {									\
	VECTOR total = { 0 };						\
	int r;								\
									\
	for (from = 0; from + part <= whole; from = end) {		\
		end = from + part;					\
		LANES_OF(rows)						\
		_Pragma("GCC unroll 4")					\
		for (r = 0; r < rows; r++)				\
			sum[r][0] += sum[r][1];				\
		NAME(join_##rows)(&total, sum);				\
	}								\
	if (from < k) {							\
		end = k;						\
		LANES_OF(rows)						\
		for (r = 0; r < rows; r++) {				\
			T lane[LANES];					\
									\
			memcpy(lane, sum[r], sizeof lane);		\
			total[SUM(r)] += NAME(finish)(			\
				lane, a + r * a_row + l, 1, x + l, 1,	\
				k - l);					\
		}							\
	}								\
	for (r = 0; r < rows; r++)					\
		y[r * y_step] = NAME(one_nan)(total[SUM(r)]);		\
	a += rows * a_row;						\
	y += rows * y_step;						\
	m -= rows;							\
} while (0)

WEIR__WIDE static void
NAME(packed_rows)(int64_t m, int64_t k, int64_t part, const T *a,
		  int64_t a_row, const T *x, T *y, int64_t y_step)
{
	const int64_t whole = part % LANES ? 0 : k;	/* parts of vectors */
	int64_t from, end, l;

	while (m >= 4)
		ROWS_OF_DOTS(4);
	while (m > 0)
		ROWS_OF_DOTS(1);
}

/* lane[n] += the products of `rows` rows of a, LANES rows apart. */
#define ADD_TO_LANE(rows, lane, a, x)					\
do {									\
	int r;								\
									\
	for (j = 0; j + LANES <= n; j += LANES) {			\
		LINE sum = *(const LINE *)((lane) + j);			\
									\
		_Pragma("GCC unroll 4")					\
		for (r = 0; r < rows; r++)				\
			sum += *(const LINE *)((a) + r * step + j) *	\
			       (x)[r * LANES];				\
		*(LINE *)((lane) + j) = sum;				\
	}								\
	for (; j < n; j++)						\
		for (r = 0; r < rows; r++)				\
			(lane)[j] += (a)[r * step + j] *		\
				     (x)[r * LANES];			\
} while (0)

/* y = the sums of k products, of a strip of columns, packed. */
WEIR__WIDE static void
NAME(strip_of_columns)(int64_t n, int64_t k, const T *a, int64_t a_column,
		       const T *x, T *y)
{
	T lane[LANES * NAME(STRIP)];	/* one after the other */
	int64_t used = weir__least(k, LANES), step = LANES * a_column;
	int64_t l = 0, j;
	int half, i;

	memset(lane, 0, (size_t)(used * n) * sizeof(T));
	for (; l + 4 * LANES <= k; l += 4 * LANES)
		for (i = 0; i < LANES; i++)
			ADD_TO_LANE(4, lane + i * n, a + (l + i) * a_column,
				    x + l + i);
	for (; l < k; l++)
		ADD_TO_LANE(1, lane + l % LANES * n, a + l * a_column, x + l);
	/* A lane without products is 0: adding that changes nothing. */
	for (half = LANES / 2; half; half /= 2)
		for (i = 0; i < half && i + half < used; i++)
			WEIR__INDEPENDENT
			for (j = 0; j < n; j++)
				lane[i * n + j] += lane[(i + half) * n + j];
	memcpy(y, lane, (size_t)n * sizeof(T));
}

static void
NAME(packed_columns)(int64_t m, int64_t k, int64_t part, const T *a,
		     int64_t a_column, const T *x, T *y, int64_t y_step)
{
	T sum[NAME(STRIP)];
	int64_t from, first, n, j;

	for (from = 0; from < k; from += part)
		for (first = 0; first < m; first += n) {
			T *to = y + first * y_step;

			n = weir__least(NAME(STRIP), m - first);
			NAME(strip_of_columns)(n, weir__least(part, k - from),
					       a + from * a_column + first,
					       a_column, x + from, sum);
			for (j = 0; j < n; j++)
				to[j * y_step] = NAME(one_nan)(
					from ? to[j * y_step] + sum[j]
					     : sum[j]);
		}
}

static void
NAME(strided)(int64_t m, int64_t k, int64_t part, const T *a, int64_t a_row,
	      int64_t a_column, const T *x, int64_t x_step, T *y,
	      int64_t y_step)
{
	int64_t i, l, j, from, end;

	for (i = 0; i < m; i++, a += a_row, y += y_step) {
		T total = 0;

		for (from = 0; from < k; from = end) {
			T lane[LANES] = { 0 };

			end = weir__least(from + part, k);
			for (l = from; l + LANES <= end; l += LANES)
				for (j = 0; j < LANES; j++)
					lane[j] += a[(l + j) * a_column] *
						   x[(l + j) * x_step];
			total += NAME(finish)(lane, a + l * a_column, a_column,
					      x + l * x_step, x_step, end - l);
		}
		*y = NAME(one_nan)(total);
	}
}

static void
NAME(gemv)(int64_t m, int64_t k, int64_t part, const T *a, int64_t a_row,
	   int64_t a_column, const T *x, int64_t x_step, T *y, int64_t y_step)
{
	if (!k) {
		for (; m > 0; m--, y += y_step)
			*y = 0;
	} else if (x_step == 1 && a_column == 1) {
		NAME(packed_rows)(m, k, part, a, a_row, x, y, y_step);
	} else if (x_step == 1 && a_row == 1) {
		NAME(packed_columns)(m, k, part, a, a_column, x, y, y_step);
	} else {
		NAME(strided)(m, k, part, a, a_row, a_column, x, x_step, y,
			      y_step);
	}
}

WEIR__WIDE static void
NAME(join)(int64_t m, int64_t parts, const T *restrict sums, T *restrict y)
{
	int64_t i, p;

	memcpy(y, sums, (size_t)m * sizeof *y);
	for (p = 1; p < parts; p++)
		for (i = 0; i < m; i++)
			y[i] += sums[p * m + i];
	for (i = 0; i < m; i++)
		y[i] = NAME(one_nan)(y[i]);
}

#undef T
#undef NAME
#undef LANES
#undef VECTOR
#undef LINE
#undef JOIN
#undef SUM
#undef LANES_OF
#undef ROWS_OF_DOTS
#undef ADD_TO_LANE
