/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GET /v1/devices, /v1/devices/NAME, /v1/refusals, /v1/unknown. */
#include <stdio.h>

#include "array.h"
#include "clock.h"
#include "views.h"

#define LAST_REFUSED 20 /* flows shown of one device */

static void counters_json(const struct ost_live *l, struct ost_jsonw *w)
{
	ost_jsonw_u64(w, "out_packets", l->out_pkts);
	ost_jsonw_u64(w, "out_bytes", l->out_bytes);
	ost_jsonw_u64(w, "in_packets", l->in_pkts);
	ost_jsonw_u64(w, "in_bytes", l->in_bytes);
	ost_jsonw_u64(w, "refused_packets", l->refused_total_pkts);
	ost_jsonw_u64(w, "flows", l->flows);
	ost_jsonw_u64(w, "flows_opened", l->flows_opened);
}

static void proof_json(const struct ost_session *s, uint64_t ends_wall_ns, struct ost_jsonw *w)
{
	ost_jsonw_string(w, "identity", s->proof->identity);
	ost_jsonw_string(w, "issuer", s->proof->issuer);
	ost_admission_hex_json(w, "certificate_sha256", s->proof->certificate_sha256, sizeof(s->proof->certificate_sha256));
	ost_admission_hex_json(w, "serial", s->proof->serial, s->proof->serial_length);
	ost_jsonw_time(w, "not_after", s->proof->not_after_wall_s * OST_NS_PER_S);
	ost_jsonw_string(w, "way", ost_auth_way_name(s->way));
	ost_jsonw_string(w, "assurance", ost_assurance_name((enum ost_assurance)s->assurance));
	ost_jsonw_time(w, "proved", s->proved_wall_ns);
	ost_jsonw_time(w, "ends", ends_wall_ns);
	ost_jsonw_bool(w, "confirmed", s->confirmed);
}

/* What it proved, what it failed at, and who ordered its state. */
static void session_json(struct ost_daemon *d, const struct ost_session *s, struct ost_jsonw *w)
{
	const struct ost_moment now = {ost_clock_mono_ns(), ost_clock_wall_ns()};

	ost_jsonw_time(w, "since", s->since_wall_ns);
	ost_jsonw_object(w, "session");
	if (s->proof != NULL)
		proof_json(s, ost_moment_wall(now, s->prove_ns), w);
	if (s->placed) {
		ost_jsonw_object(w, "place");
		ost_admission_place_json(w, &s->place, ost_admission_port_name(d->admission, s->place.port));
		ost_jsonw_end(w, '}');
	}
	if (s->failures > 0) {
		ost_jsonw_u64(w, "failures", s->failures);
		ost_jsonw_string(w, "last_failure", ost_auth_reason_name(s->failure));
		ost_jsonw_string(w, "last_failure_meaning", ost_auth_reason_text(s->failure));
		ost_jsonw_time(w, "last_failure_time", s->failure_wall_ns);
	}
	if (s->order != NULL) {
		ost_jsonw_string(w, "ordered_by", s->order->by);
		ost_jsonw_string(w, "ordered_why", s->order->why);
	}
	ost_jsonw_end(w, '}');
}

static void tags_json(const struct ost_image *image, uint64_t bits, struct ost_jsonw *w)
{
	ost_jsonw_array(w, "tags");
	for (uint32_t i = 0; i < image->tag_count; i++) {
		if (bits >> i & 1)
			ost_jsonw_string(w, NULL, ost_image_string(image, image->tags[i].name));
	}
	ost_jsonw_end(w, ']');
}

/* The members of a device, without the braces. */
static void device_members(struct ost_daemon *d, uint32_t place, struct ost_jsonw *w)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	const struct ost_image_device *x = &image->devices[place];
	const struct ost_live *l = ost_roster_live(d->roster, place);
	const char *port = ost_gauges_port_name(&d->gauges, l->port);
	char text[OST_MAC_TEXT];
	struct ost_mac mac;
	const struct ost_session *s = ost_admission_session(d->admission, place);

	memcpy(mac.b, x->mac, sizeof(mac.b));
	ost_jsonw_string(w, "name", ost_image_device_name(image, place));
	ost_jsonw_string(w, "role", ost_image_role_name(image, x->role));
	ost_view_mode(image, x->role, w);
	tags_json(image, x->tags, w);
	ost_jsonw_string(w, "state", ost_state_name(s != NULL ? ost_standing_state(s->standing) : l->state));
	if (s != NULL)
		session_json(d, s, w);
	ost_jsonw_string(w, "mac", x->has_mac ? ost_mac_format(&mac, text) : NULL);
	ost_jsonw_string(w, "certificate", x->certificate != 0 ? ost_image_string(image, x->certificate) : NULL);
	ost_jsonw_string(w, "bound_port",
		x->port == OST_PORT_ANY ? NULL : ost_image_string(image, image->ports[x->port].name));
	ost_jsonw_string(w, "port", port[0] != '\0' ? port : NULL);
	ost_jsonw_u64(w, "vlan", x->vlan & 0xfff);
	if (x->vlan >> 12 != 0)
		ost_jsonw_u64(w, "inner_vlan", x->vlan >> 12);
	ost_jsonw_time(w, "first_seen", l->first_seen_wall_ns);
	ost_jsonw_time(w, "last_seen", l->last_seen_wall_ns);
	counters_json(l, w);
}

/* Addresses of every device come ordered by its name, as the devices do: one walk joins them. */
struct address_row {
	char device[OST_MSG_NAME];
	char ip[OST_IP_TEXT];
};

struct address_rows {
	struct address_row *rows;
	uint32_t count, capacity, at;
};

static void address_gather(void *user, const struct ost_registry_address *a)
{
	struct address_rows *r = user;
	struct address_row *rows = ost_array_room(r->rows, r->count, &r->capacity, sizeof(*rows));

	if (rows == NULL)
		return;
	r->rows = rows;
	(void)snprintf(r->rows[r->count].device, OST_MSG_NAME, "%s", a->device);
	(void)ost_ip_format(&a->ip, r->rows[r->count].ip);
	r->count++;
}

/* The policy's own address number i of a device, as text. */
static const char *static_address(const struct ost_image *image,
	const struct ost_image_device *device, uint32_t i, char buf[static OST_IP_TEXT])
{
	const struct ost_image_address *a = &image->addresses[device->address_first + i];
	struct ost_ip ip = {.family = a->family};

	memcpy(ip.b, a->ip, sizeof(ip.b));
	return ost_ip_format(&ip, buf);
}

static void addresses_of(
	const struct ost_image *image, uint32_t place, struct address_rows *r, struct ost_jsonw *w)
{
	const char *device = ost_image_device_name(image, place);
	char ip[OST_IP_TEXT];
	int c = -1;

	ost_jsonw_array(w, "addresses");
	for (uint32_t i = 0; i < image->devices[place].address_count; i++)
		ost_jsonw_string(w, NULL, static_address(image, &image->devices[place], i, ip));
	while (r->at < r->count && (c = strcmp(r->rows[r->at].device, device)) <= 0) {
		if (c == 0)
			ost_jsonw_string(w, NULL, r->rows[r->at].ip);
		r->at++;
	}
	ost_jsonw_end(w, ']');
}

void ost_view_devices(struct ost_daemon *d, const struct ost_group *group, const char *after, uint32_t limit, struct ost_jsonw *w)
{
	const struct ost_image *image = ost_roster_image(d->roster);
	uint32_t n = image != NULL ? image->device_count : 0;
	struct address_rows rows = {0};
	uint32_t shown = 0, matched = 0;

	/* Without the registry the list goes without addresses; status tells why. */
	if (ost_registry_addresses_each(d->registry, NULL, address_gather, &rows) < 0)
		rows.count = 0;
	ost_jsonw_object(w, NULL);
	for (uint32_t i = 0; i < n; i++)
		matched += ost_group_has(d, group, i);
	ost_jsonw_u64(w, "total", matched);
	ost_jsonw_array(w, "devices");
	for (uint32_t i = 0; i < n && shown < limit; i++) {
		uint32_t place = ost_roster_sorted(d->roster)[i];
		const char *name = ost_image_device_name(image, place);

		if (strcmp(name, after) <= 0 || !ost_group_has(d, group, place))
			continue;
		ost_jsonw_object(w, NULL);
		device_members(d, place, w);
		addresses_of(image, place, &rows, w);
		ost_jsonw_end(w, '}');
		shown++;
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	free(rows.rows);
}

void ost_view_tags(struct ost_daemon *d, struct ost_jsonw *w)
{
	const struct ost_image *image = ost_roster_image(d->roster);

	ost_jsonw_object(w, NULL);
	ost_jsonw_array(w, "tags");
	for (uint32_t i = 0; image != NULL && i < image->tag_count; i++) {
		uint64_t devices = 0;

		for (uint32_t k = 0; k < image->device_count; k++)
			devices += image->devices[k].tags >> i & 1;
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "name", ost_image_string(image, image->tags[i].name));
		ost_jsonw_u64(w, "devices", devices);
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}

static void statics_json(
	const struct ost_image *image, const struct ost_image_device *device, struct ost_jsonw *w)
{
	char ip[OST_IP_TEXT];

	for (uint32_t i = 0; i < device->address_count; i++) {
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "ip", static_address(image, device, i, ip));
		ost_jsonw_string(w, "source", ost_binding_source_name(OST_BINDING_STATIC));
		ost_jsonw_time(w, "bound", 0);
		ost_jsonw_time(w, "expires", 0);
		ost_jsonw_end(w, '}');
	}
}

static void address_json(void *user, const struct ost_registry_address *a)
{
	struct ost_jsonw *w = user;
	char ip[OST_IP_TEXT];

	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "ip", ost_ip_format(&a->ip, ip));
	ost_jsonw_string(w, "source", ost_binding_source_name(a->source));
	ost_jsonw_time(w, "bound", a->bound_wall_ns);
	ost_jsonw_time(w, "expires", a->expires_wall_ns);
	ost_jsonw_end(w, '}');
}

static void refused_json(const struct ost_live *l, struct ost_jsonw *w)
{
	ost_jsonw_array(w, "refused");
	for (unsigned i = 1; l->refused_pkts != NULL && i < OST_REASON_COUNT; i++) {
		if (l->refused_pkts[i] != 0)
			ost_view_reason(w, i, l->refused_pkts[i]);
	}
	ost_jsonw_end(w, ']');
}

struct filter {
	const char *device, *reason, *id;
	uint32_t left;
	struct ost_jsonw *w;
};

static bool kind_json(void *user, const struct ost_refusal_kind *kind)
{
	struct filter *f = user;
	char id[OST_REFUSAL_ID];

	if (f->left == 0)
		return false;
	if ((f->device != NULL && strcmp(f->device, kind->device) != 0) ||
		(f->reason != NULL && strcmp(f->reason, ost_reason_name(kind->last.reason)) != 0))
		return true;
	if (f->id != NULL && strncmp(ost_refusal_kind_id(kind, id), f->id, strlen(f->id)) != 0)
		return true;
	f->left--;
	ost_jsonw_object(f->w, NULL);
	ost_refusal_kind_json(f->w, kind);
	ost_jsonw_bool(f->w, "open", kind->open);
	ost_jsonw_end(f->w, '}');
	return true;
}

int ost_view_device(struct ost_daemon *d, const char *name, struct ost_jsonw *w)
{
	struct filter filter = {.device = name, .left = LAST_REFUSED, .w = w};
	int64_t place = ost_roster_find(d->roster, name);
	const struct ost_image_role *role;
	int known;

	if (place < 0)
		return -ENOENT;
	role = &ost_roster_image(d->roster)->roles[ost_roster_image(d->roster)->devices[place].role];
	ost_jsonw_object(w, NULL);
	device_members(d, (uint32_t)place, w);
	ost_jsonw_string(w, "authenticate", ost_authenticate_name(role->authenticate));
	ost_jsonw_string(w, "assurance", ost_assurance_name(role->assurance));
	ost_jsonw_u64(w, "rules", role->rule_count);
	ost_jsonw_array(w, "addresses");
	statics_json(ost_roster_image(d->roster), &ost_roster_image(d->roster)->devices[place], w);
	known = ost_registry_addresses_each(d->registry, name, address_json, w);
	ost_jsonw_end(w, ']');
	ost_jsonw_bool(w, "addresses_known", known == 0);
	refused_json(ost_roster_live(d->roster, (uint32_t)place), w);
	ost_jsonw_array(w, "refusals");
	ost_refusal_log_each(d->refusals, kind_json, &filter);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
	return 0;
}

void ost_view_refusals(struct ost_daemon *d, const char *device, const char *reason, const char *id, uint32_t limit,
	struct ost_jsonw *w)
{
	struct filter filter = {.device = device, .reason = reason, .id = id, .left = limit, .w = w};

	ost_jsonw_object(w, NULL);
	ost_jsonw_array(w, "refusals");
	ost_refusal_log_each(d->refusals, kind_json, &filter);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}

static bool unknown_json(void *user, const struct ost_registry_unknown *u)
{
	struct filter *f = user;
	char mac[OST_MAC_TEXT];

	if (f->left-- == 0)
		return false;
	ost_jsonw_object(f->w, NULL);
	ost_jsonw_string(f->w, "mac", ost_mac_format(&u->mac, mac));
	ost_jsonw_u64(f->w, "vlan", u->vlan & 0xfff);
	ost_jsonw_string(f->w, "port", u->port);
	ost_jsonw_time(f->w, "first_seen", u->first_seen_wall_ns);
	ost_jsonw_time(f->w, "last_seen", u->last_seen_wall_ns);
	ost_jsonw_u64(f->w, "packets", u->count_pkts);
	ost_jsonw_end(f->w, '}');
	return true;
}

void ost_view_unknown(struct ost_daemon *d, uint32_t limit, struct ost_jsonw *w)
{
	struct filter filter = {.left = limit, .w = w};

	ost_jsonw_object(w, NULL);
	ost_jsonw_u64(w, "total", ost_sightings_count(d->sightings));
	ost_jsonw_u64(w, "evicted", ost_sightings_evicted(d->sightings));
	ost_jsonw_array(w, "unknown");
	ost_sightings_each(d->sightings, unknown_json, &filter);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}
