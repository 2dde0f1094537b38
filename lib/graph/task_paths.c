#include "graph/task_paths.h"

#include <string.h>

#include "graph/task_args.h"

/* "name", or "name/rest". */
static const char *
join(weir_tasks *t, const char *name, const char *rest)
{
	size_t head = strlen(name), tail = rest ? strlen(rest) + 1 : 0;
	char *text = weir__task_args_room(&t->args, t->heap, head + tail + 1);

	if (!text)
		return NULL;
	memcpy(text, name, head + 1);
	if (rest) {
		text[head] = '/';
		memcpy(text + head + 1, rest, tail);
	}
	return text;
}

weir_status
weir__task_paths_prepare(weir_tasks *t, const weir_tasks *added)
{
	size_t n = t->n_paths, end = n + added->n_paths + 2, i;
	const char *name;

	if (weir__grow(t->heap, &t->paths, &t->paths_room, end,
		       sizeof *t->paths))
		return WEIR_ENOMEM;
	name = join(t, added->name, NULL);
	if (!name)
		return WEIR_ENOMEM;
	t->paths[n++] = (struct weir__task_path){ (uint32_t)t->n, name };
	for (i = 0; i < added->n_paths; i++) {
		const struct weir__task_path *own = &added->paths[i];
		const char *text = own->text ? join(t, name, own->text) : name;

		if (!text)
			return WEIR_ENOMEM;
		t->paths[n++] = (struct weir__task_path){
			(uint32_t)t->n + own->first, text };
	}
	t->paths[n] = (struct weir__task_path){
		(uint32_t)(t->n + added->n), NULL };
	return WEIR_OK;
}

void
weir__task_paths_commit(weir_tasks *t, const weir_tasks *added)
{
	t->n_paths += added->n_paths + 2;
}

const char *
weir__task_path(const struct weir__task_path *paths, size_t n, uint32_t task)
{
	size_t begin = 0;

	while (begin < n) {	/* the last one that begins by then is wanted */
		size_t middle = begin + (n - begin) / 2;

		if (paths[middle].first <= task)
			begin = middle + 1;
		else
			n = middle;
	}
	return begin ? paths[begin - 1].text : NULL;
}
