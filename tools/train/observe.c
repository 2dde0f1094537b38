/* Thresholds are relative, so that they fit losses of any size. */
#include "observe.h"

#include <math.h>

#define NOTICEABLE 0.01		/* a change of the training loss */
#define OVERFIT 0.02		/* test loss above the lowest so far */
#define RUNAWAY 2.0		/* times the loss before training */

enum observation
observe(const double *loss, const double *test_loss, size_t n)
{
	double change, lowest = test_loss[0];
	size_t i;

	if (!isfinite(loss[n]) || !isfinite(test_loss[n]) ||
	    loss[n] > RUNAWAY * loss[0])
		return DIVERGED;
	for (i = 1; i < n; i++)
		lowest = fmin(lowest, test_loss[i]);
	change = (loss[n] - loss[n - 1]) / fmax(fabs(loss[n - 1]), 1e-300);
	if (change < 0 && test_loss[n] > test_loss[n - 1] &&
	    test_loss[n] > lowest * (1 + OVERFIT))
		return OVERFITTING;
	if (change <= -NOTICEABLE)
		return FALLING;
	return change < NOTICEABLE ? PLATEAU : RISING;
}

const char *
observation_name(enum observation observation)
{
	static const char *const names[] = {
		[FALLING] = "falling", [PLATEAU] = "plateau",
		[OVERFITTING] = "overfitting", [RISING] = "rising",
		[DIVERGED] = "diverged"
	};

	return names[observation];
}
