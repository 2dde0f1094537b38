#include "exec/late.h"

enum { SHARE = 4 };		/* of the job that lateness must be, to matter */
enum { TIMES = 16 };		/* that it is: how long to go alone at first */

static const uint64_t MOST_NS = 1000000000;

void
weir__late_note(struct weir__late *late, uint64_t called, uint64_t came,
		uint64_t over)
{
	uint64_t lateness = came ? came - called : 0, pause;

	late->until = 0;
	if (lateness < WEIR__LATE_NS || SHARE * lateness < over - called) {
		late->pause = 0;
		return;
	}
	pause = TIMES * lateness;
	if (pause < 2 * late->pause)
		pause = 2 * late->pause;
	late->pause = pause < MOST_NS ? pause : MOST_NS;
	late->until = over + late->pause;
}
