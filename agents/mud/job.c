/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job.h"

#include <jansson.h>
#include <stdio.h>

#include "clock.h"
#include "fetch.h"
#include "signature.h"

#define WHOLE_NS (20 * OST_NS_PER_S) /* for file and signature together */

struct job {
	const struct ost_mud_request *request;
	struct ost_mud_answer *answer;
	struct ost_mud_owned *owned;
	struct ost_mud_fetcher fetcher;
	struct ost_mud_url url;
};

static int trouble_tell(struct job *j, const char *what, const struct ost_mud_trouble *t)
{
	j->answer->fault = t->fault;
	j->answer->body = j->answer->signature = (struct ost_mud_bytes){0}; /* nothing of it is handed on */
	(void)snprintf(j->answer->why, sizeof(j->answer->why), "%s%s", what, t->why);
	return -EIO;
}

/* Where the file says that its signature is. A file cannot be verified before this is read, so this much is read here, where
 * nothing can be lost; "" when it does not say. */
static void signature_find(const struct ost_mud_bytes *body, char to[static OST_MUD_WEB_URL_MAX + 1])
{
	json_t *root = json_loadb((const char *)body->bytes, body->length, JSON_REJECT_DUPLICATES, NULL);
	const json_t *mud = json_object_get(root, "ietf-mud:mud");
	const char *said = json_string_value(json_object_get(mud, "mud-signature"));

	if (said == NULL)
		said = json_string_value(json_object_get(mud, "ietf-mud:mud-signature"));
	to[0] = '\0';
	if (said != NULL && snprintf(to, OST_MUD_WEB_URL_MAX + 1, "%s", said) > (int)OST_MUD_WEB_URL_MAX)
		(void)snprintf(to, OST_MUD_WEB_URL_MAX + 1, " "); /* too long: refused as what it is, no URL */
	json_decref(root);
}

static int body_fetch(struct job *j)
{
	struct ost_mud_trouble t = {0};
	struct ost_mud_fetched got = {0};

	if (ost_mud_fetch(&j->fetcher, &j->url, "application/mud+json", OST_MUD_BODY_MAX, &t, &got) < 0)
		return trouble_tell(j, "", &t);
	j->owned->body = got.body;
	j->answer->body = (struct ost_mud_bytes){got.body, got.length};
	(void)snprintf(j->answer->final_url, sizeof(j->answer->final_url), "%s", got.url.text);
	(void)snprintf(j->answer->server, sizeof(j->answer->server), "%s", got.server);
	j->url = got.url;
	return 0;
}

/* A relative one stands beside the file: beside where it came from at last. */
static int signature_fetch(struct job *j)
{
	char said[OST_MUD_WEB_URL_MAX + 1];
	struct ost_mud_trouble t = {0};
	struct ost_mud_fetched got = {0};
	struct ost_mud_url url;
	const char *flaw;

	signature_find(&j->answer->body, said);
	if (said[0] == '\0')
		return 0;
	if (ost_mud_url_resolve(&j->url, said, &url, &flaw) < 0) {
		(void)ost_mud_trouble_say(&t, OST_MUD_FAULT_URL, "mud-signature is %s", flaw);
		return trouble_tell(j, "", &t);
	}
	if (ost_mud_fetch(&j->fetcher, &url, "application/pkcs7-signature", OST_MUD_SIGNATURE_MAX, &t, &got) < 0)
		return trouble_tell(j, "the signature: ", &t);
	j->owned->signature = got.body;
	j->answer->signature = (struct ost_mud_bytes){got.body, got.length};
	return 0;
}

static int fetch(struct job *j, struct ost_mud_resolver *resolver)
{
	struct ost_mud_trouble t = {0};
	const char *flaw;
	int r;

	if (ost_mud_url_read(j->request->url, &j->url, &flaw) < 0) {
		(void)ost_mud_trouble_say(&t, OST_MUD_FAULT_URL, "it is %s", flaw);
		return trouble_tell(j, "", &t);
	}
	r = ost_mud_web_new(j->request->server_cas, &j->fetcher.web);
	if (r < 0) {
		(void)ost_mud_trouble_say(&t, OST_MUD_FAULT_INSIDE, r == -EINVAL ? "there is no CA certificate to prove servers by" : "out of memory");
		return trouble_tell(j, "", &t);
	}
	j->fetcher.resolver = resolver;
	j->fetcher.deadline_ns = ost_clock_mono_ns() + WHOLE_NS;
	j->fetcher.allow_private = j->request->allow_private;
	r = body_fetch(j);
	if (r == 0 && j->request->signature.bytes == NULL)
		r = signature_fetch(j);
	ost_mud_web_free(&j->fetcher.web);
	return r;
}

void ost_mud_job(
	const struct ost_mud_request *request, struct ost_mud_resolver *resolver, struct ost_mud_answer *answer, struct ost_mud_owned *owned)
{
	struct job j = {.request = request, .answer = answer, .owned = owned};
	struct ost_mud_bytes body = request->body, signature = request->signature;

	answer->verdict = OST_MUD_UNSIGNED;
	if (request->url[0] != '\0') {
		if (fetch(&j, resolver) < 0)
			return;
		body = answer->body;
		signature = signature.bytes != NULL ? signature : answer->signature;
	}
	ost_mud_signature_check(request, body, signature, answer);
}
