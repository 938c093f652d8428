/* SPDX-License-Identifier: GPL-2.0-or-later */
/* STIX 2.1. Of each incident one incident object, as its newest record says, with the Incident Core extension of OASIS; of each of its records
 * what was observed since the one before; what to look for, and how often it was seen. Every other record is a note on its incident, or on
 * the gateway when it is about none, with the whole record in it. */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/sha256.h>

#include <stdio.h>

#include "stix.h"

#define CORE	   "extension-definition--ef765651-680c-498d-9894-99799f2fa126" /* Incident Core */
#define COUNT_MAX  999999999u
#define BYTES_MAX  (64u << 20) /* of all lines */

struct ost_stix {
	const struct ost_format_config *config;
	struct ost_bundle bundle;
	json_t *incidents; /* by id: {"count", "seq", "end", "decided", "seen": {indicator: {"first", "last", "count", "refs"}}} */
	json_t *seqs;	   /* numbers of the records that are in */
	wc_Sha256 lines;   /* of the hashes of all lines: the bundle's id */
	uint32_t line_count;
	size_t bytes;
	char identity[OST_STIX_ID]; /* of the gateway of the line that is being added */
};

int ost_stix_new(const struct ost_format_config *config, struct ost_stix **ret_stix)
{
	struct ost_stix *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->config = config;
	s->bundle.objects = json_object();
	s->incidents = json_object();
	s->seqs = json_object();
	if (s->bundle.objects == NULL || s->incidents == NULL || s->seqs == NULL || wc_InitSha256(&s->lines) != 0) {
		ost_stix_free(&s);
		return -ENOMEM;
	}
	*ret_stix = s;
	return 0;
}

void ost_stix_free(struct ost_stix **stix)
{
	struct ost_stix *s = *stix;

	*stix = NULL;
	if (s == NULL)
		return;
	json_decref(s->bundle.objects);
	json_decref(s->incidents);
	json_decref(s->seqs);
	wc_Sha256Free(&s->lines);
	free(s);
}

static void identity(struct ost_stix *s, const struct ost_line *line)
{
	const char *host = ost_line_gateway(line, s->config);
	char name[300];
	struct ost_tree t;

	(void)snprintf(name, sizeof(name), "gateway %.256s", host);
	ost_stix_id("identity", name, s->identity);
	t = ost_stix_object("identity", s->identity, NULL, 0, 0);
	ost_tree_put_text(&t, "name", host);
	ost_tree_put_text(&t, "description", "Ostiary gateway");
	ost_tree_put_text(&t, "identity_class", "system");
	ost_stix_put(&s->bundle, &t);
}

/* ---- the incident ---- */

static const char *type_of(const char *cause)
{
	static const struct {
		const char *cause, *type;
	} types[] = {
		{"unknown_device", "unauthorized-equipment"},
		{"arp_spoof", "wiretapping"},
		{"rogue_dhcp", "wiretapping"},
		{"rogue_router", "wiretapping"},
		{"denied_flow", "policy-violation"},
		{"scan", "network-scanning"},
		{"flood_in", "packet-flood"},
		{"flood_out", "packet-flood"},
		{"reflector", "denial-of-service"},
		{"brute_force", "brute-force-attempt"},
		{"lockout", "brute-force-attempt"},
		{"policy_violation_internet", "policy-violation"},
		{"exfil_volume", "data-exfiltration"},
		{"lateral_movement", "unauthorized-access-system"},
		{"beaconing", "connection-malware-system"},
		{"gateway_tamper", "modification-information"},
		{"journal_integrity", "modification-information"},
		{"time_tamper", "modification-information"},
	};

	for (size_t i = 0; cause != NULL && i < OST_ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].cause, cause) == 0)
			return types[i].type;
	}
	return "undetermined";
}

static const char *determination(const struct ost_line *line)
{
	const char *did = ost_tree_text(line->root, "ostiary.response.action"), *succeeded = ost_tree_text(line->root, "ostiary.incident.succeeded");
	const char *verdict = ost_tree_text(line->root, "ostiary.verdict.is");

	if (verdict != NULL && strcmp(verdict, "false-positive") == 0)
		return "false-positive";
	if (succeeded != NULL && strcmp(succeeded, "yes") == 0)
		return "successful-attempt";
	if (did != NULL && strcmp(did, "alerted") != 0)
		return "blocked";
	return succeeded != NULL && strcmp(succeeded, "no") == 0 ? "failed-attempt" : "suspected";
}

static void extension(struct ost_tree *t, const struct ost_line *line, bool decided)
{
	uint64_t risk = OST_MIN(ost_tree_number(line->root, "ostiary.risk.product"), 9u);
	struct ost_tree e = {.root = json_object()};

	ost_tree_put_text(&e, "extension_type", "property-extension");
	ost_tree_put_text(&e, "determination", determination(line));
	ost_tree_put_text(&e, "investigation_status", line->closed ? "closed" : decided || json_array_size(ost_tree_at(line->root, "ostiary.decision")) > 0 ? "open" : "new");
	ost_tree_put_integer(&e, "criticality", risk * 100 / 9);
	ost_tree_put(&e, "detection_methods", json_pack("[ss]", "automated-tool", "Ostiary"));
	ost_tree_put(&e, "incident_types", json_pack("[s]", type_of(ost_tree_text(line->root, "rule.id"))));
	if (risk > 0)
		ost_tree_add(&e, "scores", json_pack("{s:s,s:i}", "name", "likelihood x impact, ETSI TS 102 165-1", "value", (int)risk));
	t->failed |= e.failed;
	ost_tree_put(t, "extensions", json_pack("{s:o}", CORE, e.root));
}

static void incident_put(struct ost_stix *s, const struct ost_line *line, const char *id, bool decided)
{
	uint64_t created = ost_tree_time(line->root, "event.created");
	const char *who = ost_tree_text(line->root, "ostiary.incident.who"), *cause = ost_tree_text(line->root, "rule.id");
	const char *why = ost_tree_text(line->root, "rule.description"), *next = ost_tree_text(line->root, "ostiary.response.next_step");
	struct ost_tree t = ost_stix_object("incident", id, s->identity, created != 0 ? created : line->about.time_ns, line->about.time_ns);

	if (who == NULL)
		who = ost_tree_text(line->root, "ostiary.incident.place");
	ost_tree_put(&t, "name", json_sprintf("%s%s%s", ost_line_title(line), who != NULL ? ": " : "", who != NULL ? who : ""));
	ost_tree_put(&t, "description", json_sprintf("%s%s%s%s%s", ost_line_message(line), why != NULL ? "\nWhy: " : "", why != NULL ? why : "",
		next != NULL ? "\nNext: " : "", next != NULL ? next : ""));
	if (cause != NULL)
		ost_tree_add(&t, "labels", json_string(cause));
	if (ost_tree_text(line->root, "labels.rsit") != NULL)
		ost_tree_add(&t, "labels", json_sprintf("rsit:%s", ost_tree_text(line->root, "labels.rsit")));
	ost_tree_add(&t, "external_references", json_pack("{s:s,s:s}", "source_name", "ostiary", "external_id", line->incident));
	extension(&t, line, decided);
	ost_stix_put(&s->bundle, &t);
}

/* ---- what was observed ---- */

static void observed_put(struct ost_stix *s, const struct ost_line *line, uint64_t from_ns, uint64_t number, json_t *refs, char ret_id[static OST_STIX_ID])
{
	uint64_t last = ost_tree_time(line->root, "event.end");
	char text[OST_STIX_TIME];
	struct ost_tree t;

	ost_stix_id("observed-data", line->about.id, ret_id);
	t = ost_stix_object("observed-data", ret_id, s->identity, line->about.time_ns, 0);
	if (last == 0)
		last = line->about.time_ns;
	ost_stix_time(OST_MIN(from_ns != 0 ? from_ns : last, last), text);
	ost_tree_put_text(&t, "first_observed", text);
	ost_stix_time(last, text);
	ost_tree_put_text(&t, "last_observed", text);
	ost_tree_put_integer(&t, "number_observed", OST_MAX(number, (uint64_t)1));
	ost_tree_put_same(&t, "object_refs", refs);
	ost_stix_put(&s->bundle, &t);
}

static void indicator_put(struct ost_stix *s, const struct ost_line *line, const char *pattern, char ret_id[static OST_STIX_ID])
{
	const char *malicious = ost_tree_text(line->root, "ostiary.assess.malicious");
	uint64_t first = ost_tree_time(line->root, "event.start");
	char name[OST_STIX_PATTERN + 64], text[OST_STIX_TIME];
	struct ost_tree t;

	(void)snprintf(name, sizeof(name), "%s %s", line->incident, pattern);
	ost_stix_id("indicator", name, ret_id);
	if (first == 0)
		first = line->about.time_ns;
	t = ost_stix_object("indicator", ret_id, s->identity, first, line->about.time_ns);
	ost_tree_put_text(&t, "name", ost_line_title(line));
	ost_tree_add(&t, "indicator_types", json_string(malicious != NULL && strcmp(malicious, "yes") == 0 ? "malicious-activity" : "anomalous-activity"));
	ost_tree_put_text(&t, "pattern", pattern);
	ost_tree_put_text(&t, "pattern_type", "stix");
	ost_tree_put_text(&t, "pattern_version", "2.1");
	ost_stix_time(first, text);
	ost_tree_put_text(&t, "valid_from", text);
	ost_stix_put(&s->bundle, &t);
}

/* Notes that this was sighted: the sighting is made of it when all lines are there. */
static void seen(struct ost_stix *s, json_t *state, const char *of, const struct ost_line *line, uint64_t from_ns, uint64_t number, const char *observed)
{
	json_t *all = json_object_get(state, "seen"), *one = json_object_get(all, of);
	uint64_t last = ost_tree_time(line->root, "event.end");
	struct ost_tree t = {.root = one};

	if (one == NULL) {
		t.root = json_object();
		ost_tree_put_integer(&t, "first", from_ns != 0 ? from_ns : line->about.time_ns);
		if (json_object_set_new(all, of, t.root) < 0) {
			s->bundle.failed = true;
			return;
		}
	}
	ost_tree_put_integer(&t, "last", OST_MAX(last, ost_tree_number(t.root, "first")));
	ost_tree_put_integer(&t, "count", OST_MIN(ost_tree_number(t.root, "count") + number, (uint64_t)COUNT_MAX));
	if (observed != NULL)
		ost_tree_add(&t, "refs", json_string(observed));
	s->bundle.failed |= t.failed;
}

static json_t *state_of(struct ost_stix *s, const char *incident)
{
	json_t *state = json_object_get(s->incidents, incident);

	if (state == NULL) {
		state = json_pack("{s:{}}", "seen");
		if (json_object_set_new(s->incidents, incident, state) < 0)
			return NULL;
	}
	return state;
}

static void incident_take(struct ost_stix *s, const struct ost_line *line)
{
	json_t *state = state_of(s, line->incident), *refs = json_array();
	struct ost_tree t = {.root = state};
	uint64_t count = OST_MIN(ost_tree_number(line->root, "ostiary.incident.count"), (uint64_t)COUNT_MAX), before = ost_tree_number(state, "count");
	uint64_t number = count > before ? count - before : 0, from = ost_tree_number(state, "end");
	char id[OST_STIX_ID], observed[OST_STIX_ID] = "", indicator[OST_STIX_ID] = "", pattern[OST_STIX_PATTERN];

	s->bundle.failed |= state == NULL || refs == NULL;
	if (!s->bundle.failed) {
		if (from == 0)
			from = ost_tree_time(line->root, "event.start");
		ost_stix_id("incident", line->incident, id);
		incident_put(s, line, id, json_is_true(json_object_get(state, "decided")));
		ost_stix_techniques(&s->bundle, line, id, s->identity);
		ost_stix_observables(&s->bundle, line, refs);
		if (json_array_size(refs) > 0)
			observed_put(s, line, from, number, refs, observed);
		if (ost_stix_pattern(line, pattern))
			indicator_put(s, line, pattern, indicator);
		seen(s, state, indicator[0] != '\0' ? indicator : id, line, from, number, observed[0] != '\0' ? observed : NULL);
		ost_tree_put_integer(&t, "count", OST_MAX(count, before));
		ost_tree_put_integer(&t, "end", OST_MAX(ost_tree_time(line->root, "event.end"), from));
		s->bundle.failed |= t.failed;
	}
	json_decref(refs);
}

/* ---- other records ---- */

static void note_take(struct ost_stix *s, const struct ost_line *line)
{
	const char *person = ost_line_person(line);
	char id[OST_STIX_ID], about[OST_STIX_ID];
	char *json = ost_tree_json(line->root, false);
	json_t *state = line->incident != NULL ? json_object_get(s->incidents, line->incident) : NULL;
	struct ost_tree t;

	ost_stix_id("note", line->about.id, id);
	if (state != NULL)
		ost_stix_id("incident", line->incident, about);
	if (state != NULL && line->of_person)
		s->bundle.failed |= json_object_set_new(state, "decided", json_true()) < 0;
	t = ost_stix_object("note", id, s->identity, line->about.time_ns, 0);
	ost_tree_put_text(&t, "abstract", ost_line_title(line));
	ost_tree_put(&t, "content", json_sprintf("%s\n%s", ost_line_message(line), json != NULL ? json : ""));
	if (person != NULL)
		ost_tree_add(&t, "authors", json_string(person));
	ost_tree_add(&t, "object_refs", json_string(state != NULL ? about : s->identity));
	s->bundle.failed |= json == NULL;
	free(json);
	ost_stix_put(&s->bundle, &t);
}

/* ---- a bundle ---- */

static bool is_new(struct ost_stix *s, const struct ost_line *line, size_t length)
{
	char seq[24];

	(void)snprintf(seq, sizeof(seq), "%llu", (unsigned long long)line->about.seq);
	if (json_object_get(s->seqs, seq) != NULL)
		return false;
	s->bundle.failed |= json_object_set_new(s->seqs, seq, json_true()) < 0 || wc_Sha256Update(&s->lines, (const uint8_t *)line->leaf, 64) != 0;
	s->line_count++;
	s->bytes += length;
	return true;
}

int ost_stix_add(struct ost_stix *s, const char *bytes, size_t length, char ret_why[static OST_FORMAT_WHY])
{
	struct ost_line line;
	int r;

	if (s->line_count >= OST_STIX_LINES || s->bytes + length > BYTES_MAX) {
		(void)snprintf(ret_why, OST_FORMAT_WHY, "a bundle has at most %u lines and %u MiB of them", OST_STIX_LINES, BYTES_MAX >> 20);
		return -E2BIG;
	}
	r = ost_line_read(s->config, bytes, length, &line, ret_why);
	if (r < 0)
		return r;
	if (is_new(s, &line, length)) {
		identity(s, &line);
		if (line.of_incident && line.incident != NULL)
			incident_take(s, &line);
		else
			note_take(s, &line);
	}
	ost_line_free(&line);
	if (s->bundle.full) {
		(void)snprintf(ret_why, OST_FORMAT_WHY, "a bundle has at most %u objects", OST_STIX_OBJECTS);
		return -E2BIG;
	}
	return s->bundle.failed ? -ENOMEM : 0;
}

static void sighting_put(struct ost_stix *s, const char *of, const json_t *one)
{
	const json_t *object = json_object_get(s->bundle.objects, of);
	const char *by = ost_tree_text(object, "created_by_ref");
	char id[OST_STIX_ID], text[OST_STIX_TIME];
	struct ost_tree t;

	ost_stix_id("sighting", of, id);
	t = ost_stix_object("sighting", id, by, ost_tree_time(object, "created"), ost_tree_time(object, "modified"));
	ost_tree_put_text(&t, "sighting_of_ref", of);
	ost_stix_time(ost_tree_number(one, "first"), text);
	ost_tree_put_text(&t, "first_seen", text);
	ost_stix_time(ost_tree_number(one, "last"), text);
	ost_tree_put_text(&t, "last_seen", text);
	ost_tree_put_integer(&t, "count", ost_tree_number(one, "count"));
	ost_tree_put_same(&t, "observed_data_refs", ost_tree_at(one, "refs"));
	if (by != NULL)
		ost_tree_add(&t, "where_sighted_refs", json_string(by));
	ost_tree_put(&t, "summary", json_true());
	ost_stix_put(&s->bundle, &t);
}

static void sightings(struct ost_stix *s)
{
	json_t *state, *one;
	const char *incident, *of;

	json_object_foreach(s->incidents, incident, state) {
		json_object_foreach(json_object_get(state, "seen"), of, one) {
			sighting_put(s, of, one);
		}
	}
}

static int bundle_id(struct ost_stix *s, char buf[static OST_STIX_ID])
{
	uint8_t hash[WC_SHA256_DIGEST_SIZE];
	char hex[2 * sizeof(hash) + 1];

	if (wc_Sha256GetHash(&s->lines, hash) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(hash); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	ost_stix_id("bundle", hex, buf);
	return 0;
}

int ost_stix_bundle(struct ost_stix *s, struct ost_format_text *out)
{
	struct ost_tree t = {.root = NULL};
	char id[OST_STIX_ID];
	const char *key;
	json_t *object;

	if (s->line_count == 0)
		return -ENODATA;
	sightings(s);
	if (s->bundle.failed || s->bundle.full || bundle_id(s, id) < 0)
		return s->bundle.full ? -E2BIG : -ENOMEM;
	t.root = json_object();
	ost_tree_put_text(&t, "type", "bundle");
	ost_tree_put_text(&t, "id", id);
	json_object_foreach(s->bundle.objects, key, object) {
		ost_tree_add(&t, "objects", json_incref(object));
	}
	return ost_tree_end(&t, out);
}
