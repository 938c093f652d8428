/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api_order.h"

#include <jansson.h>
#include <stdio.h>

#include "authority.h"
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

unsigned ost_api_reload(struct ost_daemon *d, struct ost_jsonw *w)
{
	ost_authority_reload(d);
	ost_jsonw_object(w, NULL);
	ost_jsonw_bool(w, "authenticator", ost_auth_link_is_up(d->auth_link));
	ost_jsonw_end(w, '}');
	return 200;
}
