/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_journal.h"

#include <jansson.h>
#include <pwd.h>
#include <stdio.h>

#include "clock.h"
#include "journaling.h"
#include "text.h"

#define REASON_MAX 1024u

static unsigned refuse(struct ost_jsonw *w, unsigned status, const char *error, const char *hint)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "error", error);
	ost_jsonw_string(w, "hint", hint);
	ost_jsonw_end(w, '}');
	return status;
}

struct order {
	char reason[REASON_MAX + 1];
	uint64_t trusted_size, before, days;
	bool has_trusted_size, has_before, has_days;
};

static const char *number_take(json_t *root, const char *key, uint64_t *ret_number, bool *ret_has)
{
	json_t *v = json_object_get(root, key);

	*ret_has = v != NULL;
	if (v == NULL)
		return NULL;
	if (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > OST_JOURNAL_SEQ_MAX)
		return "trusted_size, before and days are whole numbers";
	*ret_number = (uint64_t)json_integer_value(v);
	return NULL;
}

/* NULL, or what is wrong. */
static const char *order_read(json_t *root, struct order *o)
{
	json_t *reason = json_object_get(root, "reason");
	const char *fault;

	if (root != NULL && !json_is_object(root))
		return "the body is no JSON object";
	if (reason != NULL) {
		if (!json_is_string(reason) || json_string_length(reason) > REASON_MAX ||
			!ost_text_is_plain(json_string_value(reason), json_string_length(reason)))
			return "reason must be one line of at most 1024 bytes";
		(void)snprintf(o->reason, sizeof(o->reason), "%s", json_string_value(reason));
	}
	fault = number_take(root, "trusted_size", &o->trusted_size, &o->has_trusted_size);
	if (fault == NULL)
		fault = number_take(root, "before", &o->before, &o->has_before);
	return fault != NULL ? fault : number_take(root, "days", &o->days, &o->has_days);
}

static void user_of(uint32_t uid, char by[static 64])
{
	const struct passwd *p = getpwuid(uid);

	if (p != NULL)
		(void)snprintf(by, 64, "%s", p->pw_name);
	else
		(void)snprintf(by, 64, "uid %u", uid);
}

static int prune(struct ost_daemon *d, const struct order *o, const char *by)
{
	uint64_t age_ns = o->days * 86400 * OST_NS_PER_S, now_ns = ost_clock_wall_ns();

	if (o->has_days)
		return o->days == 0 || o->days > 36500 || age_ns >= now_ns ? -EDOM : ost_journal_prune(d->journal, 0, now_ns - age_ns, by);
	return ost_journal_prune(d->journal, o->before, 0, by);
}

static unsigned answer(struct ost_daemon *d, int r, struct ost_jsonw *w)
{
	struct ost_journal_status s;

	if (r == -EBUSY)
		return refuse(w, 409, "another order to the journal is under way", "wait for it, then order again");
	if (r == -EROFS)
		return refuse(w, 409, "the journal is read-only: records are missing or changed", "look at ostiary-journal(1), WHAT TO DO");
	if (r == -EINVAL)
		return refuse(w, 409, "the journal is not read-only: there is no loss to accept", "ostiary status tells its state");
	if (r == -EDOM)
		return refuse(w, 400, "days must be 1 to 36500", "leave it out, or mend it");
	ost_journal_status(d->journal, &s);
	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "order", s.orders);
	ost_jsonw_end(w, '}');
	return 200;
}

static unsigned give(struct ost_daemon *d, const char *order, const struct order *o, uint32_t uid, struct ost_jsonw *w)
{
	char by[64];

	user_of(uid, by);
	if (strcmp(order, "prune") == 0) {
		if (o->has_before == o->has_days)
			return refuse(w, 400, "it says neither before nor days, or both", "send {\"before\": SEQ} or {\"days\": N}");
		return answer(d, prune(d, o, by), w);
	}
	if (o->reason[0] == '\0')
		return refuse(w, 400, "reason is missing", "say why: it goes into the journal, with your name");
	if (strcmp(order, "rotate") == 0)
		return answer(d, ost_journal_rotate_key(d->journal, by, o->reason, false, 0), w);
	if (strcmp(order, "accept-loss") == 0)
		return answer(d, ost_journal_accept_loss(d->journal, by, o->reason), w);
	if (strcmp(order, "compromise") != 0)
		return refuse(w, 404, "there is no such order", "rotate, compromise, prune or accept-loss");
	if (!o->has_trusted_size)
		return refuse(w, 400, "trusted_size is missing", "say how many records are trusted: of a checkpoint from before, which left this machine");
	return answer(d, ost_journal_rotate_key(d->journal, by, o->reason, true, o->trusted_size), w);
}

unsigned ost_api_journal_order(struct ost_daemon *d, const char *order, const char *body, size_t length, uint32_t uid, struct ost_jsonw *w)
{
	json_error_t fault;
	json_t *root = length > 0 ? json_loadb(body, length, JSON_REJECT_DUPLICATES, &fault) : NULL;
	struct order o = {0};
	const char *why = length > 0 && root == NULL ? "the body is no JSON object" : order_read(root, &o);

	json_decref(root);
	if (why != NULL)
		return refuse(w, 400, why, "send {\"reason\": ...}, and what else the order wants");
	return give(d, order, &o, uid, w);
}

unsigned ost_api_journal_status(struct ost_daemon *d, struct ost_jsonw *w)
{
	struct ost_journal_status s;

	ost_journal_status(d->journal, &s);
	ost_jsonw_object(w, NULL);
	ost_journaling_json(d, w);
	ost_jsonw_u64(w, "orders", s.orders);
	ost_jsonw_u64(w, "orders_done", s.orders_done);
	ost_jsonw_string(w, "order_error", s.order_result < 0 ? strerror(-s.order_result) : NULL);
	ost_jsonw_end(w, '}');
	return 200;
}
