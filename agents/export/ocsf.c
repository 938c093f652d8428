/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocsf.h"

#include <stdio.h>

#include "addr.h"

#define RELATED 16u

/* ---- finding_info ---- */

static void related(struct ost_tree *t, const struct ost_line *line)
{
	const json_t *id;
	size_t i;

	json_array_foreach(ost_tree_at(line->root, "ostiary.incident.related"), i, id) {
		if (json_is_string(id) && json_string_length(id) > 0 && i < RELATED)
			ost_tree_add(t, "related_events", json_pack("{s:O}", "uid", id));
	}
}

json_t *ost_ocsf_finding(const struct ost_line *line)
{
	struct ost_tree t = {.root = json_object()};
	const char *cause = ost_tree_text(line->root, "rule.id");

	ost_tree_put_text(&t, "uid", line->incident != NULL ? line->incident : line->about.id);
	ost_tree_put_text(&t, "title", ost_line_title(line));
	ost_tree_put_text(&t, "desc", ost_tree_text(line->root, "rule.description"));
	ost_tree_put_ms(&t, "created_time", ost_tree_time(line->root, "event.created"));
	ost_tree_put_ms(&t, "modified_time", line->about.time_ns);
	ost_tree_put_ms(&t, "first_seen_time", ost_tree_time(line->root, "event.start"));
	ost_tree_put_ms(&t, "last_seen_time", ost_tree_time(line->root, "event.end"));
	ost_tree_put_number(&t, "related_events_count", OST_MIN(ost_tree_number(line->root, "ostiary.incident.suppressed_count"), (uint64_t)INT32_MAX));
	if (cause != NULL) {
		ost_tree_put_text(&t, "analytic.uid", cause);
		ost_tree_put_text(&t, "analytic.name", ost_line_title(line));
		ost_tree_put_integer(&t, "analytic.type_id", 1);
		ost_tree_put_text(&t, "analytic.type", "Rule");
		ost_tree_put_text(&t, "analytic.version", ost_tree_text(line->root, "rule.version"));
		ost_tree_add(&t, "types", json_string(cause));
	}
	if (ost_tree_text(line->root, "labels.rsit") != NULL)
		ost_tree_add(&t, "types", json_string(ost_tree_text(line->root, "labels.rsit")));
	related(&t, line);
	ost_ocsf_attacks(&t, "attacks", line);
	if (t.failed) {
		json_decref(t.root);
		return NULL;
	}
	return t.root;
}

/* ---- ATT&CK ---- */

/* "enterprise-17.0 ics-18.1": the version of one of them. "" not told. */
static void version_of(const struct ost_line *line, const char *matrix, char buf[static 16])
{
	const char *versions = ost_tree_text(line->root, "ostiary.threat.attack_version"), *at = versions != NULL ? strstr(versions, matrix) : NULL;

	buf[0] = '\0';
	if (at != NULL)
		(void)snprintf(buf, 16, "%.*s", (int)OST_MIN(strcspn(at + strlen(matrix), " "), (size_t)15), at + strlen(matrix));
}

static void attack_add(struct ost_tree *t, const char *path, const char *id, const char *version)
{
	struct ost_tree a = {.root = json_object()};
	size_t whole = strcspn(id, ".");
	char technique[32];

	(void)snprintf(technique, sizeof(technique), "%.*s", (int)OST_MIN(whole, sizeof(technique) - 1), id);
	ost_tree_put_text(&a, "technique.uid", technique);
	if (id[whole] == '.')
		ost_tree_put_text(&a, "sub_technique.uid", id);
	ost_tree_put_text(&a, "version", version);
	ost_tree_add(t, path, a.root);
	t->failed |= a.failed;
}

static bool is_technique(const char *id)
{
	return id != NULL && id[0] == 'T' && id[1] >= '0' && id[1] <= '9' && strlen(id) < 24;
}

/* A technique of which a subtechnique is told is not told again. */
static bool has_sub(const json_t *subs, const char *technique)
{
	const json_t *value;
	size_t i, n = strlen(technique);

	json_array_foreach(subs, i, value) {
		const char *id = json_string_value(value);

		if (id != NULL && strncmp(id, technique, n) == 0 && id[n] == '.')
			return true;
	}
	return false;
}

void ost_ocsf_attacks(struct ost_tree *t, const char *path, const struct ost_line *line)
{
	static const char *const arrays[] = {"threat.technique.id", "threat.technique.subtechnique.id", "ostiary.threat.attack_ics"};
	const json_t *subs = ost_tree_at(line->root, arrays[1]), *value;
	char version[16];
	size_t i;

	for (unsigned k = 0; k < 3; k++) {
		version_of(line, k < 2 ? "enterprise-" : "ics-", version);
		json_array_foreach(ost_tree_at(line->root, arrays[k]), i, value) {
			const char *id = json_string_value(value);

			if (is_technique(id) && !(k == 0 && has_sub(subs, id)))
				attack_add(t, path, id, version);
		}
	}
}

/* ---- device and ends ---- */

static void mac_put(struct ost_tree *t, const char *path, const char *text)
{
	char buf[OST_MAC_TEXT];
	struct ost_mac mac;

	if (text != NULL && ost_mac_parse(text, &mac) == 0)
		ost_tree_put_text(t, path, ost_mac_format(&mac, buf));
}

static void ip_put(struct ost_tree *t, const char *path, const char *text)
{
	char buf[OST_IP_TEXT];
	struct ost_ip ip;

	if (text != NULL && ost_ip_parse(text, &ip) == 0 && strlen(ost_ip_format(&ip, buf)) <= 40)
		ost_tree_put_text(t, path, buf);
}

void ost_ocsf_device(struct ost_tree *t, const struct ost_line *line)
{
	const char *id = ost_tree_text(line->root, "device.id"), *mac = ost_tree_text(line->root, "source.mac"), *ip = ost_tree_text(line->root, "source.ip");

	if (id == NULL && mac == NULL && ip == NULL)
		return;
	ost_tree_put_text(t, "device.uid", id != NULL ? id : mac != NULL ? mac : ip);
	ost_tree_put_text(t, "device.name", id);
	ost_tree_put_integer(t, "device.type_id", id != NULL ? 7 : 0);
	ost_tree_put_text(t, "device.type", id != NULL ? "IOT" : "Unknown");
	mac_put(t, "device.mac", mac);
	ip_put(t, "device.ip", ip);
	ost_tree_put_text(t, "device.vlan_uid", ost_tree_text(line->root, "network.vlan.id"));
	ost_tree_put_text(t, "device.vendor_name", ost_tree_text(line->root, "device.manufacturer"));
	ost_tree_put_text(t, "device.model", ost_tree_text(line->root, "device.model.identifier"));
	ost_tree_put_text(t, "device.zone", ost_tree_text(line->root, "observer.ingress.interface.name"));
	ost_tree_put_ms(t, "device.first_seen_time", ost_tree_time(line->root, "ostiary.context.device_first_seen"));
}

static void end_put(struct ost_tree *t, const char *path, const struct ost_line *line, const char *end)
{
	static const char *const members[] = {"ip", "mac", "domain", "port"};
	char from[4][32], to[4][64];

	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(from[i], sizeof(from[i]), "%s.%s", end, members[i]);
		(void)snprintf(to[i], sizeof(to[i]), "%s.%s", path, members[i]);
	}
	ip_put(t, to[0], ost_tree_text(line->root, from[0]));
	ost_tree_put_text(t, to[2], ost_tree_text(line->root, from[2]));
	if (ost_tree_at(t->root, to[0]) == NULL && ost_tree_at(t->root, to[2]) == NULL) { /* one of ip, uid, domain there must be */
		char uid[64];

		(void)snprintf(uid, sizeof(uid), "%s.uid", path);
		ost_tree_put_text(t, uid, ost_tree_text(line->root, from[1]));
		if (ost_tree_at(t->root, uid) == NULL)
			return;
	}
	mac_put(t, to[1], ost_tree_text(line->root, from[1]));
	if (ost_tree_number(line->root, from[3]) < 65536)
		ost_tree_put_number(t, to[3], ost_tree_number(line->root, from[3]));
}

static void connection_put(struct ost_tree *t, const struct ost_line *line)
{
	const char *number = ost_tree_text(line->root, "network.iana_number"), *type = ost_tree_text(line->root, "network.type");
	bool v4 = type != NULL && strcmp(type, "ipv4") == 0, v6 = type != NULL && strcmp(type, "ipv6") == 0;

	if (!v4 && !v6)
		return;
	ost_tree_put_integer(t, "connection_info.direction_id", 0);
	ost_tree_put_text(t, "connection_info.direction", "Unknown");
	ost_tree_put_integer(t, "connection_info.protocol_ver_id", v4 ? 4 : 6);
	ost_tree_put_text(t, "connection_info.protocol_ver", v4 ? "Internet Protocol version 4 (IPv4)" : "Internet Protocol version 6 (IPv6)");
	ost_tree_put_text(t, "connection_info.protocol_name", ost_tree_text(line->root, "network.transport"));
	if (number != NULL && strlen(number) <= 3 && strspn(number, "0123456789") == strlen(number))
		ost_tree_put_integer(t, "connection_info.protocol_num", strtoul(number, NULL, 10));
}

void ost_ocsf_evidences(struct ost_tree *t, const struct ost_line *line)
{
	struct ost_tree e = {.root = json_object()};
	const json_t *kept;
	size_t i;

	end_put(&e, "src_endpoint", line, "source");
	end_put(&e, "dst_endpoint", line, "destination");
	connection_put(&e, line);
	t->failed |= e.failed;
	if (json_object_size(e.root) > 0)
		ost_tree_add(t, "evidences", e.root);
	else
		json_decref(e.root);
	json_array_foreach(ost_tree_at(line->root, "ostiary.evidence"), i, kept) {
		if (json_is_object(kept) && i < RELATED)
			ost_tree_add(t, "evidences", json_pack("{s:O}", "data", kept));
	}
}

/* ---- observables ---- */

static void observable(struct ost_tree *t, const char *name, unsigned type_id, const char *type, const char *value)
{
	if (value != NULL)
		ost_tree_add(t, "observables", json_pack("{s:s,s:i,s:s,s:s}", "name", name, "type_id", (int)type_id, "type", type, "value", value));
}

void ost_ocsf_observables(struct ost_tree *t)
{
	static const struct {
		const char *member, *type;
		unsigned type_id;
	} ends[] = {{"ip", "IP Address", 2}, {"mac", "MAC Address", 3}, {"domain", "Hostname", 1}};
	const json_t *evidence = json_array_get(ost_tree_at(t->root, "evidences"), 0);

	observable(t, "device.ip", 2, "IP Address", ost_tree_text(t->root, "device.ip"));
	observable(t, "device.mac", 3, "MAC Address", ost_tree_text(t->root, "device.mac"));
	for (unsigned i = 0; i < OST_ARRAY_SIZE(ends); i++) {
		char path[48], name[64];

		(void)snprintf(path, sizeof(path), "dst_endpoint.%s", ends[i].member);
		(void)snprintf(name, sizeof(name), "evidences[].%s", path);
		observable(t, name, ends[i].type_id, ends[i].type, ost_tree_text(evidence, path));
	}
}
