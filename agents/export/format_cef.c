/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CEF 0 (ArcSight Common Event Format): a header of seven fields and pairs behind it. '\' and '|' are escaped in the header, '\', '=' and the
 * ends of lines in values; whatever else cannot be seen is U+FFFD there. Fields have the lengths of the format's dictionary: what is longer
 * is cut between two characters and ends in U+2026. The journal has it whole. */
#include <stdio.h>

#include "addr.h"
#include "clock.h"
#include "line.h"
#include "plain.h"
#include "unicode.h"

#define HEADER_MAX 512u
#define BLANKS	   " \t"

struct cef {
	struct ost_format_text *out;
	const struct ost_line *line;
	bool begun; /* there is a pair already */
	int r;	    /* what failed, once */
};

static void put(struct cef *c, const char *bytes, size_t length)
{
	if (c->r == 0)
		c->r = ost_text_append(c->out, bytes, length);
}

/* One character, escaped. */
static void put_character(struct cef *c, uint32_t character, const char *bytes, size_t used, bool header)
{
	if (character == '\\' || (header ? character == '|' : character == '='))
		put(c, "\\", 1);
	if (character == '\n' || character == '\r')
		put(c, header ? " " : character == '\n' ? "\\n" : "\\r", header ? 1 : 2);
	else if (character == '\t')
		put(c, " ", 1);
	else if (character == 0xfffd || ost_unicode_is_hostile(character))
		put(c, "\xef\xbf\xbd", 3);
	else
		put(c, bytes, used);
}

/* max: bytes before they are escaped. Blanks at the ends would belong to nobody. */
static void put_text(struct cef *c, const char *text, size_t max, bool header)
{
	size_t length, used;

	text += strspn(text, BLANKS);
	length = strlen(text);
	while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL)
		length--;
	for (size_t i = 0; i < length; i += used) {
		uint32_t character = 0xfffd;

		used = ost_unicode_decode(text + i, &character);
		used = OST_MAX(used, (size_t)1);
		if (i + used > max - 3 && length > max) {
			put(c, "\xe2\x80\xa6", 3);
			break;
		}
		put_character(c, character, text + i, used, header);
	}
}

static bool is_blank(const char *text)
{
	return text == NULL || text[strspn(text, BLANKS)] == '\0';
}

/* Nothing when there is nothing. */
static void pair(struct cef *c, const char *key, const char *text, size_t max)
{
	if (is_blank(text))
		return;
	if (c->begun)
		put(c, " ", 1);
	c->begun = true;
	put(c, key, strlen(key));
	put(c, "=", 1);
	put_text(c, text, max, false);
}

static void pair_number(struct cef *c, const char *key, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	pair(c, key, text, sizeof(text));
}

static void pair_at(struct cef *c, const char *key, const char *path, size_t max)
{
	pair(c, key, ost_tree_text(c->line->root, path), max);
}

static void pair_ms(struct cef *c, const char *key, const char *path)
{
	uint64_t ns = ost_tree_time(c->line->root, path);

	if (ns != 0)
		pair_number(c, key, ns / OST_NS_PER_MS);
}

/* A field of the producer's own, with the label that says what it is. */
static void own(struct cef *c, const char *key, const char *label, const char *text, size_t max)
{
	char name[32];

	if (is_blank(text))
		return;
	pair(c, key, text, max);
	(void)snprintf(name, sizeof(name), "%sLabel", key);
	pair(c, name, label, 64);
}

static void own_number(struct cef *c, const char *key, const char *label, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	own(c, key, label, text, sizeof(text));
}

/* An array of words, apart by blanks. */
static void own_words(struct cef *c, const char *key, const char *label, const char *path)
{
	struct ost_format_text words = {0};
	const json_t *value;
	size_t i;

	json_array_foreach(ost_tree_at(c->line->root, path), i, value) {
		const char *word = json_string_value(value);

		if (word == NULL)
			continue;
		if (c->r == 0 && words.length > 0)
			c->r = ost_text_append(&words, " ", 1);
		if (c->r == 0)
			c->r = ost_text_append(&words, word, strlen(word));
	}
	if (words.length > 0)
		own(c, key, label, words.bytes, 4000);
	ost_format_text_free(&words);
}

/* ---- parts ---- */

/* 0 to 10. Of an incident by its risk: the six products of likelihood and impact. */
static unsigned severity(const struct ost_line *line)
{
	static const unsigned of_risk[10] = {0, 2, 3, 4, 5, 0, 8, 0, 0, 10};
	static const unsigned of_level[6] = {0, 1, 3, 5, 8, 10};
	uint64_t risk = ost_tree_number(line->root, "ostiary.risk.product");

	if (risk < OST_ARRAY_SIZE(of_risk) && of_risk[risk] != 0)
		return of_risk[risk];
	return of_level[OST_MIN(line->about.severity, 5u)];
}

static void header(struct cef *c)
{
	const char *cause = ost_tree_text(c->line->root, "rule.id");
	char text[24];

	put(c, "CEF:0|Ostiary|Ostiary|", 22);
	put_text(c, OSTIARY_VERSION, 31, true);
	put(c, "|", 1);
	put_text(c, is_blank(cause) ? c->line->about.kind : cause, 128, true);
	put(c, "|", 1);
	put_text(c, is_blank(ost_line_title(c->line)) ? c->line->about.kind : ost_line_title(c->line), HEADER_MAX, true);
	(void)snprintf(text, sizeof(text), "|%u|", severity(c->line));
	put(c, text, strlen(text));
}

/* CEF 0 has fields for IPv4 alone; IPv6 has fields of its own with labels. */
static void end_of(struct cef *c, const char *path, const char *v4, const char *v6, const char *label)
{
	const char *text = ost_tree_text(c->line->root, path);
	struct ost_ip ip;

	if (text == NULL || ost_ip_parse(text, &ip) < 0)
		return;
	if (ip.family == OST_IPV4)
		pair(c, v4, text, OST_IP_TEXT);
	else
		own(c, v6, label, text, OST_IP_TEXT);
}

/* "02:00:00:00:00:2a"; a pseudonym is no MAC address, it is left out. */
static void mac_of(struct cef *c, const char *path, const char *key)
{
	const char *text = ost_tree_text(c->line->root, path);
	char buf[OST_MAC_TEXT];
	struct ost_mac mac;

	if (text != NULL && ost_mac_parse(text, &mac) == 0)
		pair(c, key, ost_mac_format(&mac, buf), sizeof(buf));
}

static void wire(struct cef *c)
{
	uint64_t source = ost_tree_number(c->line->root, "source.port"), destination = ost_tree_number(c->line->root, "destination.port");

	end_of(c, "source.ip", "src", "c6a2", "Source IPv6 Address");
	mac_of(c, "source.mac", "smac");
	if (source > 0 && source < 65536)
		pair_number(c, "spt", source);
	end_of(c, "destination.ip", "dst", "c6a3", "Destination IPv6 Address");
	mac_of(c, "destination.mac", "dmac");
	if (destination > 0 && destination < 65536)
		pair_number(c, "dpt", destination);
	pair_at(c, "dhost", "destination.domain", 1023);
	pair_at(c, "proto", "network.transport", 31);
	pair_at(c, "deviceInboundInterface", "observer.ingress.interface.name", 128);
}

static void incident(struct cef *c)
{
	const json_t *root = c->line->root;

	pair_at(c, "deviceExternalId", "device.id", 255);
	own(c, "cs1", "identityState", ost_tree_text(root, "ostiary.context.state"), 4000);
	own(c, "cs2", "incidentState", strcmp(c->line->about.kind, "incident.open") == 0 ? "open" :
		strcmp(c->line->about.kind, "incident.update") == 0			 ? "updated" :
		strcmp(c->line->about.kind, "incident.close") == 0			 ? "closed" :
		strcmp(c->line->about.kind, "incident.reopen") == 0			 ? "reopened" : ost_tree_text(root, "ostiary.incident.state"), 64);
	own(c, "cs3", "malicious", ost_tree_text(root, "ostiary.assess.malicious"), 64);
	own_words(c, "cs4", "threats", "ostiary.threat.type");
	own_words(c, "cs5", "objectives", "ostiary.threat.objective");
	own_words(c, "cs6", "attackTechniques", "threat.technique.id");
	pair_at(c, "cat", "labels.rsit", 1023);
	pair_at(c, "act", "ostiary.response.action", 63);
	pair_at(c, "outcome", "event.outcome", 63);
	pair_at(c, "reason", "ostiary.context.refusal", 1023);
	if (ost_tree_number(root, "ostiary.incident.count") != 0)
		pair_number(c, "cnt", OST_MIN(ost_tree_number(root, "ostiary.incident.count"), (uint64_t)INT32_MAX));
	own_number(c, "cn2", "suppressedCount", ost_tree_number(root, "ostiary.incident.suppressed_count"));
	own_number(c, "cn3", "distinctPeers", ost_tree_number(root, "ostiary.incident.distinct_peers"));
}

/* Other records have no fields of their own in CEF: what they say beside the message goes along as JSON. */
static void other(struct cef *c)
{
	static const char *const told[] = {"v", "seq", "prev", "kind", "@timestamp", "boot_id", "mono_ns", "clock", "message", "event", "observer", NULL};
	json_t *rest = ost_tree_copy(c->line->root, told);
	char *json = ost_tree_json(rest, false);

	json_decref(rest);
	if (json == NULL)
		c->r = -ENOMEM;
	else
		own(c, "cs5", "record", strcmp(json, "{}") != 0 ? json : NULL, 4000);
	free(json);
	own(c, "cs6", "kind", c->line->about.kind, 64);
	pair(c, "fileHash", json_string_value(json_object_get(json_array_get(ost_tree_at(c->line->root, "ostiary.evidence"), 0), "sha256")), 255);
}

int ost_format_cef(const struct ost_line *line, const struct ost_format_config *config, struct ost_format_text *out)
{
	struct cef c = {.out = out, .line = line};

	header(&c);
	pair_number(&c, "rt", line->about.time_ns / OST_NS_PER_MS);
	pair_ms(&c, "start", "event.start");
	pair_ms(&c, "end", "event.end");
	pair(&c, "dvchost", ost_line_gateway(line, config), 100);
	pair(&c, "externalId", line->incident, 40);
	own_number(&c, "cn1", "sequence", line->about.seq);
	own(&c, "flexString1", "eventId", line->about.id, 1023);
	own(&c, "flexString2", "fingerprint", line->leaf, 1023);
	if (line->of_incident)
		incident(&c);
	else
		other(&c);
	pair(&c, "suser", ost_line_person(line), 1023);
	wire(&c);
	pair(&c, "msg", ost_line_message(line), 1023);
	put(&c, "\n", 1);
	return c.r;
}
