/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admission_log.h"

#include <stdio.h>

#include "clock.h"

struct ost_admission_log {
	struct ost_admission_log_config config;
	struct ost_admission_log_counts counts;
	struct ost_jsonw line;
	uint64_t second_ns;
	uint32_t strangers, others; /* lines of this second */
	uint64_t over;		    /* not written since it was told last */
};

int ost_admission_log_new(const struct ost_admission_log_config *config, struct ost_admission_log **ret_log)
{
	struct ost_admission_log *log = calloc(1, sizeof(*log));

	if (log == NULL)
		return -ENOMEM;
	log->config = *config;
	*ret_log = log;
	return 0;
}

void ost_admission_log_free(struct ost_admission_log **log)
{
	if (*log == NULL)
		return;
	ost_jsonw_free(&(*log)->line);
	free(*log);
	*log = NULL;
}

static void line_begin(struct ost_admission_log *log, const char *event, uint64_t wall_ns)
{
	ost_jsonw_reset(&log->line);
	ost_jsonw_object(&log->line, NULL);
	ost_jsonw_time(&log->line, "time", wall_ns);
	ost_jsonw_string(&log->line, "gateway", log->config.gateway);
	ost_jsonw_string(&log->line, "event", event);
}

static void line_end(struct ost_admission_log *log)
{
	ost_jsonw_end(&log->line, '}');
	ost_jsonw_newline(&log->line);
	if (!log->line.failed)
		log->config.write(log->config.user, log->line.text, log->line.length);
}

static void second_begin(struct ost_admission_log *log, struct ost_moment now)
{
	if (now.mono_ns - log->second_ns < OST_NS_PER_S)
		return;
	log->second_ns = now.mono_ns;
	log->strangers = log->others = 0;
	if (log->over == 0)
		return;
	line_begin(log, "overflow", now.wall_ns);
	ost_jsonw_string(&log->line, "meaning", "more lines than the log takes: these were not written, and are counted");
	ost_jsonw_u64(&log->line, "lines", log->over);
	line_end(log);
	log->over = 0;
}

static bool line_allowed(struct ost_admission_log *log, enum ost_note_kind kind)
{
	bool stranger = kind == OST_NOTE_DENIED || kind == OST_NOTE_FAILED || kind == OST_NOTE_LOCKED || kind == OST_NOTE_SIGHTED;

	if (stranger ? log->strangers++ < OST_ADMISSION_LOG_STRANGERS : log->others++ < OST_ADMISSION_LOG_OTHERS)
		return true;
	log->over++;
	log->counts.suppressed_lines++;
	return false;
}

/* ---- members ---- */

void ost_admission_hex_json(struct ost_jsonw *w, const char *key, const uint8_t *bytes, size_t length)
{
	char text[2 * 64 + 1] = "";

	for (size_t i = 0; i < length && i < 64; i++)
		(void)snprintf(&text[2 * i], 3, "%02x", bytes[i]);
	ost_jsonw_string(w, key, length > 0 ? text : NULL);
}

void ost_admission_place_json(struct ost_jsonw *w, const struct ost_place *place, const char *port)
{
	char text[OST_MAC_TEXT];
	struct ost_mac mac;

	memcpy(mac.b, place->mac, sizeof(mac.b));
	ost_jsonw_string(w, "port", port[0] != '\0' ? port : NULL);
	if (place->client != 0) {
		ost_jsonw_u64(w, "radius_client", place->client);
		ost_jsonw_u64(w, "nas_port", place->vlan);
	}
	ost_jsonw_u64(w, "vlan", place->client != 0 ? 0 : place->vlan & 0xfff);
	if (place->client == 0 && place->vlan >> 12 != 0)
		ost_jsonw_u64(w, "inner_vlan", place->vlan >> 12);
	ost_jsonw_string(w, "mac", ost_mac_format(&mac, text));
}

/* Both halves: what the device showed, and which of our certificates it accepted. */
static void proof_json(struct ost_jsonw *w, const struct ost_auth_proof *p)
{
	ost_jsonw_string(w, "identity", p->identity[0] != '\0' ? p->identity : NULL);
	ost_admission_hex_json(w, "certificate_sha256", p->certificate_sha256, sizeof(p->certificate_sha256));
	ost_jsonw_string(w, "subject", p->subject);
	ost_jsonw_string(w, "issuer", p->issuer);
	ost_admission_hex_json(w, "issuer_sha256", p->issuer_sha256, sizeof(p->issuer_sha256));
	ost_admission_hex_json(w, "serial", p->serial, p->serial_length);
	ost_jsonw_time(w, "not_after", p->not_after_wall_s * OST_NS_PER_S);
	ost_jsonw_string(w, "key", p->key);
	ost_jsonw_string(w, "proof_assurance", ost_assurance_name((enum ost_assurance)p->assurance));
	ost_admission_hex_json(w, "gateway_sha256", p->gateway_sha256, sizeof(p->gateway_sha256));
	ost_jsonw_string(w, "tls_version", p->tls_version);
	ost_jsonw_string(w, "tls_suite", p->tls_suite);
	ost_jsonw_string(w, "tls_group", p->tls_group);
}

/* An object of its own, so that nobody who looks for proofs takes it for one. */
static void shown_json(struct ost_jsonw *w, const struct ost_auth_proof *p)
{
	ost_jsonw_object(w, "shown");
	ost_jsonw_bool(w, "proved", false);
	proof_json(w, p);
	ost_jsonw_end(w, '}');
}

/* What it is bound to from now on: the policy, and in it its role. */
static void obligations_json(struct ost_jsonw *w, const struct ost_image *image, uint32_t device)
{
	const struct ost_image_role *role = &image->roles[image->devices[device].role];

	ost_jsonw_object(w, "obligations");
	ost_jsonw_u64(w, "generation", image->generation);
	ost_jsonw_u64(w, "policy_crc", image->header->crc);
	ost_jsonw_string(w, "role", ost_image_role_name(image, image->devices[device].role));
	ost_jsonw_string(w, "authenticate", ost_authenticate_name((enum ost_authenticate)role->authenticate));
	ost_jsonw_string(w, "assurance", ost_assurance_name((enum ost_assurance)role->assurance));
	ost_jsonw_u64(w, "rules", role->rule_count);
	ost_jsonw_end(w, '}');
}

static void order_json(struct ost_jsonw *w, const struct ost_session_order *o)
{
	ost_jsonw_u64(w, "uid", o->uid);
	ost_jsonw_string(w, "by", o->by);
	ost_jsonw_string(w, "why", o->why);
}

static void state_json(struct ost_jsonw *w, const struct ost_admission_note *n)
{
	ost_jsonw_string(w, "from", ost_state_name(ost_standing_state(n->from)));
	ost_jsonw_string(w, "to", ost_state_name(ost_standing_state(n->to)));
	ost_jsonw_string(w, "upon", ost_event_name(n->event));
	if (n->order != NULL)
		order_json(w, n->order);
}

static void reason_json(struct ost_jsonw *w, const struct ost_admission_note *n)
{
	ost_jsonw_string(w, "reason", ost_auth_reason_name(n->reason));
	ost_jsonw_string(w, "meaning", ost_auth_reason_text(n->reason));
	if (n->detail != NULL && n->detail[0] != '\0')
		ost_jsonw_string(w, "detail", n->detail);
	if (n->tls_error != 0)
		ost_jsonw_double(w, "tls_error", n->tls_error);
}

void ost_admission_log_note(struct ost_admission_log *log, const struct ost_admission_note *n, const struct ost_image *image,
	const char *port, struct ost_moment now)
{
	struct ost_jsonw *w = &log->line;
	bool known = image != NULL && n->device >= 0 && n->device < image->device_count;

	second_begin(log, now);
	if (!line_allowed(log, n->kind))
		return;
	line_begin(log, ost_note_kind_name(n->kind), now.wall_ns);
	ost_jsonw_string(w, "device", known ? ost_image_device_name(image, (uint32_t)n->device) : NULL);
	if (n->place != NULL)
		ost_admission_place_json(w, n->place, port);
	if (n->way < OST_AUTH_WAY_COUNT)
		ost_jsonw_string(w, "way", ost_auth_way_name(n->way));
	if (n->kind == OST_NOTE_STATE)
		state_json(w, n);
	else if (n->kind == OST_NOTE_DESTROYED) {
		ost_jsonw_string(w, "detail", n->detail);
		order_json(w, n->order);
	} else if (n->reason != OST_AUTH_REASON_NONE)
		reason_json(w, n);
	if (n->proof != NULL)
		proof_json(w, n->proof);
	if (n->shown != NULL)
		shown_json(w, n->shown);
	if (n->seconds != 0)
		ost_jsonw_u64(w, n->kind == OST_NOTE_LOCKED ? "locked_s" : "session_s", n->seconds);
	if (n->kind == OST_NOTE_ADMITTED) {
		/* Nothing but MACsec or the device's own encryption would protect the wire between here and there. */
		ost_jsonw_bool(w, "link_protected", false);
		if (known)
			obligations_json(w, image, (uint32_t)n->device);
	}
	line_end(log);
}

const struct ost_admission_log_counts *ost_admission_log_counts(const struct ost_admission_log *log)
{
	return &log->counts;
}
