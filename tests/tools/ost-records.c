/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a journal, as ostiaryd writes them, for tests of what reads them: each cause in each kind of record, and each other kind of record,
 * with texts that devices and persons bring.
 *   ost-records plain|hostile   to standard output
 */
#include <stdio.h>

#include "clock.h"
#include "incident_json.h"
#include "record.h"

#define WALL 1795342272123456789ull

struct text {
	const char *bytes;
	size_t length;
};
#define TEXT(s) {s, sizeof(s) - 1}

static char huge[65536];
static const struct text plain[] = {TEXT("cam-01")};
static const struct text hostile[] = {
	TEXT("cam|01|"), TEXT("a=b cs1=x msg=y"), TEXT("back\\slash\\"), TEXT("line\r\nCEF:0|Evil|x|1|1|1|10|"), TEXT("nul\0behind"), TEXT("\xff\xfe\xc0\xaf\xed\xa0\x80"),
	TEXT("left\xe2\x80\xaetfel"), TEXT("\xe2\x80\xa8\xe2\x80\xa9\xc2\x85\xef\xbb\xbf"), TEXT("\x1b]0;title\x07"), TEXT("{\"kind\":\"x\"},[']\""), TEXT(" blanks "),
	TEXT("\xf0\x9f\x94\xa5\xf3\xa0\x80\x81"), TEXT("open"), {huge, sizeof(huge)},
};

static uint64_t seq;

static int line_put(const char *kind, const char *members)
{
	const struct ost_record_clock clock = {.wall_ns = WALL, .mono_ns = 1000 + seq, .synced = true, .error_us = 900};
	struct ost_record_head head = {.envelope = {.seq = seq}, .wall_ns = WALL + seq * OST_NS_PER_S, .boot_id = "0f0e0d0c-0b0a-0908-0706-050403020100", .clock = &clock};
	struct ost_jsonw w = {0};
	int r;

	(void)snprintf(head.envelope.kind, sizeof(head.envelope.kind), "%s", kind);
	r = ost_record_members_check(members);
	if (r == 0)
		r = ost_record_render(&w, &head, members);
	if (r == 0 && fputs(w.text, stdout) >= 0)
		seq++;
	else
		(void)fprintf(stderr, "%s: %zu bytes of members: %s\n", kind, strlen(members), strerror(-r));
	ost_jsonw_free(&w);
	return r;
}

/* ---- incidents ---- */

static void wire_fill(struct ost_incident_wire *x, unsigned variant)
{
	static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 0x2a}, v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

	if (variant == 0)
		return; /* nothing is known */
	memcpy(x->mac, mac, 6);
	if (variant == 1)
		return;
	x->family = variant == 2 ? 4 : 6;
	x->protocol = variant == 2 ? 6 : 58;
	x->peer_port_l4 = 443;
	x->vlan = variant == 2 ? 7 : 0;
	x->reason = 1;
	memcpy(x->ip, variant == 2 ? (const uint8_t[16]){10, 0, 0, 42} : v6, 16);
	memcpy(x->peer_ip, variant == 2 ? (const uint8_t[16]){203, 0, 113, 9} : v6, 16);
}

/* What persons and regimes add. */
static void more(void *user, struct ost_jsonw *w)
{
	static const char *const verdicts[] = {"true-positive", "false-positive", "benign", "duplicate"};
	const char *text = user;

	ost_jsonw_array(w, "proposal");
	ost_jsonw_object(w, NULL);
	ost_jsonw_string(w, "regime", "nis2");
	ost_jsonw_string(w, "result", "review");
	ost_jsonw_end(w, '}');
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "decision");
	ost_jsonw_end(w, ']');
	ost_jsonw_object(w, "verdict");
	ost_jsonw_string(w, "is", verdicts[seq % 4]);
	ost_jsonw_text(w, "by", text, 256);
	ost_jsonw_text(w, "reason", text, 4096);
	ost_jsonw_end(w, '}');
}

static int incident_put(unsigned cause, unsigned record, const char *text)
{
	const char *tags[] = {text, "floor-2"};
	const struct ost_incident_context context = {.more = record == 2 ? more : NULL, .user = (void *)(uintptr_t)text, .gateway = text, .ingress = text, .role = "camera", .state = "authenticated", .model = text, .owner = text,
		.device_place = text, .tags = tags, .tags_count = 2, .peer_name = cause % 3 == 0 ? "video.example.com" : cause % 3 == 1 ? text : NULL, .policy_rule = text,
		.generation = 7, .policy_wall_ns = WALL, .policy_author = text, .first_seen_wall_ns = WALL, .flows_opened = 3};
	struct ost_incident i = {.id = {1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, (uint8_t)cause}, .state = record == 2 ? OST_INCIDENT_CLOSED : OST_INCIDENT_OPEN,
		.cause = (enum ost_cause)cause, .count = 1 + 9 * (uint64_t)record, .suppressed = record, .first_wall_ns = WALL - OST_NS_PER_S, .last_wall_ns = WALL + seq * OST_NS_PER_S,
		.detected_wall_ns = WALL, .closed_wall_ns = record == 2 ? WALL : 0, .records = record + 1, .succeeded = (enum ost_answer)(cause % 3),
		.malicious = (enum ost_answer)(record % 3), .disposition = (enum ost_disposition)(cause % OST_DISPOSITION_COUNT), .essential = cause % 2 == 0,
		.related_count = cause % 2, .related = {{9}}};
	struct ost_jsonw w = {0};
	int r;

	i.risk = (uint8_t)ost_cause_risk(i.cause, i.essential);
	(void)snprintf(i.who, sizeof(i.who), "%s", cause % 4 == 0 ? "" : text);
	(void)snprintf(i.place, sizeof(i.place), "%s", text);
	(void)snprintf(i.scope, sizeof(i.scope), "%s 10.0.0.42 02:00:00:00:00:2a", text);
	wire_fill(&i.wire, cause % 4);
	ost_incident_json(&w, &i, (enum ost_incident_record)record, "count", &context);
	r = w.failed ? -ENOMEM : line_put(ost_incident_record_name((enum ost_incident_record)record), w.text);
	ost_jsonw_free(&w);
	return r;
}

/* ---- other records ---- */

static const struct {
	const char *kind, *place; /* of its members below "ostiary"; "" they stand at the top */
	bool incident;
} others[] = {
	{"decision", "decision", true}, {"submission", "submission", true}, {"decision", "", true}, {"incident.note", "note", true}, {"deadline.warning", "deadline", true}, {"submission", "", true},
	{"evidence", "capture", true}, {"suppress", "suppress", false}, {"policy.change", "policy", false}, {"entity.change", "entity", false},
	{"regime.change", "regime", false}, {"key.rotate", "journal", false}, {"key.compromise", "journal", false}, {"clock.step", "clock", false},
	{"journal.begin", "journal", false}, {"journal.recovery", "journal", false}, {"journal.io_error", "journal", false},
	{"journal.overflow", "journal", false}, {"journal.prune", "journal", false}, {"journal.accept_loss", "journal", false}, {"nobody.knows", "what", false},
};

static int other_put(unsigned k, const struct text *text)
{
	static const char *const keys[] = {"by", "reason", "value", "authority_ref", "device", "who", "path"};
	struct ost_jsonw w = {0};
	int r;

	if (k % 3 == 0)
		ost_journal_string(&w, "message", text->bytes, text->length, 16384);
	if (others[k].place[0] != '\0') {
		ost_jsonw_object(&w, "ostiary");
		ost_jsonw_object(&w, others[k].place);
	}
	if (others[k].incident)
		ost_jsonw_string(&w, "incident", "01020304-0506-7008-800a-0b0c0d0e0f02");
	for (size_t i = 0; i < OST_ARRAY_SIZE(keys); i++)
		ost_journal_string(&w, keys[i], text->bytes, text->length, 4096);
	ost_jsonw_string(&w, "regime", "nis2");
	ost_jsonw_bool(&w, "significant", k % 2 == 0);
	ost_jsonw_u64(&w, "number", k);
	ost_jsonw_time(&w, "aware_at", WALL);
	if (others[k].place[0] != '\0') {
		ost_jsonw_end(&w, '}');
		ost_jsonw_end(&w, '}');
	}
	r = w.failed ? -ENOMEM : line_put(others[k].kind, w.text);
	ost_jsonw_free(&w);
	return r;
}

int main(int argc, char **argv)
{
	bool bad = argc == 2 && strcmp(argv[1], "hostile") == 0;
	const struct text *texts = bad ? hostile : plain;
	size_t count = bad ? OST_ARRAY_SIZE(hostile) : OST_ARRAY_SIZE(plain);
	int r = 0;

	memset(huge, 'x', sizeof(huge) - 1);
	if (argc != 2 || (!bad && strcmp(argv[1], "plain") != 0))
		return 2;
	for (size_t t = 0; t < count; t++) {
		for (unsigned cause = 0; cause < OST_CAUSE_COUNT; cause++) {
			for (unsigned record = 0; record < OST_INCIDENT_RECORD_COUNT; record++)
				r |= incident_put(cause, record, texts[t].bytes);
		}
		for (unsigned k = 0; k < OST_ARRAY_SIZE(others); k++)
			r |= other_put(k, &texts[t]);
	}
	return r == 0 && fflush(stdout) == 0 ? 0 : 1;
}
