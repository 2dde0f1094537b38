/* What a file says of calls that have bodies, beside what all calls have. */
#include <inttypes.h>

#include "api/saved_write.h"
#include "base/json.h"
#include "graph/control_node.h"

static void
tell_numbers(const uint32_t *list, uint32_t n, struct weir__text *text)
{
	uint32_t i;

	weir__text_add(text, ",[");
	for (i = 0; i < n; i++)
		weir__text_add(text, i ? ",%u" : "%u", list[i]);
	weir__text_add(text, "]");
}

void
weir__tell_control(const struct weir__telling *t, const struct weir__control *c,
		   struct weir__text *text)
{
	weir__text_add(text, ",");
	weir__json_add_string(text, weir__control_op(c->kind)->name);
	weir__text_add(text, ",%u,%" PRId64 ",%s", c->n_given,
		       c->max_iterations, c->keeps_rows ? "true" : "false");
	if (t->saving->has_rows && c->kind == WEIR__REPEAT)
		weir__text_add(text, ",%s,%u", c->is_forward ? "true" : "false",
			       c->n_yields);
	tell_numbers(c->initial, c->n_states, text);
	tell_numbers(c->assigned, c->n_assigned, text);
}

void
weir__tell_fed(const struct weir__telling *t, const struct weir__gvalue *input,
	       struct weir__text *text)
{
	const struct weir__feed *feed = &t->feeds[input->index];
	const struct weir__origin *from = input->origin;

	switch (feed->from) {
	case WEIR__FROM_OPERAND:
		weir__text_add(text, ",%u", feed->index);
		break;
	case WEIR__FROM_STATE:
		weir__text_add(text, ",%" PRId64, -1 - (int64_t)feed->index);
		break;
	case WEIR__FROM_ROW:
		weir__text_add(text, ",[%u]", feed->index);
		break;
	}
	if (!from) {
		weir__text_add(text, ",[]");
		return;
	}
	weir__text_add(text, ",[%d,", from->path
		       ? (int)weir__pointer_map_get(&t->saving->scopes.map,
						    from->path)
		       : -1);
	weir__json_add_string(text, from->op ? from->op : "");
	weir__text_add(text, ",%u]",
		       weir__pointer_map_get(&t->saving->sites.map,
					     weir__saved_site(from->site)));
}
