#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "sample.h"
#include "trace/clock.h"

static void
sleep_ms(int ms)
{
	struct timespec t = { 0, ms * 1000000L };

	nanosleep(&t, NULL);
}

Test(clock, agrees_with_the_system)
{
	struct weir__clock clock;
	uint64_t ticks[2], ns[2];
	int64_t measured;

	weir__clock_start(&clock, false);
	ns[0] = weir__clock_monotonic();
	ticks[0] = weir__clock_now(&clock);
	sleep_ms(30);
	ticks[1] = weir__clock_now(&clock);
	ns[1] = weir__clock_monotonic();
	weir__clock_calibrate(&clock);
	measured = weir__clock_ns(&clock, ticks[1]) -
		   weir__clock_ns(&clock, ticks[0]);
	cr_expect_leq(measured, (int64_t)(ns[1] - ns[0]) + 1000);
	cr_expect_geq(measured, 30000000 - 1000);
}

Test(clock, knows_times_before_its_start)
{
	struct weir__clock clock;

	weir__clock_start(&clock, false);
	weir__clock_calibrate(&clock);
	cr_expect_lt(weir__clock_ns(&clock, clock.first.ticks - 1000000), 0);
	cr_expect_eq(weir__clock_ns(&clock, clock.first.ticks), 0);
}

Test(clock, never_runs_backwards_on_one_thread)
{
	struct weir__clock clock;
	uint64_t last = 0, now;
	int i;

	weir__clock_start(&clock, false);
	for (i = 0; i < 1000000; i++, last = now) {
		now = weir__clock_now(&clock);
		cr_assert_geq(now, last);
	}
}

Test(clock, counts_calls_when_logical)
{
	struct weir__clock clock;
	uint64_t i;

	weir__clock_start(&clock, true);
	for (i = 1; i <= 10; i++)
		cr_expect_eq(weir__clock_now(&clock), i);
	weir__clock_calibrate(&clock);
	cr_expect_eq(weir__clock_ns(&clock, 7), 7000);
	cr_expect_str_eq(weir__clock_name(&clock), "logical");
}

Test(clock, can_be_asked_for_by_the_environment)
{
	struct recording r;
	weir_trace_options options = { .size = sizeof options };

	setenv("WEIR_TRACE_CLOCK", "logical", 1);
	begin_recording(&r, WEIR_TRACE_TIME, 0);
	cr_expect_eq(r.tracer->clock.kind, WEIR__CLOCK_LOGICAL);
	weir__tracer_stop(r.tracer);
	setenv("WEIR_TRACE_CLOCK", "sundial", 1);
	cr_expect_eq(weir__tracer_start(r.tracer, NULL), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "WEIR_TRACE_CLOCK is \"sundial\":"
			 " it must be \"time\" or \"logical\"");
	unsetenv("WEIR_TRACE_CLOCK");
	options.size = 0;
	cr_expect_eq(weir__tracer_start(r.tracer, &options), WEIR_EINVAL);
	options.size = sizeof options;
	options.clock = (weir_trace_clock)7;
	cr_expect_eq(weir__tracer_start(r.tracer, &options), WEIR_EINVAL);
	end_recording(&r);
}
