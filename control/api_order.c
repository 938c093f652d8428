/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_order.h"

#include <jansson.h>
#include <stdio.h>

#include "authority.h"
#include "group.h"
#include "text.h"

static unsigned refuse(struct ost_jsonw *w, unsigned status, const char *error, const char *hint)
{
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "error", error);
	ost_jsonw_string(w, "hint", hint);
	ost_jsonw_end(w, '}');
	return status;
}

static int order_parse(const char *text, enum ost_event *ret_order)
{
	for (unsigned e = OST_EVENT_APPROVE; e <= OST_EVENT_RETIRE; e++) {
		if (strcmp(text, ost_event_name(e)) == 0) {
			*ret_order = (enum ost_event)e;
			return 0;
		}
	}
	return -EINVAL;
}

static bool text_take(json_t *root, const char *key, char to[static OST_API_WHY_MAX + 1])
{
	json_t *text = json_object_get(root, key);

	to[0] = '\0';
	if (text == NULL)
		return true;
	if (!json_is_string(text) || json_string_length(text) > OST_API_WHY_MAX ||
		!ost_text_is_plain(json_string_value(text), json_string_length(text)))
		return false;
	(void)snprintf(to, OST_API_WHY_MAX + 1, "%s", json_string_value(text));
	return true;
}

struct body {
	char why[OST_API_WHY_MAX + 1];
	char destroyed[OST_API_WHY_MAX + 1];
};

/* Texts are "" when they are not there. */
static int body_read(const char *bytes, size_t length, struct body *b)
{
	json_error_t fault;
	json_t *root;
	int r = 0;

	*b = (struct body){0};
	if (length == 0)
		return 0;
	root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &fault);
	if (!json_is_object(root) || !text_take(root, "why", b->why) || !text_take(root, "destroyed", b->destroyed))
		r = -EINVAL;
	json_decref(root);
	return r;
}

static unsigned answer(struct ost_daemon *d, const char *device, int result, const char *fault, struct ost_jsonw *w)
{
	int64_t place = ost_roster_find(d->roster, device);

	switch (result) {
	case 0:
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "device", device);
		ost_jsonw_string(w, "state",
			ost_state_name(ost_standing_state(ost_admission_session(d->admission, (uint32_t)place)->standing)));
		ost_jsonw_bool(w, "enforced", ost_link_is_up(d->link));
		ost_jsonw_end(w, '}');
		return 200;
	case -ENOENT:
		return refuse(w, 404, fault, "ostiary device list tells them");
	case -EPERM:
		return refuse(w, 409, fault, "ostiary device show tells its state");
	default:
		return refuse(w, 507, fault, "look at the file system of the state folder, then order it again");
	}
}

unsigned ost_api_order(struct ost_daemon *d, const char *rest, const char *body, size_t length, uint32_t uid, struct ost_jsonw *w)
{
	const char *slash = strrchr(rest, '/');
	char device[OST_MSG_NAME] = "", fault[256] = "";
	struct body b;
	enum ost_event order;
	int r;

	if (slash == NULL || order_parse(slash + 1, &order) < 0)
		return refuse(w, 404, "there is no such order", "approve, quarantine, release, revoke or retire");
	if ((size_t)(slash - rest) < sizeof(device))
		memcpy(device, rest, (size_t)(slash - rest));
	if (body_read(body, length, &b) < 0)
		return refuse(w, 400, "the body is not {\"why\": one line of at most 255 bytes}", "leave it out, or mend it");
	if (order == OST_EVENT_RETIRE && b.destroyed[0] != '\0') {
		(void)snprintf(fault, sizeof(fault), "the device is not retired");
		r = ost_authority_destroyed(d, device, uid, b.destroyed);
	} else {
		r = ost_authority_order(d, device, order, uid, b.why, fault);
	}
	return answer(d, device, r, fault, w);
}

/* ---- many devices ---- */

struct orders {
	enum ost_event order;
	char why[OST_API_WHY_MAX + 1];
	char names[OST_API_ORDERS_MAX][OST_MSG_NAME];
	uint32_t count;
};

/* One name for each device, as often as it is named: the second answer is what its state says then. */
static const char *devices_take(const json_t *list, struct orders *o)
{
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name) {
		size_t n = json_string_length(name);

		if (!json_is_string(name) || n == 0 || n >= OST_MSG_NAME || !ost_text_is_plain(json_string_value(name), n))
			return "devices must be a list of names";
		if (o->count == OST_API_ORDERS_MAX)
			return "more than 100 devices in one request";
		(void)snprintf(o->names[o->count++], OST_MSG_NAME, "%s", json_string_value(name));
	}
	return NULL;
}

static const char *group_take(struct ost_daemon *d, const json_t *root, struct orders *o, char why[static 256])
{
	const char *tag = json_string_value(json_object_get(root, "tag")), *role = json_string_value(json_object_get(root, "role")),
		   *state = json_string_value(json_object_get(root, "state"));
	const struct ost_image *image = ost_roster_image(d->roster);
	struct ost_group group;

	if ((tag == NULL || *tag == '\0') && (role == NULL || *role == '\0'))
		return "it says neither devices nor tag nor role";
	if (ost_group_make(d, tag, role, state, &group, why) < 0)
		return why;
	for (uint32_t i = 0; i < image->device_count; i++) {
		uint32_t place = ost_roster_sorted(d->roster)[i];

		if (!ost_group_has(d, &group, place))
			continue;
		if (o->count == OST_API_ORDERS_MAX)
			return "the group has more than 100 devices";
		(void)snprintf(o->names[o->count++], OST_MSG_NAME, "%s", ost_image_device_name(image, place));
	}
	return NULL;
}

/* NULL, or what is wrong. */
static const char *orders_read(struct ost_daemon *d, const json_t *root, struct orders *o, char why[static 256])
{
	const json_t *list = json_object_get(root, "devices");
	const char *order = json_string_value(json_object_get(root, "order"));

	*o = (struct orders){0};
	if (!json_is_object(root) || order == NULL || order_parse(order, &o->order) < 0)
		return "order must be approve, quarantine, release, revoke or retire";
	if (!text_take((json_t *)(uintptr_t)root, "why", o->why))
		return "why must be one line of at most 255 bytes";
	if (list != NULL && !json_is_array(list))
		return "devices must be a list of names";
	return list != NULL ? devices_take(list, o) : group_take(d, root, o, why);
}

static bool order_one(struct ost_daemon *d, const char *device, const struct orders *o, uint32_t uid, struct ost_jsonw *w)
{
	char fault[256] = "";
	int r = ost_authority_order(d, device, o->order, uid, o->why, fault);
	int64_t place = ost_roster_find(d->roster, device);

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "device", device);
	ost_jsonw_bool(w, "done", r == 0);
	ost_jsonw_string(w, "state", place >= 0 ? ost_state_name(ost_group_state(d, (uint32_t)place)) : NULL);
	ost_jsonw_string(w, "error", r < 0 ? fault : NULL);
	ost_jsonw_end(w, '}');
	return r == 0;
}

unsigned ost_api_orders(struct ost_daemon *d, const char *body, size_t length, uint32_t uid, struct ost_jsonw *w)
{
	json_t *root = json_loadb(body != NULL ? body : "", length, JSON_REJECT_DUPLICATES, NULL);
	struct orders o;
	char why[256] = "";
	const char *fault = orders_read(d, root, &o, why);
	uint32_t done = 0;

	json_decref(root);
	if (fault != NULL)
		return refuse(w, 400, fault, "send {\"order\": ..., \"devices\": [...], \"why\": ...} with at most 100 names, or with tag, role, state");
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "order", ost_event_name(o.order));
	ost_jsonw_array(w, "results");
	for (uint32_t i = 0; i < o.count; i++)
		done += order_one(d, o.names[i], &o, uid, w);
	ost_jsonw_end(w, ']');
	ost_jsonw_u64(w, "done", done);
	ost_jsonw_u64(w, "failed", o.count - done);
	ost_jsonw_bool(w, "enforced", ost_link_is_up(d->link));
	ost_jsonw_end(w, '}');
	return 200;
}

unsigned ost_api_reload(struct ost_daemon *d, struct ost_jsonw *w)
{
	ost_authority_reload(d);
	ost_jsonw_object(w, NULL);
	ost_jsonw_bool(w, "authenticator", ost_auth_link_is_up(d->auth_link));
	ost_jsonw_end(w, '}');
	return 200;
}
