/* An op that takes 20 ms and no processor. */
#ifndef SUPPORT_SLEEPER_H
#define SUPPORT_SLEEPER_H

#include <time.h>
#include <weir/op.h>

static inline weir_status
sleep_infer(const weir_call *call, weir_spec *out)
{
	(void)call;
	*out = (weir_spec){ .dtype = WEIR_F64, .rank = 0 };
	return WEIR_OK;
}

static inline weir_status
sleep_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	struct timespec t = { .tv_nsec = 20 * 1000 * 1000 };

	(void)begin, (void)end;
	nanosleep(&t, NULL);
	*(double *)kernel->out[0].data = *(double *)kernel->in[0].data;
	return WEIR_OK;
}

/* No cost: taken as heavy. */
static const weir_op sleep_op = {
	.size = sizeof(weir_op), .name = "sleep", .doc = "20 ms of nothing.",
	.n_in = 1, .n_out = 1, .infer = sleep_infer, .kernel = sleep_kernel,
};

#endif
