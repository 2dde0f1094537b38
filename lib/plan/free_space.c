#include "plan/free_space.h"

struct weir__free_range {
	size_t offset, bytes;
	size_t most;		/* bytes of the largest below it and itself */
	uint32_t low, high;	/* children; of one not used, low: the next */
	uint32_t priority;	/* not below that of a child */
};

/* -- the tree ------------------------------------------------------------- */

static void
update(struct weir__free_space *s, uint32_t at)
{
	struct weir__free_range *r = &s->ranges[at];
	size_t low = s->ranges[r->low].most, high = s->ranges[r->high].most;

	r->most = r->bytes;
	if (r->most < low)
		r->most = low;
	if (r->most < high)
		r->most = high;
}

/* All of a, which lie lower, and all of b. */
static uint32_t
join(struct weir__free_space *s, uint32_t a, uint32_t b)
{
	struct weir__free_range *r = s->ranges;

	if (!a || !b)
		return a ? a : b;
	if (r[a].priority >= r[b].priority) {
		r[a].high = join(s, r[a].high, b);
		update(s, a);
		return a;
	}
	r[b].low = join(s, a, r[b].low);
	update(s, b);
	return b;
}

/* Those below an offset, and the others. */
static void
split(struct weir__free_space *s, uint32_t at, size_t offset, uint32_t *below,
      uint32_t *rest)
{
	struct weir__free_range *r = &s->ranges[at];

	if (!at) {
		*below = *rest = 0;
		return;
	}
	if (r->offset < offset) {
		split(s, r->high, offset, &r->high, rest);
		*below = at;
	} else {
		split(s, r->low, offset, below, &r->low);
		*rest = at;
	}
	update(s, at);
}

static void
give_up(struct weir__free_space *s, uint32_t at)
{
	s->ranges[at].low = s->spare;
	s->spare = at;
}

/* Remove the last range, or the first, if it ends, or begins, there; what is
 * left, and its bytes. */
static uint32_t
remove_beside(struct weir__free_space *s, uint32_t at, bool is_last,
	      size_t there, size_t *bytes)
{
	struct weir__free_range *r = &s->ranges[at];
	uint32_t *next = is_last ? &r->high : &r->low, rest;

	if (!at)
		return 0;
	if (*next) {
		*next = remove_beside(s, *next, is_last, there, bytes);
		update(s, at);
		return at;
	}
	if (there != (is_last ? r->offset + r->bytes : r->offset))
		return at;
	*bytes = r->bytes;
	rest = is_last ? r->low : r->high;
	give_up(s, at);
	return rest;
}

/* -- taking and giving back ----------------------------------------------- */

static uint32_t
new_range(struct weir__free_space *s, size_t offset, size_t bytes)
{
	uint32_t at = s->spare;
	struct weir__free_range *r = &s->ranges[at];

	s->spare = r->low;
	r->offset = offset;
	r->bytes = r->most = bytes;
	r->low = r->high = 0;
	r->priority = at * 2654435769u;		/* as good as random */
	r->priority ^= r->priority >> 15;
	return at;
}

/* Of a tree that has so many; what it is then. */
static uint32_t
take_from(struct weir__free_space *s, uint32_t at, size_t bytes,
	  size_t *offset)
{
	struct weir__free_range *r = &s->ranges[at];
	uint32_t rest;

	if (s->ranges[r->low].most >= bytes) {
		r->low = take_from(s, r->low, bytes, offset);
	} else if (r->bytes < bytes) {
		r->high = take_from(s, r->high, bytes, offset);
	} else {
		*offset = r->offset;
		r->offset += bytes;
		r->bytes -= bytes;
		if (!r->bytes) {
			rest = join(s, r->low, r->high);
			give_up(s, at);
			return rest;
		}
	}
	update(s, at);
	return at;
}

/* There is always enough at the end. */
size_t
weir__free_space_take(struct weir__free_space *s, size_t bytes)
{
	size_t offset = 0;

	s->root = take_from(s, s->root, bytes, &offset);
	return offset;
}

void
weir__free_space_give(struct weir__free_space *s, size_t offset, size_t bytes)
{
	size_t before = 0, after = 0;
	uint32_t below, rest;

	split(s, s->root, offset, &below, &rest);
	below = remove_beside(s, below, true, offset, &before);
	rest = remove_beside(s, rest, false, offset + bytes, &after);
	below = join(s, below, new_range(s, offset - before,
					 before + bytes + after));
	s->root = join(s, below, rest);
}

/* -- making and releasing ------------------------------------------------- */

weir_status
weir__free_space_init(struct weir__free_space *s, struct weir__heap *heap,
		      uint32_t takes)
{
	uint32_t n = takes + 2, i;	/* one between any two, and the ends */

	s->heap = heap;
	s->ranges = weir__calloc(heap, (size_t)n + 1, sizeof *s->ranges);
	if (!s->ranges)
		return WEIR_ENOMEM;
	for (i = 1; i < n; i++)
		s->ranges[i].low = i + 1;
	s->spare = 1;
	s->root = new_range(s, 0, SIZE_MAX);
	return WEIR_OK;
}

void
weir__free_space_free(struct weir__free_space *s)
{
	weir__free(s->heap, s->ranges);
}
