/*
 * Who the tracks of a Chrome trace are: a process stands for a NUMA node, a
 * thread for a worker, a calling thread, or what overlaps on one.
 */
#include "base/error.h"
#include "trace/chrome.h"

static void
put_fact(struct weir__chrome *w, const char *name, int pid, unsigned tid)
{
	weir__chrome_begin(w, "M", "__metadata");
	weir__out_key_string(w->out, "name", name);
	weir__out_key_int(w->out, "pid", pid);
	weir__out_key_int(w->out, "tid", tid);
	weir__out_text(w->out, ",\"ts\":0,\"args\":{");
}

static void
put_text_fact(struct weir__chrome *w, const char *name, int pid, unsigned tid,
	      const char *key, const char *text)
{
	put_fact(w, name, pid, tid);
	weir__out_string(w->out, key);
	weir__out_text(w->out, ":");
	weir__out_string(w->out, text);
	weir__out_text(w->out, "}}");
}

static void
put_sort_index(struct weir__chrome *w, const char *name, int pid, unsigned tid,
	       int64_t index)
{
	put_fact(w, name, pid, tid);
	weir__out_text(w->out, "\"sort_index\":");
	weir__out_int(w->out, index);
	weir__out_text(w->out, "}}");
}

const char *
weir__chrome_binding(const struct weir__tracer *tracer)
{
	return tracer->are_bound ? "bound" : "unbound";
}

static void
name_track(char *text, size_t size, const struct weir__chrome *w,
	   const struct weir__track *track)
{
	struct weir__text name;

	weir__text_init(&name, text, size);
	if (track->worker)
		weir__text_add(&name, "worker %d", track->worker);
	else if (track->caller == 1)
		weir__text_add(&name, "caller");
	else
		weir__text_add(&name, "caller %u", track->caller);
	if (track->lane)
		weir__text_add(&name, ", overlapping %u", track->lane);
	if (w->is_logical)
		return;
	if (track->worker && w->tracer->are_bound && track->cpu >= 0)
		weir__text_add(&name, " (cpu %d)", track->cpu);
	else
		weir__text_add(&name, " (unbound)");
}

static void
put_process(struct weir__chrome *w, const struct weir__track *track)
{
	char text[64];
	struct weir__text name;

	weir__text_init(&name, text, sizeof text);
	if (w->is_logical)
		weir__text_add(&name, "weir, logical clock");
	else
		weir__text_add(&name, "NUMA node %d", track->node);
	put_text_fact(w, "process_name", track->node + 1, track->tid, "name",
		      text);
	if (!w->is_logical)
		put_text_fact(w, "process_labels", track->node + 1, track->tid,
			      "labels", weir__chrome_binding(w->tracer));
	put_sort_index(w, "process_sort_index", track->node + 1, track->tid,
		       track->node);
}

void
weir__chrome_tracks(struct weir__chrome *w)
{
	const struct weir__timeline *timeline = &w->timeline;
	int node = -1;
	size_t tid, i;

	/* All was lost: still a file that viewers open. */
	if (!timeline->n_tracks)
		put_text_fact(w, "process_name", 1, 1, "name", "weir");
	for (tid = 1; tid <= timeline->n_tracks; tid++) {
		const struct weir__track *track = timeline->tracks;
		char name[96];

		for (i = 0; track->tid != tid; i++)
			track = &timeline->tracks[i];
		if (track->node != node)
			put_process(w, track);
		if (tid == 1)
			w->first_pid = track->node + 1;
		node = track->node;
		name_track(name, sizeof name, w, track);
		put_text_fact(w, "thread_name", node + 1, track->tid, "name",
			      name);
		put_sort_index(w, "thread_sort_index", node + 1, track->tid,
			       track->tid);
	}
}
