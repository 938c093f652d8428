/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, addresses and unknown devices of the registry. */
#include <stdio.h>

#include "registry_db.h"

static int device_put(struct ost_registry *registry, const struct ost_image *image, uint32_t i)
{
	const struct ost_image_device *d = &image->devices[i];
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_DEVICE_PUT);
	struct ost_mac mac;
	char text[OST_MAC_TEXT] = "";

	memcpy(mac.b, d->mac, sizeof(mac.b));
	if (d->has_mac)
		(void)ost_mac_format(&mac, text);
	ost_sql_text(s, 1, ost_image_device_name(image, i));
	ost_sql_text(s, 2, ost_image_role_name(image, d->role));
	ost_sql_text(s, 3, text);
	ost_sql_u64(s, 4, d->vlan);
	ost_sql_text(s, 5, d->port == OST_PORT_ANY ? "" : ost_image_string(image, image->ports[d->port].name));
	ost_sql_u64(s, 6, image->generation);
	return ost_registry_run(registry, s);
}

int ost_registry_devices_put(struct ost_registry *registry, const struct ost_image *image, const uint32_t *places,
	uint32_t count)
{
	int r = 0;

	for (uint32_t i = 0; i < count && r == 0; i++)
		r = device_put(registry, image, places[i]);
	return r;
}

int ost_registry_devices_gone(struct ost_registry *registry, uint64_t generation)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_DEVICES_GONE);
	int r;

	ost_sql_u64(s, 1, generation);
	r = ost_registry_run(registry, s);
	return r == 0 ? ost_registry_run(registry, ost_registry_statement(registry, OST_SQL_NAMES_GONE)) : r;
}

int ost_registry_device_seen(struct ost_registry *registry, const struct ost_registry_device *d)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_DEVICE_SEEN);

	ost_sql_text(s, 1, d->name);
	ost_sql_text(s, 2, ost_state_name(d->state));
	ost_sql_text(s, 3, d->port);
	ost_sql_u64(s, 4, d->first_seen_wall_ns);
	ost_sql_u64(s, 5, d->last_seen_wall_ns);
	return ost_registry_run(registry, s);
}

int ost_registry_devices_each(struct ost_registry *registry,
	void (*fn)(void *user, const struct ost_registry_device *d), void *user)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_DEVICE_LIST);
	int r;

	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		enum ost_state state = OST_STATE_UNKNOWN;
		struct ost_registry_device d = {.name = ost_sql_column_text(s, 0)};

		if (ost_state_parse(ost_sql_column_text(s, 1), &state) == 0)
			d.state = (uint8_t)state;
		d.port = ost_sql_column_text(s, 2);
		d.first_seen_wall_ns = ost_sql_column_u64(s, 3);
		d.last_seen_wall_ns = ost_sql_column_u64(s, 4);
		fn(user, &d);
	}
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}

int ost_registry_address_bind(struct ost_registry *registry, const struct ost_registry_address *a)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_ADDRESS_BIND);
	char ip[OST_IP_TEXT];

	ost_sql_u64(s, 1, a->vlan);
	ost_sql_text(s, 2, ost_ip_format(&a->ip, ip));
	ost_sql_text(s, 3, a->device);
	ost_sql_text(s, 4, ost_binding_source_name(a->source));
	ost_sql_u64(s, 5, a->bound_wall_ns);
	ost_sql_u64(s, 6, a->expires_wall_ns);
	return ost_registry_run(registry, s);
}

int ost_registry_address_lapse(struct ost_registry *registry, const struct ost_ip *ip, uint32_t vlan)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_ADDRESS_LAPSE);
	char text[OST_IP_TEXT];

	ost_sql_u64(s, 1, vlan);
	ost_sql_text(s, 2, ost_ip_format(ip, text));
	return ost_registry_run(registry, s);
}

int ost_registry_addresses_forget(struct ost_registry *registry, uint64_t before_wall_ns)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_ADDRESS_FORGET);

	ost_sql_u64(s, 1, before_wall_ns);
	return ost_registry_run(registry, s);
}

static uint8_t source_parse(const char *name)
{
	for (uint8_t i = 0; i < OST_BINDING_SOURCE_COUNT; i++) {
		if (strcmp(name, ost_binding_source_name(i)) == 0)
			return i;
	}
	return OST_BINDING_STATIC;
}

static int addresses_read(struct ost_registry *registry, sqlite3_stmt *s,
	void (*fn)(void *user, const struct ost_registry_address *a), void *user)
{
	int r;

	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		struct ost_registry_address a = {.vlan = (uint32_t)ost_sql_column_u64(s, 0)};

		if (ost_ip_parse(ost_sql_column_text(s, 1), &a.ip) < 0)
			continue;
		a.device = ost_sql_column_text(s, 2);
		a.source = source_parse(ost_sql_column_text(s, 3));
		a.bound_wall_ns = ost_sql_column_u64(s, 4);
		a.expires_wall_ns = ost_sql_column_u64(s, 5);
		fn(user, &a);
	}
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}

int ost_registry_addresses_each(struct ost_registry *registry, const char *device,
	void (*fn)(void *user, const struct ost_registry_address *a), void *user)
{
	sqlite3_stmt *s =
		ost_registry_statement(registry, device != NULL ? OST_SQL_ADDRESS_OF : OST_SQL_ADDRESS_ALL);

	if (device != NULL)
		ost_sql_text(s, 1, device);
	return addresses_read(registry, s, fn, user);
}

int ost_registry_address_holders(struct ost_registry *registry, const struct ost_ip *ip,
	void (*fn)(void *user, const struct ost_registry_address *a), void *user)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_ADDRESS_HOLDERS);
	char text[OST_IP_TEXT];

	ost_sql_text(s, 1, ost_ip_format(ip, text));
	return addresses_read(registry, s, fn, user);
}

int ost_registry_unknown_put(struct ost_registry *registry, const struct ost_registry_unknown *u)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_UNKNOWN_PUT);
	char mac[OST_MAC_TEXT];

	ost_sql_u64(s, 1, u->slot);
	ost_sql_text(s, 2, ost_mac_format(&u->mac, mac));
	ost_sql_u64(s, 3, u->vlan);
	ost_sql_text(s, 4, u->port);
	ost_sql_u64(s, 5, u->first_seen_wall_ns);
	ost_sql_u64(s, 6, u->last_seen_wall_ns);
	ost_sql_u64(s, 7, u->count_pkts);
	return ost_registry_run(registry, s);
}

int ost_registry_unknowns_each(struct ost_registry *registry,
	void (*fn)(void *user, const struct ost_registry_unknown *u), void *user)
{
	sqlite3_stmt *s = ost_registry_statement(registry, OST_SQL_UNKNOWN_LIST);
	int r;

	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		struct ost_registry_unknown u = {.slot = (uint32_t)ost_sql_column_u64(s, 0)};

		if (ost_mac_parse(ost_sql_column_text(s, 1), &u.mac) < 0)
			continue;
		u.vlan = (uint32_t)ost_sql_column_u64(s, 2);
		(void)snprintf(u.port, sizeof(u.port), "%s", ost_sql_column_text(s, 3));
		u.first_seen_wall_ns = ost_sql_column_u64(s, 4);
		u.last_seen_wall_ns = ost_sql_column_u64(s, 5);
		u.count_pkts = ost_sql_column_u64(s, 6);
		fn(user, &u);
	}
	(void)sqlite3_reset(s);
	return ost_registry_errno(registry, r);
}
