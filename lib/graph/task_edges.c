/*
 * What tasks come after, told or from what they access.
 *
 * Tasks that commute on an address are recorded in the order of the program,
 * each after the one before it, as if they read and wrote. What else would do
 * is noted beside that: which of these edges only keep that order, and who is
 * or comes after which set of commuting tasks.
 */
#include "graph/tasks.h"

#include "base/error.h"

/* -- edges ----------------------------------------------------------------------- */

/* The edge that the last task has from an earlier one: mostly the last. */
static size_t
find_edge(const weir_tasks *t, uint32_t earlier)
{
	size_t q = t->n_preds;

	while (t->preds[--q] != earlier)
		;
	return q;
}

/* Of the next edge; few graphs have any. */
static WEIR_COLD weir_status
note_turn(weir_tasks *t, bool is_turn)
{
	if (!t->is_turn) {
		t->is_turn_room = t->preds_room;
		t->is_turn = weir__calloc(t->heap, t->is_turn_room,
					  sizeof *t->is_turn);
		if (!t->is_turn)
			return WEIR_ENOMEM;
	}
	if (weir__grow(t->heap, &t->is_turn, &t->is_turn_room, t->n_preds,
		       sizeof *t->is_turn))
		return WEIR_ENOMEM;
	t->is_turn[t->n_preds] = is_turn;
	return WEIR_OK;
}

static inline void
push_edge(weir_tasks *t, uint32_t earlier)
{
	t->seen[earlier] = (uint32_t)t->n;
	t->preds[t->n_preds++] = earlier;
	t->first_pred[t->n] = (uint32_t)t->n_preds;
}

static weir_status
add_edge(weir_tasks *t, uint32_t earlier, bool is_turn)
{
	if (t->n_preds >= WEIR__NO_TASK - 1)
		return weir_fail(WEIR_ERANGE, "%s: a task graph holds at most "
				 "2^32 - 2 dependencies", t->name);
	if (weir__grow(t->heap, &t->preds, &t->preds_room, t->n_preds,
		       sizeof *t->preds))
		return WEIR_ENOMEM;
	if (t->edge_costs) {
		if (weir__grow(t->heap, &t->edge_costs, &t->edge_costs_room,
			       t->n_preds, sizeof *t->edge_costs))
			return WEIR_ENOMEM;
		t->edge_costs[t->n_preds] = t->edge_cost;
	}
	if ((is_turn || t->is_turn) && note_turn(t, is_turn))
		return WEIR_ENOMEM;
	push_edge(t, earlier);
	return WEIR_OK;
}

/* Most edges have no cost, no turn, and room. */
static inline weir_status
after(weir_tasks *t, uint32_t earlier)
{
	if (t->seen[earlier] != t->n) {
		if (t->n_preds >= t->preds_room || t->edge_costs || t->is_turn)
			return add_edge(t, earlier, false);
		push_edge(t, earlier);
	} else if (t->is_turn) {
		t->is_turn[find_edge(t, earlier)] = false;
	}
	return WEIR_OK;
}

weir_status
weir__tasks_after(weir_tasks *t, uint32_t earlier)
{
	return after(t, earlier);
}

weir_status
weir__tasks_take_turn(weir_tasks *t, uint32_t earlier)
{
	return t->seen[earlier] == t->n ? WEIR_OK
					: add_edge(t, earlier, true);
}

void
weir__tasks_add_edge_cost(weir_tasks *t, uint32_t earlier, double nanoseconds)
{
	t->edge_costs[find_edge(t, earlier)] += (float)nanoseconds;
}

/* -- accesses -------------------------------------------------------------------- */

static inline weir_status
find_state(weir_tasks *t, const void *memory, struct weir__place_state **state)
{
	uint32_t known = weir__pointer_map_get(&t->places, memory);

	if (known == WEIR__NOT_MAPPED) {
		if (weir__grow(t->heap, &t->states, &t->states_room,
			       t->n_states, sizeof *t->states) ||
		    weir__pointer_map_put(&t->places, memory,
					  (uint32_t)t->n_states))
			return WEIR_ENOMEM;
		known = (uint32_t)t->n_states++;
		t->states[known] = (struct weir__place_state){
			.memory = memory,
			.writer = WEIR__NO_TASK,
			.first_reader = WEIR__NO_TASK,
			.set = WEIR__NO_SET,
			.early_writer = WEIR__NO_TASK,
			.early_reader = WEIR__NO_TASK,
			.early_set = WEIR__NO_SET,
		};
	}
	*state = &t->states[known];
	return WEIR_OK;
}

weir_status
weir__tasks_find_place(weir_tasks *t, const void *memory, uint32_t *number)
{
	struct weir__place_state *state;
	weir_status status = find_state(t, memory, &state);

	if (!status)
		*number = (uint32_t)(state - t->states);
	return status;
}

/* A task that does anything else with an address does not commute there. */
static weir_access_mode
mode_of_commuting(const weir_access *accesses, size_t n, size_t which)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (i != which && accesses[i].memory == accesses[which].memory)
			return WEIR_READ_WRITE;
	return WEIR_COMMUTE;
}

static inline weir_access_mode
mode_of(const weir_access *accesses, size_t n, size_t which)
{
	weir_access_mode mode = accesses[which].mode;

	return mode == WEIR_COMMUTE ? mode_of_commuting(accesses, n, which)
				    : mode;
}

/* Whether it commutes with who wrote last. */
static bool
joins(const struct weir__place_state *state, weir_access_mode mode)
{
	return mode == WEIR_COMMUTE && state->set != WEIR__NO_SET &&
	       state->first_reader == WEIR__NO_TASK;
}

weir_status
weir__tasks_use_set(weir_tasks *t, uint32_t set, bool is_member, float cost)
{
	uint32_t task = (uint32_t)(t->n - 1);
	size_t k = t->n_set_uses;

	while (k-- > 0 && t->set_uses[k].task == task)
		if (t->set_uses[k].set == set) {
			t->set_uses[k].cost += cost;
			return WEIR_OK;
		}
	if (weir__grow(t->heap, &t->set_uses, &t->set_uses_room,
		       t->n_set_uses, sizeof *t->set_uses))
		return WEIR_ENOMEM;
	t->set_uses[t->n_set_uses++] = (struct weir__set_use){
		.task = task, .set = set, .cost = cost, .is_member = is_member,
	};
	return WEIR_OK;
}

static weir_status
come_after_set(weir_tasks *t, const struct weir__place_state *state,
	       weir_access_mode mode, double cost)
{
	weir_status status = weir__tasks_take_turn(t, state->writer);

	return status ? status : weir__tasks_use_set(
		t, state->set, joins(state, mode), (float)cost);
}

static inline weir_status
come_after(weir_tasks *t, const struct weir__place_state *state,
	   weir_access_mode mode, double cost)
{
	weir_status status = WEIR_OK;
	uint32_t r;

	if (state->set != WEIR__NO_SET)
		status = come_after_set(t, state, mode, cost);
	else if (state->writer != WEIR__NO_TASK)
		status = after(t, state->writer);
	if (mode == WEIR_READ)
		return status;
	/* Who joins a set finds no readers. */
	for (r = state->first_reader; r != WEIR__NO_TASK && !status;
	     r = t->readers[r].next)
		status = after(t, t->readers[r].task);
	return status;
}

weir_status
weir__tasks_come_after(weir_tasks *t, const struct weir__place_state *state,
		       weir_access_mode mode, double cost)
{
	return come_after(t, state, mode, cost);
}

/* The first of a set, or one more. There is room. */
static void
commute(weir_tasks *t, struct weir__place_state *state, uint32_t task,
	double cost)
{
	struct weir__set *set = &t->sets[t->n_sets];

	if (joins(state, WEIR_COMMUTE)) {
		set = &t->sets[state->set];
		set->last = task;
		set->n++;
	} else {
		*set = (struct weir__set){
			.first = task, .last = task, .n = 1,
			.writer = state->writer,
			.first_reader = state->first_reader,
		};
		state->set = (uint32_t)t->n_sets++;
		t->set_uses[t->n_set_uses++] = (struct weir__set_use){
			.task = task, .set = state->set, .cost = (float)cost,
			.is_member = true,
		};
	}
	if (state->writer == WEIR__NO_TASK) {
		state->early_writer = task;
		state->early_reader = state->first_reader;
		state->early_set = state->set;
	}
	state->writer = task;
	state->first_reader = WEIR__NO_TASK;
}

static void
note_access(weir_tasks *t, const void *memory, weir_access_mode mode,
	    uint32_t task, double cost)
{
	uint32_t number = weir__pointer_map_get(&t->places, memory);
	struct weir__place_state *state = &t->states[number];

	if (mode == WEIR_COMMUTE) {
		commute(t, state, task, cost);
		return;
	}
	if (mode != WEIR_READ) {
		if (state->writer == WEIR__NO_TASK) {
			state->early_writer = task;
			state->early_reader = state->first_reader;
		}
		state->writer = task;
		state->first_reader = WEIR__NO_TASK;
		state->set = WEIR__NO_SET;
		return;
	}
	/* Who wrote it just now reads its own. */
	if (state->writer == task)
		return;
	t->readers[t->n_readers] = (struct weir__reader){
		task, state->first_reader };
	state->first_reader = (uint32_t)t->n_readers++;
}

/* For what note_access() adds; as much as n accesses may. */
static weir_status
make_room(weir_tasks *t, size_t n, size_t commuting)
{
	if (n && weir__grow(t->heap, &t->readers, &t->readers_room,
			    t->n_readers + n - 1, sizeof *t->readers))
		return WEIR_ENOMEM;
	if (commuting &&
	    (weir__grow(t->heap, &t->sets, &t->sets_room,
			t->n_sets + commuting - 1, sizeof *t->sets) ||
	     weir__grow(t->heap, &t->set_uses, &t->set_uses_room,
			t->n_set_uses + commuting - 1, sizeof *t->set_uses)))
		return WEIR_ENOMEM;
	return WEIR_OK;
}

/* All that can fail, before anything is noted. */
static inline weir_status
order(weir_tasks *t, const weir_access *accesses, size_t n,
      const double *told)
{
	struct weir__place_state *state;
	weir_status status = WEIR_OK;
	size_t commuting = 0, i;

	for (i = 0; i < n && !status; i++) {
		weir_access_mode mode = mode_of(accesses, n, i);
		/* Who only keeps an order hands nothing over. */
		double cost = !told ? -1 : mode == WEIR_WRITE ? 0 : told[i];

		commuting += mode == WEIR_COMMUTE;
		if (find_state(t, accesses[i].memory, &state))
			return WEIR_ENOMEM;
		status = come_after(t, state, mode, cost);
		if (!status && cost > 0 && state->writer != WEIR__NO_TASK)
			weir__tasks_add_edge_cost(t, state->writer, cost);
	}
	return status ? status : make_room(t, n, commuting);
}

static inline void
note(weir_tasks *t, const weir_access *accesses, size_t n, const double *told)
{
	size_t i;

	for (i = 0; i < n; i++)
		note_access(t, accesses[i].memory, mode_of(accesses, n, i),
			    (uint32_t)(t->n - 1), told ? told[i] : -1);
}

weir_status
weir__tasks_order(weir_tasks *t, const weir_access *accesses, size_t n,
		  const double *edge_nanoseconds)
{
	return order(t, accesses, n, edge_nanoseconds);
}

void
weir__tasks_note(weir_tasks *t, const weir_access *accesses, size_t n,
		 const double *edge_nanoseconds)
{
	note(t, accesses, n, edge_nanoseconds);
}

weir_status
weir__tasks_access(weir_tasks *t, const weir_access *accesses, size_t n,
		   const double *edge_nanoseconds)
{
	weir_status status = order(t, accesses, n, edge_nanoseconds);

	if (!status)
		note(t, accesses, n, edge_nanoseconds);
	return status;
}
