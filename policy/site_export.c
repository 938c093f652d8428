/* SPDX-License-Identifier: GPL-2.0-or-later */
/* export: of the site file. */
#include "site_reader.h"

#include <ctype.h>
#include <stdio.h>

#include "text.h"

#define HEARTBEAT_S 60u
#define RETRY_S	    30u
#define RESEND	    10000u
#define HOUR_S	    3600u

/* A destination as it is read, before its parts are checked together. */
struct draft {
	struct ost_site_export *to;
	const struct ost_yaml_node *type, *format, *path, *server, *url, *ca, *certificate, *private_key, *server_name, *secret, *tls, *stream,
		*keep, *assignee, *pseudonyms, *heartbeat, *retry, *resend;
};

static const char *const type_words[OST_EXPORT_TYPE_COUNT] = {"file", "syslog", "relp", "https", "redis"};
static const char *const format_words[] = {"ecs", "cef", "ocsf"};

const char *ost_export_type_name(enum ost_export_type type)
{
	return (unsigned)type < OST_EXPORT_TYPE_COUNT ? type_words[type] : "invalid";
}

OST_YAML_KEEP(struct draft, type)
OST_YAML_KEEP(struct draft, format)
OST_YAML_KEEP(struct draft, path)
OST_YAML_KEEP(struct draft, server)
OST_YAML_KEEP(struct draft, url)
OST_YAML_KEEP(struct draft, ca)
OST_YAML_KEEP(struct draft, certificate)
OST_YAML_KEEP(struct draft, private_key)
OST_YAML_KEEP(struct draft, server_name)
OST_YAML_KEEP(struct draft, secret)
OST_YAML_KEEP(struct draft, tls)
OST_YAML_KEEP(struct draft, stream)
OST_YAML_KEEP(struct draft, keep)
OST_YAML_KEEP(struct draft, assignee)
OST_YAML_KEEP(struct draft, pseudonyms)
OST_YAML_KEEP(struct draft, heartbeat)
OST_YAML_KEEP(struct draft, retry)
OST_YAML_KEEP(struct draft, resend)

static const struct ost_yaml_field fields[] = {
	{"type", type_field},
	{"format", format_field},
	{"path", path_field},
	{"server", server_field},
	{"url", url_field},
	{"ca", ca_field},
	{"certificate", certificate_field},
	{"private-key", private_key_field},
	{"server-name", server_name_field},
	{"secret", secret_field},
	{"tls", tls_field},
	{"stream", stream_field},
	{"keep", keep_field},
	{"assignee", assignee_field},
	{"pseudonyms", pseudonyms_field},
	{"heartbeat", heartbeat_field},
	{"retry", retry_field},
	{"resend", resend_field},
};

#define BIT(type) (1u << OST_EXPORT_##type)
#define NET	  (BIT(SYSLOG) | BIT(RELP) | BIT(HTTPS) | BIT(REDIS))

/* Keys that only some types have; those that they cannot do without. */
static const struct {
	const char *key, *example;
	size_t node; /* in struct draft */
	unsigned types, needed;
} keys[] = {
	{"path", "path: /var/log/ostiary/journal.ndjson", offsetof(struct draft, path), BIT(FILE), BIT(FILE)},
	{"server", "server: \"siem.example:6514\"", offsetof(struct draft, server), BIT(SYSLOG) | BIT(RELP) | BIT(REDIS),
		BIT(SYSLOG) | BIT(RELP) | BIT(REDIS)},
	{"url", "url: \"https://elastic.example:9200/ostiary/_bulk\"", offsetof(struct draft, url), BIT(HTTPS), BIT(HTTPS)},
	{"ca", "ca: with the certificate of the CA that the server's is from, as /etc/ssl/certs/ca-certificates.crt", offsetof(struct draft, ca),
		NET, BIT(SYSLOG) | BIT(RELP) | BIT(HTTPS)},
	{"certificate", NULL, offsetof(struct draft, certificate), NET, 0},
	{"private-key", NULL, offsetof(struct draft, private_key), NET, 0},
	{"server-name", NULL, offsetof(struct draft, server_name), NET, 0},
	{"secret", NULL, offsetof(struct draft, secret), BIT(HTTPS) | BIT(REDIS), 0},
	{"tls", NULL, offsetof(struct draft, tls), BIT(REDIS), 0},
	{"stream", NULL, offsetof(struct draft, stream), BIT(REDIS), 0},
	{"keep", NULL, offsetof(struct draft, keep), BIT(REDIS), 0},
	{"resend", NULL, offsetof(struct draft, resend), BIT(SYSLOG) | BIT(REDIS), 0},
};

static const struct ost_yaml_node *node_at(const struct draft *d, size_t offset)
{
	const struct ost_yaml_node *node;

	memcpy(&node, (const char *)d + offset, sizeof(node));
	return node;
}

/* ---- texts ---- */

/* Printable ASCII without a space, which neither a header line nor a log line takes for anything else. */
static bool is_visible(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return *text != '\0';
}

static void path_read(struct site_reader *r, const struct ost_yaml_node *value, const char *what, char to[static OST_EXPORT_PATH])
{
	if (value == NULL || !ost_yaml_is_scalar(&r->y, value, what))
		return;
	if (value->text[0] != '/' || value->count >= OST_EXPORT_PATH || !ost_text_is_plain(value->text, value->count))
		ost_yaml_error(&r->y, value, "write the whole path, from / on", "'%.63s' is no path of a file", value->text);
	else
		memcpy(to, value->text, value->count + 1);
}

static bool host_is_valid(const char *text)
{
	size_t n = strlen(text);

	for (const char *p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-._", *p) == NULL)
			return false;
	return n > 0 && n <= OST_HOST_MAX && text[0] != '-' && text[0] != '.';
}

/* HOST:PORT, [ADDRESS]:PORT; the port may be left out when there is a default. */
static bool host_port_read(const char *text, size_t length, uint16_t usual, struct ost_site_export *to)
{
	const char *end = text + length, *colon = NULL, *close = length > 0 && *text == '[' ? memchr(text, ']', length) : NULL;
	struct ost_ip ip;
	uint64_t port = usual;
	size_t host;

	for (const char *p = close != NULL ? close : text; p < end; p++)
		colon = *p == ':' ? p : colon;
	host = (size_t)((colon != NULL ? colon : end) - text);
	if ((colon == NULL && usual == 0) || (colon != NULL && (ost_number_parse(colon + 1, (size_t)(end - colon - 1), &port) < 0 || port == 0 || port > 65535)))
		return false;
	if (close != NULL && (size_t)(close - text) != host - 1)
		return false;
	if (close != NULL) {
		text++;
		host -= 2;
	}
	if (host == 0 || host > OST_HOST_MAX)
		return false;
	memcpy(to->host, text, host);
	to->host[host] = '\0';
	to->port = (uint16_t)port;
	return close != NULL ? ost_ip_parse(to->host, &ip) == 0 && ip.family == OST_IPV6 : host_is_valid(to->host);
}

static void server_read(struct site_reader *r, const struct ost_yaml_node *value, struct ost_site_export *to)
{
	if (value != NULL && ost_yaml_is_scalar(&r->y, value, "server") && !host_port_read(value->text, value->count, 0, to))
		ost_yaml_error(&r->y, value, "write HOST:PORT, such as \"siem.example:6514\" or \"[fd00::2]:6514\"",
			"'%.63s' is no host and port to send to", value->text);
}

static void url_read(struct site_reader *r, const struct ost_yaml_node *value, struct ost_site_export *to)
{
	static const char scheme[] = "https://";
	const char *at, *slash;

	if (value == NULL || !ost_yaml_is_scalar(&r->y, value, "url"))
		return;
	at = value->text + sizeof(scheme) - 1;
	if (strncmp(value->text, scheme, sizeof(scheme) - 1) != 0 || !is_visible(value->text) || strchr(value->text, '#') != NULL) {
		ost_yaml_error(&r->y, value, "write it as \"https://HOST:PORT/PATH\"", "'%.63s' is no web address that records can be sent to", value->text);
		return;
	}
	slash = strchr(at, '/');
	if (slash == NULL)
		slash = value->text + value->count;
	if (!host_port_read(at, (size_t)(slash - at), 443, to))
		ost_yaml_error(&r->y, value, "write it as \"https://HOST:PORT/PATH\"; who we are stands in the file of secret:",
			"'%.63s' names no host that records can be sent to", value->text);
	else if (strlen(slash) >= sizeof(to->target))
		ost_yaml_error(&r->y, value, "at most 1000 characters behind the host", "the path of the url is too long");
	else
		(void)snprintf(to->target, sizeof(to->target), "%s", *slash != '\0' ? slash : "/");
}

static void server_name_read(struct site_reader *r, const struct ost_yaml_node *value, struct ost_site_export *to)
{
	if (value == NULL) {
		memcpy(to->server_name, to->host, sizeof(to->server_name));
		return;
	}
	if (!ost_yaml_is_scalar(&r->y, value, "server-name"))
		return;
	if (value->count <= OST_HOST_MAX && host_is_valid(value->text))
		memcpy(to->server_name, value->text, value->count + 1);
	else
		ost_yaml_error(&r->y, value, "write the name that stands in the server's certificate", "'%.63s' is no name of a server", value->text);
}

static void word_read(struct site_reader *r, const struct ost_yaml_node *value, const char *what, char *to, size_t size)
{
	if (value == NULL || !ost_yaml_is_scalar(&r->y, value, what))
		return;
	if (value->count < size && is_visible(value->text))
		memcpy(to, value->text, value->count + 1);
	else
		ost_yaml_error(&r->y, value, "write letters, digits and signs without spaces", "'%.63s' is no %s", value->text, what);
}

static void number_read(struct site_reader *r, const struct ost_yaml_node *value, const char *what, uint32_t least, uint32_t most, uint32_t *to)
{
	uint64_t v;

	if (value != NULL && ost_yaml_number(&r->y, value, what, least, most, &v))
		*to = (uint32_t)v;
}

/* ---- a destination ---- */

static void format_read(struct site_reader *r, const struct ost_yaml_node *value, struct ost_site_export *to)
{
	uint32_t index = to->type == OST_EXPORT_SYSLOG ? 1 : 0;

	if (value != NULL && !ost_yaml_word(&r->y, value, "format", format_words, OST_ARRAY_SIZE(format_words), &index))
		return;
	(void)snprintf(to->format, sizeof(to->format), "%s", format_words[index]);
}

static void keys_check(struct site_reader *r, const struct ost_yaml_node *key, const struct draft *d)
{
	const unsigned type = 1u << d->to->type;
	char hint[OST_HINT_MAX];

	for (size_t i = 0; i < OST_ARRAY_SIZE(keys); i++) {
		const struct ost_yaml_node *node = node_at(d, keys[i].node);

		if (node != NULL && (keys[i].types & type) == 0)
			ost_yaml_error(&r->y, node, "remove it", "export %s: type %s has no %s", key->text, type_words[d->to->type], keys[i].key);
		if (node == NULL && (keys[i].needed & type) != 0)
			ost_yaml_error(&r->y, key, ost_hint(hint, sizeof(hint), "write %s", keys[i].example), "export %s: type %s needs %s", key->text,
				type_words[d->to->type], keys[i].key);
	}
}

static void tls_read(struct site_reader *r, const struct ost_yaml_node *key, const struct draft *d)
{
	static const char *const words[] = {"yes", "no"};
	struct ost_site_export *to = d->to;
	uint32_t index = 0;

	to->tls = to->type != OST_EXPORT_FILE;
	if (d->tls != NULL && to->type == OST_EXPORT_REDIS && ost_yaml_word(&r->y, d->tls, "tls", words, 2, &index))
		to->tls = index == 0;
	if (to->type == OST_EXPORT_REDIS && to->tls && d->ca == NULL)
		ost_yaml_error(&r->y, key, "write ca: with the certificate of the CA that the server's is from; or tls: no, and everybody on the way reads along",
			"export %s: TLS needs ca", key->text);
	if (!to->tls && to->type == OST_EXPORT_REDIS && (d->ca != NULL || d->certificate != NULL || d->server_name != NULL))
		ost_yaml_error(&r->y, d->tls, "remove it, or the keys of TLS", "export %s: tls is no, yet there are certificates", key->text);
	if ((d->certificate == NULL) != (d->private_key == NULL))
		ost_yaml_error(&r->y, d->certificate != NULL ? d->certificate : d->private_key, "write certificate: and private-key:, or neither",
			"export %s: a certificate and its private key belong together", key->text);
}

static void values_read(struct site_reader *r, const struct draft *d)
{
	struct ost_site_export *to = d->to;

	format_read(r, d->format, to);
	path_read(r, d->path, "path", to->path);
	path_read(r, d->ca, "ca", to->ca);
	path_read(r, d->certificate, "certificate", to->certificate);
	path_read(r, d->private_key, "private-key", to->private_key);
	path_read(r, d->secret, "secret", to->secret);
	path_read(r, d->pseudonyms, "pseudonyms", to->pseudonyms);
	server_read(r, d->server, to);
	url_read(r, d->url, to);
	server_name_read(r, d->server_name, to);
	word_read(r, d->stream, "stream", to->stream, sizeof(to->stream));
	word_read(r, d->assignee, "assignee", to->assignee, sizeof(to->assignee));
	number_read(r, d->keep, "keep", 1000, 1000000000, &to->keep);
	number_read(r, d->heartbeat, "heartbeat", 1, HOUR_S, &to->heartbeat_s);
	number_read(r, d->retry, "retry", 1, HOUR_S, &to->retry_s);
	number_read(r, d->resend, "resend", 0, 1000000, &to->resend);
}

static void export_read(struct site_reader *r, const struct ost_yaml_node *key, const struct ost_yaml_node *value, struct ost_site_export *to)
{
	struct draft d = {.to = to};
	char what[OST_NAME_MAX + 16];
	uint32_t type;

	*to = (struct ost_site_export){.pos = ost_yaml_pos(&r->y, key), .heartbeat_s = HEARTBEAT_S, .retry_s = RETRY_S, .resend = RESEND};
	if (!ost_yaml_is_name(&r->y, key, "the destination"))
		return;
	memcpy(to->name, key->text, key->count + 1);
	(void)snprintf(what, sizeof(what), "export %s", key->text);
	ost_yaml_fields(&r->y, value, what, fields, OST_ARRAY_SIZE(fields), r, &d);
	if (d.type == NULL) {
		if (value->kind == OST_YAML_MAPPING)
			ost_yaml_error(&r->y, key, "write type: file, syslog, relp, https or redis", "export %s does not say its type", key->text);
		return;
	}
	if (!ost_yaml_word(&r->y, d.type, "type", type_words, OST_EXPORT_TYPE_COUNT, &type))
		return;
	to->type = type;
	keys_check(r, key, &d);
	tls_read(r, key, &d);
	values_read(r, &d);
}

/* Two that write one file would each put their lines between the other's. */
static void paths_check(struct site_reader *r, const struct ost_yaml_node *section)
{
	const struct ost_site_file *f = r->file;
	uint32_t i = 0;

	OST_YAML_EACH(section, key) {
		if (i >= f->export_count)
			break;
		for (uint32_t j = 0; j < i && f->exports[i].path[0] != '\0'; j++) {
			if (strcmp(f->exports[i].path, f->exports[j].path) == 0)
				ost_yaml_error(&r->y, key, "give each destination a file of its own", "export %s writes the file of %s", f->exports[i].name, f->exports[j].name);
		}
		i++;
	}
}

void site_export_read(struct site_reader *r, const struct ost_yaml_node *section)
{
	struct ost_site_file *f = r->file;

	if (!ost_yaml_is_mapping(&r->y, section, "export"))
		return;
	f->exports = ost_yaml_alloc(&r->y, OST_EXPORTS_MAX, sizeof(*f->exports));
	if (f->exports == NULL)
		return;
	OST_YAML_EACH(section, key) {
		if (f->export_count == OST_EXPORTS_MAX) {
			ost_yaml_error(&r->y, key, "leave some out", "export names more than %u destinations", OST_EXPORTS_MAX);
			return;
		}
		export_read(r, key, key->next, &f->exports[f->export_count++]);
	}
	paths_check(r, section);
}
