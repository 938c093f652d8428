/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /v1/policy/exceptions. */
#include "clock.h"
#include "views.h"

struct shown {
	const struct ost_exception *exception;
	enum ost_exception_state state;
};

static int shown_compare(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;
	int64_t p, q;

	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	p = x->state == OST_EXCEPTION_TO_COME ? x->exception->since_s : x->exception->until_s;
	q = x->state == OST_EXCEPTION_TO_COME ? y->exception->since_s : y->exception->until_s;
	if (p == q)
		return memcmp(x->exception->key, y->exception->key, sizeof(x->exception->key));
	return (p < q) == (x->state != OST_EXCEPTION_OVER) ? -1 : 1;
}

/* Who applied the generation that brought it: most have come with the same as the one before. */
static void author_json(struct ost_daemon *d, uint64_t generation, struct ost_generation *known, struct ost_jsonw *w)
{
	if (generation != 0 && generation != known->number &&
		(generation == d->in_force.number || ost_registry_generation_get(d->registry, generation, known) < 0))
		*known = generation == d->in_force.number ? d->in_force : (struct ost_generation){.number = generation};
	ost_jsonw_u64(w, "brought_by_generation", generation);
	ost_jsonw_string(w, "by", generation != 0 && known->by[0] != '\0' ? known->by : NULL);
	ost_jsonw_time(w, "brought", generation != 0 ? known->applied_wall_ns : 0);
}

static void exception_json(struct ost_daemon *d, const struct shown *s, int64_t now_s, struct ost_generation *known, struct ost_jsonw *w)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "state", ost_exception_state_name(s->state));
	ost_jsonw_u64(w, "seconds_left", s->state == OST_EXCEPTION_IN_FORCE ? (uint64_t)(s->exception->until_s - now_s) : 0);
	ost_exception_json(w, s->exception);
	author_json(d, s->exception->generation, known, w);
	ost_jsonw_end(w, '}');
}

int ost_view_exceptions(struct ost_daemon *d, uint32_t limit, struct ost_jsonw *w)
{
	const struct ost_exceptions *list = ost_policy_events_exceptions(d->policy_events);
	const int64_t now_s = (int64_t)(ost_clock_wall_ns() / OST_NS_PER_S);
	OST_AUTO_FREE struct shown *shown = calloc((size_t)list->count + 1, sizeof(*shown));
	uint64_t states[OST_EXCEPTION_STATE_COUNT] = {0};
	struct ost_generation known = {0};

	if (d->in_force.number == 0 || shown == NULL)
		return -ENOENT;
	for (uint32_t i = 0; i < list->count; i++) {
		shown[i] = (struct shown){&list->items[i], ost_exception_state(&list->items[i], now_s)};
		states[shown[i].state]++;
	}
	qsort(shown, list->count, sizeof(*shown), shown_compare);
	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "generation", d->in_force.number);
	ost_jsonw_u64(w, "total", list->count);
	ost_jsonw_u64(w, "in_force", states[OST_EXCEPTION_IN_FORCE]);
	ost_jsonw_u64(w, "to_come", states[OST_EXCEPTION_TO_COME]);
	ost_jsonw_u64(w, "over", states[OST_EXCEPTION_OVER]);
	ost_jsonw_array(w, "exceptions");
	for (uint32_t i = 0; i < list->count && i < limit; i++)
		exception_json(d, &shown[i], now_s, &known, w);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	return 0;
}
