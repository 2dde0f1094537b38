#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

Test(error, names_every_status)
{
	int i;

	for (i = WEIR_OK; i <= WEIR_ETIMEDOUT; i++)
		cr_expect_eq(strncmp(weir_status_name((weir_status)i),
				     "WEIR_", 5), 0, "status %d", i);
	cr_expect_str_eq(weir_status_name(WEIR_ESHAPE), "WEIR_ESHAPE");
}

Test(error, names_what_is_no_status)
{
	cr_expect_str_eq(weir_status_name((weir_status)-1), "unknown status");
	cr_expect_str_eq(weir_status_name((weir_status)1000),
			 "unknown status");
}

Test(error, is_empty_before_the_first_failure)
{
	cr_expect_str_eq(weir_error_text(), "");
}

Test(error, keeps_the_sentence_of_the_last_failure)
{
	cr_expect_eq(weir_fail(WEIR_ERANGE, "row %d", 7), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "row 7");
	weir_fail(WEIR_EIO, "disk");
	cr_expect_str_eq(weir_error_text(), "disk");
}

Test(error, can_quote_the_sentence_before)
{
	weir_fail(WEIR_EIO, "inner");
	weir_fail(WEIR_EIO, "outer: %s", weir_error_text());
	cr_expect_str_eq(weir_error_text(), "outer: inner");
}

Test(error, marks_a_sentence_that_is_too_long)
{
	static char text[3 * WEIR__ERROR_SIZE];

	memset(text, 'x', sizeof text - 1);
	weir_fail(WEIR_EINVAL, "%s", text);
	cr_expect_eq(strlen(weir_error_text()), WEIR__ERROR_SIZE - 1);
	cr_expect_str_eq(weir_error_text() + WEIR__ERROR_SIZE - 4, "...");
	text[WEIR__ERROR_SIZE - 1] = '\0';
	weir_fail(WEIR_EINVAL, "%s", text);
	cr_expect_str_eq(weir_error_text(), text, "it fits exactly");
}

static void *
fail_elsewhere(void *unused)
{
	(void)unused;
	cr_expect_str_eq(weir_error_text(), "");
	weir_fail(WEIR_EIO, "in the other thread");
	return NULL;
}

Test(error, belongs_to_its_thread)
{
	pthread_t thread;

	weir_fail(WEIR_EIO, "here");
	cr_assert_eq(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
	pthread_join(thread, NULL);
	cr_expect_str_eq(weir_error_text(), "here");
}

Test(text, is_built_piece_by_piece)
{
	struct weir__text text;
	char buffer[32];

	weir__text_init(&text, buffer, sizeof buffer);
	weir__text_add(&text, "f32[");
	weir__text_add(&text, "%d,%d]", 3, 4);
	cr_expect_str_eq(buffer, "f32[3,4]");
	cr_expect_eq(text.length, 8);
}

Test(text, is_cut_with_a_mark_and_knows_its_whole_length)
{
	struct weir__text text;
	char buffer[9];
	int i;

	weir__text_init(&text, buffer, sizeof buffer);
	for (i = 0; i < 10; i++)
		weir__text_add(&text, "%d", i);
	cr_expect_str_eq(buffer, "01234...");
	cr_expect_eq(text.length, 10);
}

Test(text, can_be_measured_without_a_buffer)
{
	struct weir__text text;

	weir__text_init(&text, NULL, 0);
	weir__text_add(&text, "%s", "twelve bytes");
	cr_expect_eq(text.length, 12);
}
