#include "base/text.h"

#include <stddef.h>

/* The heap goes before the characters, so that a string can be released by
 * its address alone and may outlive the runtime. */
struct owned_text {
	struct weir__heap *heap;
	char characters[];
};

weir_status
weir__text_make(struct weir__heap *heap, weir__print_fn print, const void *arg,
		char **text)
{
	struct owned_text *owned;
	struct weir__text length, writer;

	weir__text_init(&length, NULL, 0);
	print(arg, &length);
	owned = weir__alloc(heap, sizeof *owned + length.length + 1);
	if (!owned)
		return WEIR_ENOMEM;
	owned->heap = weir__heap_retain(heap);
	weir__text_init(&writer, owned->characters, length.length + 1);
	print(arg, &writer);
	*text = owned->characters;
	return WEIR_OK;
}

void
weir_text_release(char *text)
{
	struct owned_text *owned;
	struct weir__heap *heap;

	if (!text)
		return;
	owned = (struct owned_text *)(text - offsetof(struct owned_text,
						      characters));
	heap = owned->heap;
	weir__free(heap, owned);
	weir__heap_release(heap);
}

void
weir__text_quoted(struct weir__text *text, const char *string)
{
	for (; *string; string++)
		weir__text_add(text, *string == '"' || *string == '\\'
			       ? "\\%c" : "%c", *string);
}
