/* Confusion matrix, and what follows from it. */
#include "metrics.h"

#include <math.h>
#include <stdio.h>

#define RECALL_EXPECTED 0.5

static double
ratio(int64_t part, int64_t whole)
{
	return whole != 0 ? (double)part / (double)whole : NAN;
}

struct metrics
metrics_of(const unsigned char *actual, const unsigned char *predicted,
	   size_t n)
{
	struct metrics m = { .n = (int64_t)n };
	int64_t actually[2];
	size_t i;
	int c;

	for (i = 0; i < n; i++)
		m.confusion[actual[i] != 0][predicted[i] != 0]++;
	for (c = 0; c < 2; c++) {
		actually[c] = m.confusion[c][0] + m.confusion[c][1];
		m.recall[c] = ratio(m.confusion[c][c], actually[c]);
		m.precision[c] = ratio(m.confusion[c][c], m.confusion[0][c] +
							  m.confusion[1][c]);
	}
	m.accuracy = ratio(m.confusion[0][0] + m.confusion[1][1], m.n);
	m.majority = actually[1] > actually[0];
	m.majority_rate = ratio(actually[m.majority], m.n);
	return m;
}

bool
metrics_mislead(const struct metrics *m, char *text, size_t size)
{
	int worse = m->recall[0] < m->recall[1] ? 0 : 1;
	char than[96];

	if (isnan(m->recall[0]) || isnan(m->recall[1]) ||
	    m->accuracy < m->majority_rate ||
	    m->recall[worse] >= RECALL_EXPECTED)
		return false;
	/* both are counts over n, so they are equal or they are not */
	if (m->accuracy > m->majority_rate)
		snprintf(than, sizeof(than), "misleads: always answering %d "
			 "gives %.1f %%", m->majority, 100 * m->majority_rate);
	else
		snprintf(than, sizeof(than), "is no better than always "
			 "answering %d", m->majority);
	snprintf(text, size, "accuracy %.1f %% %s, and of class %d only %.0f "
		 "%% are found (recall %.2f)", 100 * m->accuracy, than, worse,
		 100 * m->recall[worse], m->recall[worse]);
	return true;
}
