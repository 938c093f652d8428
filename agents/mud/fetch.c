/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fetch.h"

#include <stdio.h>

#include "reply.h"

struct asking {
	const struct ost_mud_fetcher *f;
	const char *accept;
	struct ost_mud_trouble *trouble;
	struct ost_reply reply;
	struct ost_mud_url url;
	char server[OST_MUD_TEXT_MAX + 1];
};

/* Those that may be asked. */
static int addresses_find(struct asking *a, union ost_mud_address to[static OST_MUD_ADDRESSES_MAX], uint32_t *ret_count)
{
	uint32_t found = 0, n = 0;
	int r = ost_mud_resolver_ask(a->f->resolver, &a->url, a->f->deadline_ns, to, &found);

	if (r == -ETIMEDOUT)
		return ost_mud_trouble_say(a->trouble, OST_MUD_FAULT_TIME, "the name servers took too long over %s", a->url.host);
	if (r < 0)
		return ost_mud_trouble_say(a->trouble, OST_MUD_FAULT_ADDRESS, "%s has no address%s", a->url.host,
			r == -ENOENT ? "" : ": the resolver failed");
	for (uint32_t i = 0; i < found; i++) {
		if (ost_mud_address_ok(&to[i], a->f->allow_private))
			to[n++] = to[i];
	}
	*ret_count = n;
	if (n > 0)
		return 0;
	return ost_mud_trouble_say(
		a->trouble, OST_MUD_FAULT_ADDRESS, "%s has no public address, and others are not asked", a->url.host);
}

static int request_send(struct asking *a, struct ost_mud_connection *c)
{
	char text[OST_MUD_WEB_URL_MAX + OST_MUD_HOST_MAX + 512], port[8] = "";
	int n;

	if (a->url.port != 443)
		(void)snprintf(port, sizeof(port), ":%u", a->url.port);
	n = snprintf(text, sizeof(text),
		"GET %s HTTP/1.1\r\nHost: %s%s%s%s\r\nUser-Agent: ostiary-mud/" OSTIARY_VERSION
		"\r\nAccept: %s\r\nAccept-Language: en\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
		a->url.target, a->url.ipv6 ? "[" : "", a->url.host, a->url.ipv6 ? "]" : "", port, a->accept);
	return ost_mud_connection_send(c, text, (size_t)n, a->trouble);
}

static int reply_read(struct asking *a, struct ost_mud_connection *c)
{
	uint8_t bytes[16384];
	int n, r = 0;

	while (r == 0) {
		n = ost_mud_connection_receive(c, bytes, sizeof(bytes), a->trouble);
		if (n < 0)
			return n;
		r = ost_reply_take(&a->reply, bytes, (size_t)n);
	}
	if (r == -ENOMEM)
		return ost_mud_trouble_say(a->trouble, OST_MUD_FAULT_INSIDE, "out of memory");
	if (r < 0)
		return ost_mud_trouble_say(a->trouble, OST_MUD_FAULT_REPLY, "%s: %s", a->url.host, a->reply.flaw);
	return 0;
}

/* One question to one server. */
static int ask(struct asking *a)
{
	union ost_mud_address addresses[OST_MUD_ADDRESSES_MAX];
	struct ost_mud_connection *c = NULL;
	uint32_t count = 0;
	int r = addresses_find(a, addresses, &count);

	if (r == 0)
		r = ost_mud_connection_open(a->f->web, &a->url, addresses, count, a->f->deadline_ns, a->trouble, a->server, &c);
	if (r == 0)
		r = request_send(a, c);
	if (r == 0)
		r = reply_read(a, c);
	ost_mud_connection_close(&c);
	return r;
}

static bool is_redirect(unsigned status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static int redirect_follow(struct asking *a)
{
	struct ost_mud_url next;
	const char *flaw;

	if (a->reply.location[0] == '\0')
		return ost_mud_trouble_say(a->trouble, OST_MUD_FAULT_REDIRECT, "%s sends elsewhere and does not say where", a->url.host);
	if (ost_mud_url_resolve(&a->url, a->reply.location, &next, &flaw) < 0)
		return ost_mud_trouble_say(
			a->trouble, OST_MUD_FAULT_REDIRECT, "%s sends to '%.200s', which is %s", a->url.host, a->reply.location, flaw);
	a->url = next;
	return 0;
}

static int steps(struct asking *a, size_t body_max)
{
	for (unsigned i = 0; i <= OST_MUD_REDIRECTS_MAX; i++) {
		int r;

		ost_reply_close(&a->reply);
		ost_reply_open(&a->reply, body_max);
		r = ask(a);
		if (r < 0)
			return r;
		if (a->reply.status == 200)
			return 0;
		if (!is_redirect(a->reply.status))
			return ost_mud_trouble_say(a->trouble, OST_MUD_FAULT_STATUS, "%s answers with status %u%s", a->url.host, a->reply.status,
				a->reply.status == 204 ? ", no file" : "");
		r = redirect_follow(a);
		if (r < 0)
			return r;
	}
	return ost_mud_trouble_say(a->trouble, OST_MUD_FAULT_REDIRECT, "more than %u redirects", OST_MUD_REDIRECTS_MAX);
}

int ost_mud_fetch(const struct ost_mud_fetcher *f, const struct ost_mud_url *url, const char *accept, size_t body_max,
	struct ost_mud_trouble *trouble, struct ost_mud_fetched *ret)
{
	struct asking a = {.f = f, .accept = accept, .trouble = trouble, .url = *url};
	int r = steps(&a, body_max);

	if (r == 0) {
		ret->body = a.reply.body;
		ret->length = a.reply.length;
		ret->url = a.url;
		memcpy(ret->server, a.server, sizeof(ret->server));
		a.reply.body = NULL;
	}
	ost_reply_close(&a.reply);
	return r;
}
