/*
 * The loop of a chain for one element type and kind of vectors: include this
 * with T, NAME(name), LANES, VECTOR, TARGET (the function's attribute) and the
 * operations on vectors that are used below defined; it undefines them.
 */

enum { NAME(BLOCK) = 8 * LANES };

#define EACH(x) x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7)
#define TAKE(i) VECTOR v##i = LOAD(from + i * LANES);
#define PUT(i) STORE(to + i * LANES, v##i);
#define PUT_PAST(i) STREAM(to + i * LANES, v##i);
#define WITH_ALL(i) v##i = OPERATION(v##i, LOAD(other + i * LANES));
#define WITH_ONE(i) v##i = OPERATION(v##i, one);
#define ALONE(i) v##i = OPERATION(v##i);
#define UNARY(code)							\
	case code:							\
		EACH(ALONE)						\
		break;
#define BINARY(code)							\
	case code: {							\
		const T *other = (const T *)links[l].other +	\
				 at[links[l].by_row];			\
									\
		EACH(WITH_ALL)						\
		break;							\
	}								\
	case code + WEIR__LINK_ONE: {					\
		const VECTOR one = SET1(*(const T *)links[l].other);	\
									\
		EACH(WITH_ONE)						\
		break;							\
	}

/* BLOCK elements, of the other operands those that begin there: in all rows, and
 * in one. */
TARGET static inline bool
NAME(block)(const struct weir__link *links, uint32_t n_links, const T *from,
	    T *to, const int64_t at[2], bool is_past)
{
	EACH(TAKE)
	uint32_t l;

	for (l = 0; l < n_links; l++)
		switch (links[l].code) {
#define OPERATION(a) NEG(a)
		UNARY(WEIR__LINK_NEG)
#undef OPERATION
#define OPERATION(a) MUL(a, a)
		UNARY(WEIR__LINK_SQUARE)
#undef OPERATION
#define OPERATION(a) RELU(a)
		UNARY(WEIR__LINK_RELU)
#undef OPERATION
#define OPERATION(a) SQRT(a)
		UNARY(WEIR__LINK_SQRT)
#undef OPERATION
#define OPERATION(a, b) ADD(a, b)
		BINARY(WEIR__LINK_ADD)
#undef OPERATION
#define OPERATION(a, b) MUL(a, b)
		BINARY(WEIR__LINK_MUL)
#undef OPERATION
#define OPERATION(a, b) SUB(a, b)
		BINARY(WEIR__LINK_SUB)
#undef OPERATION
#define OPERATION(a, b) SUB(b, a)
		BINARY(WEIR__LINK_FROM)
#undef OPERATION
#define OPERATION(a, b) DIV(a, b)
		BINARY(WEIR__LINK_DIV)
#undef OPERATION
#define OPERATION(a, b) DIV(b, a)
		BINARY(WEIR__LINK_INTO)
#undef OPERATION
#define OPERATION(a, b) MAX(a, b)
		BINARY(WEIR__LINK_MAX)
#undef OPERATION
#define OPERATION(a, b) MAX(b, a)
		BINARY(WEIR__LINK_OF_MAX)
#undef OPERATION
		}
	if (ANY_NAN(v0, v1) | ANY_NAN(v2, v3) | ANY_NAN(v4, v5) |
	    ANY_NAN(v6, v7))
		return false;
	if (is_past) {
		EACH(PUT_PAST)
	} else {
		EACH(PUT)
	}
	return true;
}

/* n elements, and others like the last of them: no NaN that is not theirs. */
static inline void
NAME(fill)(T *block, const T *from, int64_t n)
{
	int64_t i;

	for (i = 0; i < NAME(BLOCK); i++)
		block[i] = from[i < n ? i : n - 1];
}

/* Fewer elements than a block has. */
TARGET static bool
NAME(rest)(const struct weir__link *links, uint32_t n_links, const T *from,
	   T *to, const int64_t at[2], int64_t n)
{
	const int64_t start[2] = { 0, 0 };
	struct weir__link own[WEIR__LINKS_MAX];
	T values[NAME(BLOCK)], others[WEIR__LINKS_MAX][NAME(BLOCK)];
	uint32_t l;

	NAME(fill)(values, from, n);
	for (l = 0; l < n_links; l++) {
		own[l] = links[l];
		if (!reads_all(links[l].code))
			continue;
		NAME(fill)(others[l],
			   (const T *)links[l].other + at[own[l].by_row], n);
		own[l].other = others[l];
	}
	if (!NAME(block)(own, n_links, values, values, start, false))
		return false;
	memcpy(to, values, (size_t)n * sizeof(T));
	return true;
}

TARGET static bool
NAME(row)(const struct weir__link *links, uint32_t n_links, const T *from,
	  T *to, int64_t first, int64_t n, bool is_past)
{
	int64_t at[2] = { first, 0 };

	/* As the instruction wants it. */
	is_past &= !((uintptr_t)(to + first) % sizeof(VECTOR));

	for (; at[1] + NAME(BLOCK) <= n;
	     at[0] += NAME(BLOCK), at[1] += NAME(BLOCK))
		if (!NAME(block)(links, n_links, from + at[0], to + at[0], at,
				 is_past))
			return false;
	return at[1] == n || NAME(rest)(links, n_links, from + at[0],
					to + at[0], at, n - at[1]);
}

static bool
NAME(run)(const struct weir__link *links, uint32_t n_links, const void *from,
	  void *to, int64_t rows, int64_t n, bool is_past)
{
	int64_t row;

	for (row = 0; row < rows; row++)
		if (!NAME(row)(links, n_links, from, to, row * n, n,
			       is_past))
			return false;
	return true;
}

#undef BINARY
#undef UNARY
#undef ALONE
#undef WITH_ONE
#undef WITH_ALL
#undef PUT_PAST
#undef PUT
#undef TAKE
#undef EACH
#undef T
#undef NAME
#undef LANES
#undef VECTOR
#undef TARGET
#undef LOAD
#undef STORE
#undef STREAM
#undef SET1
#undef ADD
#undef SUB
#undef MUL
#undef DIV
#undef NEG
#undef SQRT
#undef RELU
#undef MAX
#undef ANY_NAN
