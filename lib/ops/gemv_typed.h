/*
 * Matrix times vector for one element type: include this with T, NAME(name),
 * LANES, a vector type VECTOR of half as many elements, and JOIN(t), the sum of
 * such a half in halves, defined; it undefines them.
 */

enum {
	NAME(HALF) = LANES / 2,
	NAME(STRIP) = 4096 / sizeof(T)	/* columns side by side; their lanes
						   are in the second cache */
};

static inline T
NAME(one_nan)(T x)
{
	return WEIR__ONE_NAN(T, x);
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
	return NAME(one_nan)(JOIN(lane));
}

/* The next `rows` rows, packed; their lanes stay in registers. */
#define ROWS_OF_DOTS(rows)						\
do {									\
	VECTOR sum[rows][2] = { 0 };					\
	int r;								\
									\
	for (l = 0; l + LANES <= k; l += LANES) {			\
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
	}								\
	for (r = 0; r < rows; r++) {					\
		T lane[LANES];						\
									\
		if (l < k) {						\
			memcpy(lane, sum[r], sizeof lane);		\
			y[r * y_step] = NAME(finish)(			\
				lane, a + r * a_row + l, 1, x + l, 1,	\
				k - l);					\
			continue;					\
		}							\
		sum[r][0] += sum[r][1];					\
		y[r * y_step] = NAME(one_nan)(JOIN(sum[r][0]));			\
	}								\
	a += rows * a_row;						\
	y += rows * y_step;						\
	m -= rows;							\
} while (0)

WEIR__WIDE static void
NAME(packed_rows)(int64_t m, int64_t k, const T *a, int64_t a_row, const T *x,
		  T *y, int64_t y_step)
{
	int64_t l;

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
	for (j = 0; j + NAME(HALF) <= n; j += NAME(HALF)) {		\
		VECTOR sum = *(const VECTOR *)((lane) + j);		\
									\
		_Pragma("GCC unroll 4")					\
		for (r = 0; r < rows; r++)				\
			sum += *(const VECTOR *)((a) + r * step + j) *	\
			       (x)[r * LANES];				\
		*(VECTOR *)((lane) + j) = sum;				\
	}								\
	for (; j < n; j++)						\
		for (r = 0; r < rows; r++)				\
			(lane)[j] += (a)[r * step + j] *		\
				     (x)[r * LANES];			\
} while (0)

/* Columns, packed: all the lanes of a strip of them side by side. */
WEIR__WIDE static void
NAME(packed_columns)(int64_t m, int64_t k, const T *a, int64_t a_column,
		     const T *x, T *y, int64_t y_step)
{
	T lane[LANES * NAME(STRIP)];	/* one after the other */
	int64_t used = weir__least(k, LANES), step = LANES * a_column, n;

	for (; m > 0; m -= n, a += n, y += n * y_step) {
		int64_t l = 0, j;
		int half, i;

		n = weir__least(NAME(STRIP), m);
		memset(lane, 0, (size_t)(used * n) * sizeof(T));
		for (; l + 4 * LANES <= k; l += 4 * LANES)
			for (i = 0; i < LANES; i++)
				ADD_TO_LANE(4, lane + i * n,
					    a + (l + i) * a_column, x + l + i);
		for (; l < k; l++)
			ADD_TO_LANE(1, lane + l % LANES * n,
				    a + l * a_column, x + l);
		/* A lane without products is 0: adding that changes nothing. */
		for (half = LANES / 2; half; half /= 2)
			for (i = 0; i < half && i + half < used; i++)
				WEIR__INDEPENDENT
				for (j = 0; j < n; j++)
					lane[i * n + j] +=
						lane[(i + half) * n + j];
		for (j = 0; j < n; j++)
			y[j * y_step] = NAME(one_nan)(lane[j]);
	}
}

static void
NAME(strided)(int64_t m, int64_t k, const T *a, int64_t a_row, int64_t a_column,
	      const T *x, int64_t x_step, T *y, int64_t y_step)
{
	int64_t i, l;

	for (i = 0; i < m; i++, a += a_row, y += y_step) {
		T lane[LANES] = { 0 };

		for (l = 0; l + LANES <= k; l += LANES) {
			int64_t j;

			for (j = 0; j < LANES; j++)
				lane[j] += a[(l + j) * a_column] *
					   x[(l + j) * x_step];
		}
		*y = NAME(finish)(lane, a + l * a_column, a_column,
				  x + l * x_step, x_step, k - l);
	}
}

static void
NAME(gemv)(int64_t m, int64_t k, const T *a, int64_t a_row, int64_t a_column,
	   const T *x, int64_t x_step, T *y, int64_t y_step)
{
	if (!k) {
		for (; m > 0; m--, y += y_step)
			*y = 0;
	} else if (x_step == 1 && a_column == 1) {
		NAME(packed_rows)(m, k, a, a_row, x, y, y_step);
	} else if (x_step == 1 && a_row == 1) {
		NAME(packed_columns)(m, k, a, a_column, x, y, y_step);
	} else {
		NAME(strided)(m, k, a, a_row, a_column, x, x_step, y, y_step);
	}
}

#undef T
#undef NAME
#undef LANES
#undef VECTOR
#undef JOIN
#undef ROWS_OF_DOTS
#undef ADD_TO_LANE
