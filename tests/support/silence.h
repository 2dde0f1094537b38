/* Whether code prints: what goes to descriptors 1 and 2 is kept in a file. */
#ifndef SUPPORT_SILENCE_H
#define SUPPORT_SILENCE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

struct silence {
	FILE *kept;
	int out, err;
};

static inline void
silence_begin(struct silence *s)
{
	fflush(NULL);
	s->kept = tmpfile();
	cr_assert(s->kept);
	s->out = dup(1);
	s->err = dup(2);
	dup2(fileno(s->kept), 1);
	dup2(fileno(s->kept), 2);
}

/* Everything goes where it went before; how many bytes were printed. */
static inline long
silence_end(struct silence *s)
{
	long bytes;

	fflush(stdout);
	fflush(stderr);
	dup2(s->out, 1);
	dup2(s->err, 2);
	close(s->out);
	close(s->err);
	fseek(s->kept, 0, SEEK_END);
	bytes = ftell(s->kept);
	fclose(s->kept);
	return bytes;
}

#endif
