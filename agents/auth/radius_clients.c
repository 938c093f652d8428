/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "radius_clients.h"

#include <stdio.h>
#include <sys/stat.h>

#include "file.h"

#define FILE_MAX (1u << 20)
#define BLANKS	 " \t\r"

struct ost_radius_clients {
	uint32_t count;
	struct ost_radius_client all[OST_RADIUS_CLIENTS_MAX]; /* longest prefix first */
};

struct place {
	const char *path;
	unsigned line;
	char *why;
};

static int wrong(const struct place *at, const char *what)
{
	(void)snprintf(at->why, OST_TRUST_WHY, "%s:%u: %s", at->path, at->line, what);
	return -EINVAL;
}

static int prefix_take(const struct place *at, const char *text, struct ost_prefix *ret)
{
	char shown[OST_PREFIX_TEXT], sentence[160];
	struct ost_prefix p;

	switch (ost_prefix_parse(text, &p)) {
	case 0:
		*ret = p;
		return 0;
	case -EDOM:
		(void)snprintf(sentence, sizeof(sentence), "'%.*s' has host bits set; write %s",
			OST_PREFIX_TEXT, text, ost_prefix_format(&p, shown));
		return wrong(at, sentence);
	default:
		(void)snprintf(sentence, sizeof(sentence),
			"'%.*s' is no address; write ADDRESS[/PREFIX] SECRET", OST_PREFIX_TEXT,
			text);
		return wrong(at, sentence);
	}
}

/* Never shown in a message: a secret does not belong into a log. */
static int secret_take(const struct place *at, const char *text, struct ost_radius_client *client)
{
	size_t length = strlen(text);

	if (length < OST_RADIUS_SECRET_MIN)
		return wrong(at, "the secret is shorter than 16 characters; make one with: openssl "
				 "rand -base64 24");
	if (length > OST_RADIUS_SECRET_MAX)
		return wrong(at, "the secret is longer than 128 characters");
	for (size_t i = 0; i < length; i++) {
		if (text[i] <= 0x20 || text[i] > 0x7e)
			return wrong(at, "the secret has characters that cannot be printed; make "
					 "one with: openssl rand -base64 24");
	}
	memcpy(client->secret, text, length);
	client->secret_length = (uint16_t)length;
	return 0;
}

/* Puts it behind those with a prefix as long: then the first that fits is the longest. */
static int client_add(const struct place *at, struct ost_radius_clients *c,
	const struct ost_radius_client *client)
{
	uint32_t i = 0;

	if (c->count == OST_RADIUS_CLIENTS_MAX)
		return wrong(
			at, "more than 1024 clients; write a prefix for those that share a secret");
	for (; i < c->count && c->all[i].prefix.length >= client->prefix.length; i++) {
		if (c->all[i].prefix.length == client->prefix.length &&
			ost_ip_equal(&c->all[i].prefix.ip, &client->prefix.ip))
			return wrong(at, "this address has a secret already");
	}
	memmove(&c->all[i + 1], &c->all[i], (c->count - i) * sizeof(c->all[0]));
	c->all[i] = *client;
	c->count++;
	return 0;
}

static int line_take(const struct place *at, char *line, struct ost_radius_clients *c)
{
	struct ost_radius_client client = {0};
	char *rest = NULL, *address = strtok_r(line, BLANKS, &rest), *secret, *more;
	int r;

	if (address == NULL || address[0] == '#')
		return 0;
	secret = strtok_r(NULL, BLANKS, &rest);
	more = strtok_r(NULL, BLANKS, &rest);
	if (secret == NULL)
		return wrong(at, "there is no secret; write ADDRESS[/PREFIX] SECRET");
	if (more != NULL)
		return wrong(at, "there is something behind the secret; a secret has no blanks, "
				 "and a comment has a line of its own");
	r = prefix_take(at, address, &client.prefix);
	if (r == 0)
		r = secret_take(at, secret, &client);
	if (r == 0)
		r = client_add(at, c, &client);
	explicit_bzero(&client, sizeof(client));
	return r;
}

static int text_take(struct place *at, char *text, size_t length, struct ost_radius_clients *c)
{
	char *line = text, *end;
	int r = 0;

	at->line = 1;
	if (memchr(text, '\0', length) != NULL)
		return wrong(at, "there is a NUL byte in it");
	for (; r == 0 && line != NULL; line = end, at->line++) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		r = line_take(at, line, c);
	}
	return r;
}

static int modes_check(const char *path, gid_t group, char why[static OST_TRUST_WHY])
{
	struct stat s;

	if (stat(path, &s) < 0) {
		int e = errno;

		(void)snprintf(why, OST_TRUST_WHY,
			"%s: %s; write a line for each RADIUS client: ADDRESS[/PREFIX] SECRET",
			path, strerror(e));
		return -e;
	}
	if ((s.st_mode & 07) != 0 || ((s.st_mode & 070) != 0 && s.st_gid != group)) {
		(void)snprintf(why, OST_TRUST_WHY,
			"%s: others can read the secrets in it (mode %04o); chmod 0600 it", path,
			(unsigned)(s.st_mode & 07777));
		return -EPERM;
	}
	return 0;
}

int ost_radius_clients_load(const char *path, gid_t group, char why[static OST_TRUST_WHY],
	struct ost_radius_clients **ret_clients)
{
	struct place at = {.path = path, .why = why};
	struct ost_radius_clients *c = NULL;
	char *text = NULL;
	size_t length = 0;
	int r = modes_check(path, group, why);

	if (r < 0)
		return r;
	r = ost_file_read(path, FILE_MAX, &text, &length);
	if (r < 0) {
		(void)snprintf(why, OST_TRUST_WHY, "%s: %s; ostiary-authd must be able to read it",
			path, strerror(-r));
		return r;
	}
	c = calloc(1, sizeof(*c));
	r = c != NULL ? text_take(&at, text, length, c) : -ENOMEM;
	if (r == 0 && c->count == 0) {
		(void)snprintf(why, OST_TRUST_WHY,
			"%s: names no client; write a line for each: ADDRESS[/PREFIX] SECRET",
			path);
		r = -EINVAL;
	}
	explicit_bzero(text, length);
	free(text);
	if (r < 0)
		ost_radius_clients_free(&c);
	else
		*ret_clients = c;
	return r;
}

void ost_radius_clients_free(struct ost_radius_clients **clients)
{
	struct ost_radius_clients *c = *clients;

	*clients = NULL;
	if (c == NULL)
		return;
	explicit_bzero(c, sizeof(*c));
	free(c);
}

const struct ost_radius_client *ost_radius_clients_find(
	const struct ost_radius_clients *clients, const struct ost_ip *ip)
{
	for (uint32_t i = 0; i < clients->count; i++) {
		if (ost_prefix_contains(&clients->all[i].prefix, ip))
			return &clients->all[i];
	}
	return NULL;
}

uint32_t ost_radius_clients_count(const struct ost_radius_clients *clients)
{
	return clients->count;
}

uint32_t ost_radius_clients_place(
	const struct ost_radius_clients *clients, const struct ost_radius_client *client)
{
	return (uint32_t)(client - clients->all);
}
