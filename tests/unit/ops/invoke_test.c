#include <criterion/criterion.h>
#include <string.h>

#include "ops/invoke.h"

static weir_status
return_attrs(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const int *status = kernel->call.attrs;

	(void)begin;
	(void)end;
	if (*status == WEIR_ERANGE)
		return weir_fail(WEIR_ERANGE, "row 7");
	return (weir_status)*status;
}

static weir_op
op_of(void)
{
	weir_op op = { .size = sizeof op, .name = "mine",
		       .fallible = WEIR_ANY_DTYPE, .kernel = return_attrs };

	return op;
}

static weir_status
invoke(const weir_op *op, int status)
{
	weir_kernel kernel = { .call = { .op = op, .attrs = &status } };

	weir_fail(WEIR_EINVAL, "old");
	return weir__invoke_whole(NULL, &kernel, 1, 0);
}

Test(invoke, hands_on_a_kernels_status_and_sentence)
{
	weir_op op = op_of();

	cr_expect_eq(invoke(&op, WEIR_OK), WEIR_OK);
	cr_expect_eq(invoke(&op, WEIR_ERANGE), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "row 7");
}

Test(invoke, never_leaves_the_sentence_empty_or_old)
{
	weir_op op = op_of();

	cr_expect_eq(invoke(&op, WEIR_ENOMEM), WEIR_ENOMEM);
	cr_expect(strstr(weir_error_text(), "mine"), "%s", weir_error_text());
	cr_expect(strstr(weir_error_text(), "WEIR_ENOMEM"));
}

Test(invoke, what_is_no_status_becomes_one)
{
	weir_op op = op_of();

	cr_expect_eq(invoke(&op, -5), WEIR_EOP);
	cr_expect(strstr(weir_error_text(), "-5"), "%s", weir_error_text());
	cr_expect_eq(invoke(&op, 1000), WEIR_EOP);
}

static int finished;

static weir_status
finish(const weir_kernel *kernel)
{
	(void)kernel;
	finished++;
	return WEIR_OK;
}

static int64_t
no_tiles(const weir_call *call)
{
	(void)call;
	return -3;
}

Test(invoke, finishes_a_call_without_tiles_but_not_a_failed_one)
{
	weir_op op = op_of();
	weir_kernel kernel = { .call = { .op = &op } };
	int status = WEIR_EOP;

	op.finish = finish;
	op.tiles = no_tiles;
	cr_expect_eq(weir__tiles(&kernel.call), 0);
	cr_expect_eq(weir__invoke_whole(NULL, &kernel, 0, 0), WEIR_OK);
	cr_expect_eq(finished, 1);
	op.tiles = NULL;
	kernel.call.attrs = &status;
	cr_expect_eq(weir__tiles(&kernel.call), 1);
	cr_expect_eq(weir__invoke_whole(NULL, &kernel, 1, 0), WEIR_EOP);
	cr_expect_eq(finished, 1);
}
