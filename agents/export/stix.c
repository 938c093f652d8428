/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stix.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/sha.h>

#include <stdio.h>

#include "addr.h"
#include "clock.h"
#include "pseudonym.h"

#define FIXED_NS 1767225600000000000ull /* 2026-01-01: of what has no time of its own */

/* STIX 2.1 section 2.9: the namespace of observables, whose ids follow from their values for everybody; and ours. */
static const uint8_t everybodys[16] = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7};
static const uint8_t ours[16] = {0x6f, 0x73, 0x74, 0x69, 0x61, 0x72, 0x49, 0x79, 0x8d, 0x31, 0x1e, 0x5f, 0x0c, 0x7a, 0x44, 0x9d};

/* ---- ids and times ---- */

/* RFC 9562 section 5.5. */
static void uuid5(const uint8_t space[static 16], const char *name, char buf[static 37])
{
	uint8_t h[WC_SHA_DIGEST_SIZE] = {0};
	wc_Sha sha;
	int n = 0;

	if (wc_InitSha(&sha) == 0) {
		(void)wc_ShaUpdate(&sha, space, 16);
		(void)wc_ShaUpdate(&sha, (const uint8_t *)name, (word32)strlen(name));
		(void)wc_ShaFinal(&sha, h);
		wc_ShaFree(&sha);
	}
	h[6] = (uint8_t)((h[6] & 0x0f) | 0x50);
	h[8] = (uint8_t)((h[8] & 0x3f) | 0x80);
	for (unsigned i = 0; i < 16; i++)
		n += snprintf(buf + n, (size_t)(37 - n), "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", h[i]);
}

void ost_stix_id(const char *type, const char *name, char buf[static OST_STIX_ID])
{
	char uuid[37];

	uuid5(ours, name, uuid);
	(void)snprintf(buf, OST_STIX_ID, "%.40s--%s", type, uuid);
}

void ost_stix_time(uint64_t time_ns, char buf[static OST_STIX_TIME])
{
	char text[OST_TIME_TEXT];

	ost_clock_format(time_ns, text);
	memcpy(buf, text, 23);
	memcpy(buf + 23, "Z", 2);
}

/* ---- objects ---- */

struct ost_tree ost_stix_object(const char *type, const char *id, const char *by, uint64_t created_ns, uint64_t modified_ns)
{
	struct ost_tree t = {.root = json_object()};
	char text[OST_STIX_TIME];

	ost_tree_put_text(&t, "type", type);
	ost_tree_put_text(&t, "spec_version", "2.1");
	ost_tree_put_text(&t, "id", id);
	ost_tree_put_text(&t, "created_by_ref", by);
	ost_stix_time(created_ns != 0 ? created_ns : FIXED_NS, text);
	ost_tree_put_text(&t, "created", text);
	if (modified_ns > created_ns)
		ost_stix_time(modified_ns, text);
	ost_tree_put_text(&t, "modified", text);
	return t;
}

void ost_stix_put(struct ost_bundle *b, struct ost_tree *t)
{
	const char *id = ost_tree_text(t->root, "id");

	b->full |= json_object_size(b->objects) >= OST_STIX_OBJECTS && id != NULL && json_object_get(b->objects, id) == NULL;
	if (t->failed || id == NULL || b->full) {
		b->failed |= t->failed || id == NULL;
		json_decref(t->root);
	} else if (json_object_set_new(b->objects, id, t->root) < 0) {
		b->failed = true;
	}
	t->root = NULL;
}

/* ---- observables ---- */

/* identifying: the members that its id follows from, an object that is taken over; it is the object but for its type and id. */
static void observable(struct ost_bundle *b, const char *type, json_t *identifying, char ret_id[static OST_STIX_ID])
{
	char *canonical = ost_tree_json(identifying, true);
	struct ost_tree t = {.root = json_object()};
	char uuid[37];

	if (canonical == NULL) {
		b->failed = true;
		json_decref(identifying);
		json_decref(t.root);
		return;
	}
	uuid5(everybodys, canonical, uuid);
	free(canonical);
	(void)snprintf(ret_id, OST_STIX_ID, "%.40s--%s", type, uuid);
	ost_tree_put_text(&t, "type", type);
	ost_tree_put_text(&t, "spec_version", "2.1");
	ost_tree_put_text(&t, "id", ret_id);
	t.failed |= json_object_update(t.root, identifying) < 0;
	json_decref(identifying);
	ost_stix_put(b, &t);
}

static void refer(struct ost_bundle *b, json_t *refs, const char *id)
{
	if (id[0] != '\0' && json_array_append_new(refs, json_string(id)) < 0)
		b->failed = true;
}

static const char *mac_text(const struct ost_line *line, const char *path, char buf[static OST_MAC_TEXT])
{
	const char *text = ost_tree_text(line->root, path);
	struct ost_mac mac;

	return text != NULL && ost_mac_parse(text, &mac) == 0 ? ost_mac_format(&mac, buf) : NULL;
}

static bool ip_of(const struct ost_line *line, const char *path, struct ost_ip *ret_ip)
{
	const char *text = ost_tree_text(line->root, path);

	return text != NULL && ost_ip_parse(text, ret_ip) == 0;
}

static const char *domain_text(const struct ost_line *line)
{
	const char *text = ost_tree_text(line->root, "destination.domain");

	return text != NULL && strlen(text) <= OST_HOST_MAX &&
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == strlen(text) ? text : NULL;
}

/* One end: its addresses into refs; ret_id: that of its IP address, else of its MAC, else "". */
static void end_observe(struct ost_bundle *b, const struct ost_line *line, const char *mac_path, const char *ip_path, json_t *refs,
	char ret_id[static OST_STIX_ID])
{
	char mac[OST_MAC_TEXT], ip_text[OST_IP_TEXT], id[OST_STIX_ID] = "";
	struct ost_ip ip;

	if (mac_text(line, mac_path, mac) != NULL) {
		observable(b, "mac-addr", json_pack("{s:s}", "value", mac), id);
		refer(b, refs, id);
	}
	if (ip_of(line, ip_path, &ip)) {
		observable(b, ip.family == OST_IPV4 ? "ipv4-addr" : "ipv6-addr", json_pack("{s:s}", "value", ost_ip_format(&ip, ip_text)), id);
		refer(b, refs, id);
	}
	memcpy(ret_id, id, OST_STIX_ID);
}

static void protocols(struct ost_tree *t, const struct ost_line *line)
{
	static const struct {
		const char *number, *name;
	} known[] = {{"1", "icmp"}, {"2", "igmp"}, {"6", "tcp"}, {"17", "udp"}, {"47", "gre"}, {"50", "esp"}, {"58", "ipv6-icmp"}, {"132", "sctp"}};
	const char *type = ost_tree_text(line->root, "network.type"), *number = ost_tree_text(line->root, "network.iana_number");

	if (type != NULL && (strcmp(type, "ipv4") == 0 || strcmp(type, "ipv6") == 0))
		ost_tree_add(t, "protocols", json_string(type));
	for (size_t i = 0; number != NULL && i < OST_ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].number, number) == 0)
			ost_tree_add(t, "protocols", json_string(known[i].name));
	}
	if (ost_tree_at(t->root, "protocols") == NULL)
		ost_tree_add(t, "protocols", json_string("ethernet"));
}

static void traffic_observe(struct ost_bundle *b, const struct ost_line *line, const char *from, const char *to, json_t *refs)
{
	uint64_t port = ost_tree_number(line->root, "destination.port");
	struct ost_tree t = {.root = json_object()};
	char id[OST_STIX_ID] = "";

	if (from[0] == '\0' || to[0] == '\0') {
		json_decref(t.root);
		return;
	}
	ost_tree_put_text(&t, "src_ref", from);
	ost_tree_put_text(&t, "dst_ref", to);
	if (port < 65536)
		ost_tree_put_number(&t, "dst_port", port);
	protocols(&t, line);
	b->failed |= t.failed;
	observable(b, "network-traffic", t.root, id);
	refer(b, refs, id);
}

void ost_stix_observables(struct ost_bundle *b, const struct ost_line *line, json_t *refs)
{
	const char *domain = domain_text(line);
	char from[OST_STIX_ID], to[OST_STIX_ID], id[OST_STIX_ID] = "";

	end_observe(b, line, "source.mac", "source.ip", refs, from);
	end_observe(b, line, "destination.mac", "destination.ip", refs, to);
	if (domain != NULL) {
		observable(b, "domain-name", json_pack("{s:s}", "value", domain), id);
		refer(b, refs, id);
	}
	traffic_observe(b, line, from, to, refs);
}

/* ---- what to look for ---- */

bool ost_stix_pattern(const struct ost_line *line, char buf[static OST_STIX_PATTERN])
{
	const char *domain = domain_text(line);
	uint64_t port = ost_tree_number(line->root, "destination.port");
	char text[OST_IP_TEXT], mac[OST_MAC_TEXT];
	struct ost_ip ip;

	if (domain != NULL) {
		(void)snprintf(buf, OST_STIX_PATTERN, "[domain-name:value = '%s']", domain);
		return true;
	}
	if (ip_of(line, "destination.ip", &ip) && ost_ip_is_unicast(&ip) && !ost_address_is_local(&ip)) {
		(void)snprintf(buf, OST_STIX_PATTERN, "[network-traffic:dst_ref.type = '%s' AND network-traffic:dst_ref.value = '%s'",
			ip.family == OST_IPV4 ? "ipv4-addr" : "ipv6-addr", ost_ip_format(&ip, text));
		if (port > 0 && port < 65536)
			(void)snprintf(buf + strlen(buf), OST_STIX_PATTERN - strlen(buf), " AND network-traffic:dst_port = %u", (unsigned)port);
		(void)snprintf(buf + strlen(buf), OST_STIX_PATTERN - strlen(buf), "]");
		return true;
	}
	if (mac_text(line, "source.mac", mac) != NULL) {
		(void)snprintf(buf, OST_STIX_PATTERN, "[mac-addr:value = '%s']", mac);
		return true;
	}
	if (!ip_of(line, "source.ip", &ip) || !ost_ip_is_unicast(&ip) || ost_address_is_pseudonym(&ip))
		return false;
	(void)snprintf(buf, OST_STIX_PATTERN, "[%s:value = '%s']", ip.family == OST_IPV4 ? "ipv4-addr" : "ipv6-addr", ost_ip_format(&ip, text));
	return true;
}

static void technique(struct ost_bundle *b, const char *id, const char *source, const char *incident, const char *by)
{
	char name[64], pattern[OST_STIX_ID], relation[OST_STIX_ID], pair[2 * OST_STIX_ID + 2];
	struct ost_tree t;

	(void)snprintf(name, sizeof(name), "%.20s %.20s", source, id);
	ost_stix_id("attack-pattern", name, pattern);
	t = ost_stix_object("attack-pattern", pattern, by, 0, 0);
	ost_tree_put_text(&t, "name", id);
	ost_tree_add(&t, "external_references", json_pack("{s:s,s:s}", "source_name", source, "external_id", id));
	ost_stix_put(b, &t);
	(void)snprintf(pair, sizeof(pair), "%s %s", incident, pattern);
	ost_stix_id("relationship", pair, relation);
	t = ost_stix_object("relationship", relation, by, 0, 0);
	ost_tree_put_text(&t, "relationship_type", "related-to");
	ost_tree_put_text(&t, "source_ref", incident);
	ost_tree_put_text(&t, "target_ref", pattern);
	ost_stix_put(b, &t);
}

void ost_stix_techniques(struct ost_bundle *b, const struct ost_line *line, const char *incident, const char *by)
{
	static const struct {
		const char *path, *source;
	} arrays[] = {{"threat.technique.id", "mitre-attack"}, {"threat.technique.subtechnique.id", "mitre-attack"},
		{"ostiary.threat.attack_ics", "mitre-ics-attack"}};

	for (size_t k = 0; k < OST_ARRAY_SIZE(arrays); k++) {
		const json_t *value;
		size_t i;

		json_array_foreach(ost_tree_at(line->root, arrays[k].path), i, value) {
			const char *id = json_string_value(value);

			if (id != NULL && id[0] == 'T' && strlen(id) < 16 && strspn(id + 1, "0123456789.") == strlen(id) - 1)
				technique(b, id, arrays[k].source, incident, by);
		}
	}
}
