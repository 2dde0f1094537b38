/* Which elements a piece of work touches. */
#include "ops/invoke.h"
#include "plan/plan.h"

void
weir__work_reach(const struct weir__step *step, const struct weir__work *work,
		 uint32_t operand, int64_t *first, int64_t *last)
{
	const weir_spec *spec = operand < step->call.n_in
		? step->call.in[operand]
		: step->call.out[operand - step->call.n_in];

	if (work->begin < work->end) {
		weir__reach(&step->call, operand, work->begin, work->end,
			    first, last);
		return;
	}
	*first = 0;
	*last = weir__spec_elements(spec);
}

void
weir__work_reach_of_value(const weir_plan *plan, const struct weir__work *work,
			  uint32_t operand, int64_t *first, int64_t *last)
{
	const struct weir__step *step = &plan->steps[work->step];
	const struct weir__slot *slot = &plan->slots[step->first_slot +
						     operand];

	if (operand >= step->call.n_in || slot->is_direct) {
		weir__work_reach(step, work, operand, first, last);
		return;
	}
	*first = 0;
	*last = INT64_MAX;
}
