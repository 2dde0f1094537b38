/*
 * JSON that is read: text to a tree. Of numbers, integers only: nothing that
 * the library reads has others.
 *
 * By hand, not by a library (jansson has one allocator for the whole process,
 * which is the application's): its memory is the heap's like all other, so that
 * a program's allocator and the tests of its failures see it, and programs
 * that link weir need nothing more.
 */
#ifndef WEIR_BASE_JSON_TREE_H
#define WEIR_BASE_JSON_TREE_H

#include "base/arena.h"
#include "base/error.h"

enum weir__json_type {
	WEIR__JSON_NULL,
	WEIR__JSON_BOOL,
	WEIR__JSON_INTEGER,
	WEIR__JSON_STRING,
	WEIR__JSON_ARRAY,
	WEIR__JSON_OBJECT
};

struct weir__json {
	enum weir__json_type type;
	const char *key;		/* in an object; else NULL */
	struct weir__json *next;	/* in its array or object */
	union {
		int64_t integer;	/* of a bool: 0 or 1 */
		struct {
			char *text;	/* UTF-8, and no 0 in it */
			size_t length;
		};
		struct {
			struct weir__json *first;
			size_t n;
		};
	};
};

/*
 * The tree of a whole text. Its strings are in the text, which is changed for
 * it; the rest is in the arena. Keys of an object are distinct.
 *
 * WEIR_EFORMAT with the reason and the byte, counted from 0; WEIR_ENOMEM.
 */
weir_status
weir__json_parse(struct weir__arena *arena, char *text, size_t size,
		 struct weir__json **tree);

/* The entry of an object, or NULL; also where it is no object. Cost: O(n). */
struct weir__json *
weir__json_get(const struct weir__json *object, const char *key);

/* Whether there is one, and of this type: json may be NULL. */
static inline bool
weir__json_is(const struct weir__json *json, enum weir__json_type type)
{
	return json && json->type == type;
}

#endif
