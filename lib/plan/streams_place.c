/* Streams into the memory of those who run them. */
#include "plan/streams.h"

/* Where a worker's entries begin; those of the one after the last: where all
 * end. */
typedef uint32_t (*border_fn)(const struct weir__schedule *s, unsigned worker);

/* An array with so many bytes an entry. */
static void
place(const struct weir__schedule *s, const struct weir__topology *topology,
      void *array, size_t size, border_fn border)
{
	struct weir__placed part;
	size_t all = size * border(s, s->workers);
	unsigned w;

	for (w = 0; w < s->workers; w++) {
		part = (struct weir__placed){
			size * border(s, w), size * border(s, w + 1),
			weir__topology_node_of_worker(topology, w) };
		weir__topology_place_parts(topology, array, all, &part, 1);
	}
}

static uint32_t
first_block(const struct weir__schedule *s, unsigned worker)
{
	return s->first_block[worker];
}

static uint32_t
first_item(const struct weir__schedule *s, unsigned worker)
{
	return s->first_item[s->first_block[worker]];
}

static uint32_t
first_wait(const struct weir__schedule *s, unsigned worker)
{
	return s->first_wait[s->first_block[worker]];
}

void
weir__streams_place(const struct weir__schedule *s,
		    const struct weir__topology *topology, void *beside,
		    size_t size)
{
	place(s, topology, beside, size, first_item);
	place(s, topology, s->items, sizeof *s->items, first_item);
	place(s, topology, s->first_item, sizeof *s->first_item, first_block);
	place(s, topology, s->first_wait, sizeof *s->first_wait, first_block);
	place(s, topology, s->waits, sizeof *s->waits, first_wait);
}
