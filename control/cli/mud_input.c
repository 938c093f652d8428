/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_input.h"

#include <dirent.h>
#include <stdio.h>

#include "file.h"
#include "mud.h"
#include "policy_yaml.h"

#define WEB_CA "/etc/ssl/certs/ca-certificates.crt"

struct opening {
	const struct ost_cli *cli;
	const struct ost_mud_source *source;
	struct ost_mud_request request;
	struct ost_mud_input input;
	char *body, *signature, *device, *web_cas, *signer_cas;
	size_t signer_length;
};

static bool is_url(const char *where)
{
	return strstr(where, "://") != NULL;
}

/* ---- files ---- */

static int file_take(const char *path, const char *what, size_t most, char **ret_bytes, struct ost_mud_bytes *ret)
{
	size_t length;
	int r = ost_file_read(path, most, ret_bytes, &length);

	if (r == -EFBIG)
		return ost_cli_fail("%s: it has more than %zu KiB; is it %s?", path, most >> 10, what);
	if (r < 0)
		return ost_cli_fail("%s: %s", path, r == -EINVAL ? "not a regular file" : strerror(-r));
	*ret = (struct ost_mud_bytes){(const uint8_t *)*ret_bytes, length};
	return OST_EXIT_OK;
}

/* With a line feed between files. */
static int ca_add(struct opening *o, const char *path)
{
	struct ost_mud_bytes one;
	char *bytes = NULL, *grown;
	int rc = file_take(path, "a file of CA certificates", OST_MUD_PEM_MAX / 2, &bytes, &one);

	if (rc != OST_EXIT_OK)
		return rc;
	grown = realloc(o->signer_cas, o->signer_length + one.length + 1);
	if (grown == NULL || o->signer_length + one.length + 1 > OST_MUD_PEM_MAX) {
		o->signer_cas = grown != NULL ? grown : o->signer_cas;
		free(bytes);
		return ost_cli_fail("%s: with it there are too many CA certificates", path);
	}
	memcpy(grown + o->signer_length, bytes, one.length);
	grown[o->signer_length + one.length] = '\n';
	o->signer_cas = grown;
	o->signer_length += one.length + 1;
	free(bytes);
	return OST_EXIT_OK;
}

static int is_pem(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 4 && strcmp(entry->d_name + n - 4, ".pem") == 0;
}

/* The site's, when there are any. */
static int ca_folder_add(struct opening *o)
{
	const char *folder = o->cli->paths.mud_ca_dir;
	int rc = OST_EXIT_OK, n;
	struct dirent **entries;
	char path[PATH_MAX];

	n = scandir(folder, &entries, is_pem, alphasort);
	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR ? OST_EXIT_OK : ost_cli_fail("%s: %s", folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (rc == OST_EXIT_OK && snprintf(path, sizeof(path), "%.3800s/%s", folder, entries[i]->d_name) < (int)sizeof(path))
			rc = ca_add(o, path);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int cas_take(struct opening *o)
{
	int rc = ca_folder_add(o);

	for (uint32_t i = 0; i < o->source->cas.count && rc == OST_EXIT_OK; i++)
		rc = ca_add(o, o->source->cas.items[i]);
	if (o->signer_cas != NULL)
		o->request.signer_cas = (struct ost_mud_bytes){(const uint8_t *)o->signer_cas, o->signer_length};
	return rc;
}

/* A day alone is its first moment. */
static int at_take(struct opening *o)
{
	const char *at = o->source->at;
	char text[40], why[256];

	if (at == NULL)
		return OST_EXIT_OK;
	(void)snprintf(text, sizeof(text), "%.25s%s", at, strlen(at) == 10 ? "T00:00Z" : "");
	if (ost_time_parse(text, &o->request.at_s, why) < 0 || o->request.at_s <= 0)
		return ost_cli_fail("policy import-mud: --at: write a time such as 2026-12-01T08:00Z, or a day");
	(void)ost_time_format(o->request.at_s, o->input.at);
	return OST_EXIT_OK;
}

static int url_take(struct opening *o)
{
	const char *flaw = ost_mud_url_flaw(o->source->where), *cas = o->source->web_ca != NULL ? o->source->web_ca : WEB_CA;

	if (flaw != NULL)
		return ost_cli_fail("policy import-mud: it is %s; a MUD file is fetched from an https URL", flaw);
	(void)snprintf(o->request.url, sizeof(o->request.url), "%s", o->source->where);
	o->request.allow_private = o->source->allow_private;
	return file_take(cas, "a file of CA certificates", OST_MUD_PEM_MAX, &o->web_cas, &o->request.server_cas);
}

static int request_make(struct opening *o)
{
	const struct ost_mud_source *s = o->source;
	int rc = is_url(s->where) ? url_take(o) : file_take(s->where, "a MUD file", OST_MUD_BODY_MAX, &o->body, &o->request.body);

	if (rc == OST_EXIT_OK && s->signature != NULL)
		rc = file_take(s->signature, "a signature", OST_MUD_SIGNATURE_MAX, &o->signature, &o->request.signature);
	if (rc == OST_EXIT_OK && s->device != NULL)
		rc = file_take(s->device, "a certificate", OST_MUD_SIGNATURE_MAX, &o->device, &o->request.device);
	if (rc == OST_EXIT_OK)
		rc = at_take(o);
	return rc == OST_EXIT_OK ? cas_take(o) : rc;
}

/* ---- what ostiary-mud says ---- */

static int fault_tell(const struct opening *o, const struct ost_mud_answer *a)
{
	static const bool reachable[OST_MUD_FAULT_COUNT] = {
		[OST_MUD_FAULT_URL] = true, [OST_MUD_FAULT_REPLY] = true, [OST_MUD_FAULT_STATUS] = true, [OST_MUD_FAULT_REDIRECT] = true};

	(void)ost_cli_fail("%s cannot be fetched: %s", o->source->where, a->why);
	return reachable[a->fault] ? OST_EXIT_INPUT : OST_EXIT_UNREACHABLE;
}

static int wrong_tell(const struct opening *o, const struct ost_mud_answer *a)
{
	const char *hint = "";

	if (a->verdict == OST_MUD_EXPIRED_SIGNER)
		hint = "; --at TIME believes it as of a time, and notes that";
	else if (a->verdict == OST_MUD_UNKNOWN_CA)
		hint = "; put its CA into etc/ostiary/mud/ca, or name it with --ca FILE";
	(void)ost_cli_fail("%s is refused: %s: %s%s%s%s", o->source->where, ost_mud_verdict_name(a->verdict), a->why,
		a->signer[0] != '\0' ? "; it names as its signer " : "", a->signer, hint);
	return OST_EXIT_NO;
}

static int agent_ask(const struct opening *o, const struct ost_mud_request *request, struct ost_mud_told *ret_told)
{
	int r = ost_mud_agent_ask(request, ret_told);

	if (r == -ENOENT)
		return ost_cli_fail("ostiary-mud is neither beside this program nor in /usr/sbin; install it");
	if (r < 0)
		return ost_cli_fail("%s: ostiary-mud failed: %s", o->source->where, strerror(-r));
	return OST_EXIT_OK;
}

/* A signer that is believed as of another time: is it expired now? */
static int expiry_ask(struct opening *o, const struct ost_mud_answer *a)
{
	struct ost_mud_request now = o->request;
	struct ost_mud_told told;
	int rc;

	if (o->request.at_s == 0)
		return OST_EXIT_OK;
	now.url[0] = '\0';
	now.at_s = 0;
	if (a->body.bytes != NULL)
		now.body = a->body;
	if (a->signature.bytes != NULL)
		now.signature = a->signature;
	rc = agent_ask(o, &now, &told);
	if (rc != OST_EXIT_OK)
		return rc;
	o->input.expired = told.answer.verdict != OST_MUD_SIGNED;
	ost_mud_told_free(&told);
	return OST_EXIT_OK;
}

static void signer_take(struct ost_mud_input *in, const struct ost_mud_answer *a)
{
	(void)snprintf(in->signer, sizeof(in->signer), "%s", a->signer);
	for (unsigned i = 0; i < sizeof(a->spki_sha256); i++)
		(void)snprintf(in->spki_sha256 + 2 * (size_t)i, 3, "%02x", a->spki_sha256[i]);
	(void)snprintf(in->phrase, sizeof(in->phrase), "signed by %s, key %.16s%s%s", a->signer, in->spki_sha256,
		in->expired ? ", expired, believed as of " : "", in->expired ? in->at : "");
}

/* With a NUL behind it. */
static char *copy_of(const struct ost_mud_bytes *from)
{
	char *copy = malloc(from->length + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, from->bytes, from->length);
	copy[from->length] = '\0';
	return copy;
}

static int bytes_take(struct ost_mud_input *in, const struct ost_mud_bytes *body, const struct ost_mud_bytes *signature)
{
	in->bytes = copy_of(body);
	in->length = body->length;
	if (signature->bytes != NULL)
		in->signature = copy_of(signature);
	in->signature_length = signature->length;
	if (in->bytes == NULL || (signature->bytes != NULL && in->signature == NULL))
		return ost_cli_fail("out of memory");
	return OST_EXIT_OK;
}

static int answer_take(struct opening *o, const struct ost_mud_answer *a)
{
	const struct ost_mud_bytes *body = a->body.bytes != NULL ? &a->body : &o->request.body;
	const struct ost_mud_bytes *signature = a->signature.bytes != NULL ? &a->signature : &o->request.signature;
	struct ost_mud_input *in = &o->input;
	int rc = OST_EXIT_OK;

	if (a->fault != OST_MUD_FAULT_NONE || body->bytes == NULL)
		return fault_tell(o, a);
	if (a->verdict != OST_MUD_SIGNED && a->verdict != OST_MUD_UNSIGNED)
		return wrong_tell(o, a);
	in->verdict = a->verdict;
	(void)snprintf(in->final_url, sizeof(in->final_url), "%s", a->final_url);
	(void)snprintf(in->server, sizeof(in->server), "%s", a->server);
	if (a->verdict == OST_MUD_SIGNED) {
		rc = expiry_ask(o, a);
		signer_take(in, a);
	}
	return rc == OST_EXIT_OK ? bytes_take(in, body, signature) : rc;
}

/* ---- all ---- */

static int steps(struct opening *o)
{
	const struct ost_mud_answer unsigned_file = {.verdict = OST_MUD_UNSIGNED};
	struct ost_mud_told told = {0};
	int rc = request_make(o);

	if (rc != OST_EXIT_OK)
		return rc;
	(void)snprintf(o->input.phrase, sizeof(o->input.phrase), "unsigned");
	if (o->request.url[0] == '\0' && o->request.signature.bytes == NULL)
		return answer_take(o, &unsigned_file);
	rc = agent_ask(o, &o->request, &told);
	if (rc == OST_EXIT_OK)
		rc = answer_take(o, &told.answer);
	ost_mud_told_free(&told);
	return rc;
}

int ost_mud_input_open(const struct ost_cli *cli, const struct ost_mud_source *source, struct ost_mud_input *ret_input)
{
	struct opening o = {.cli = cli, .source = source, .input = {.name = source->where, .fetched = is_url(source->where)}};
	int rc = steps(&o);

	if (rc == OST_EXIT_OK && ost_mud_hash(o.input.bytes, o.input.length, o.input.sha256) < 0)
		rc = ost_cli_fail("out of memory");
	free(o.body);
	free(o.signature);
	free(o.device);
	free(o.web_cas);
	free(o.signer_cas);
	if (rc == OST_EXIT_OK)
		*ret_input = o.input;
	else
		ost_mud_input_close(&o.input);
	return rc;
}

void ost_mud_input_close(struct ost_mud_input *input)
{
	free(input->bytes);
	free(input->signature);
	*input = (struct ost_mud_input){0};
}
