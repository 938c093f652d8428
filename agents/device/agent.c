/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One gateway: which connection stands, which one is begun, and when the next one is. */
#include "agent.h"

#include <netdb.h>
#include <stdio.h>
#include <sys/random.h>

#include "clock.h"
#include "link.h"
#include "text.h"

#define SOON_S	     1u /* the first wait when nobody answers; doubled each time */
#define SOON_MOST_S  30u
#define LATER_S	     10u /* when one of both says no */
#define LATER_MOST_S 300u
#define HOST_MAX     253u

struct ost_agent {
	struct link_trust *trust;
	char host[HOST_MAX + 1], port[6], name[HOST_MAX + 1];
	struct link *held;  /* admitted, or NULL */
	struct link *fresh; /* on its way: the first one, or a new proof beside the held one */
	uint64_t begin_ns;  /* when the next one is begun, while none is on its way */
	unsigned fails;	    /* in a row */
	unsigned attempts;
	bool again; /* a link may have more to say */
	enum ost_agent_state state;
	enum ost_auth_reason reason;
	int error;
	char device[OST_NAME_MAX + 1];
	unsigned lease_s, session_s;
};

static const char *const state_names[OST_AGENT_STATE_COUNT] = {
	[OST_AGENT_CONNECTING] = "connecting",
	[OST_AGENT_ADMITTED] = "admitted",
	[OST_AGENT_REFUSED] = "refused",
	[OST_AGENT_DISTRUSTED] = "distrusted",
	[OST_AGENT_UNREACHABLE] = "unreachable",
	[OST_AGENT_LOST] = "lost",
};

const char *ost_agent_state_name(enum ost_agent_state state)
{
	return (unsigned)state < OST_AGENT_STATE_COUNT ? state_names[state] : "invalid";
}

/* ---- options ---- */

static int complain(char *why, const char *what, const char *value)
{
	(void)snprintf(why, OST_AGENT_TEXT, "%s: %.150s", what, value != NULL ? value : "is missing");
	return -EINVAL;
}

static int host_read(struct ost_agent *a, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;
	bool brackets = n > 2 && text[0] == '[' && text[n - 1] == ']';
	uint64_t port;

	if (n == 0 || n > HOST_MAX || ost_number_parse(colon + 1, strlen(colon + 1), &port) < 0 || port == 0 || port > UINT16_MAX ||
		(!brackets && memchr(text, ':', n) != NULL))
		return -EINVAL;
	(void)snprintf(a->host, sizeof(a->host), "%.*s", (int)(n - (brackets ? 2 : 0)), text + brackets);
	(void)snprintf(a->port, sizeof(a->port), "%u", (unsigned)port);
	return 0;
}

static int options_read(struct ost_agent *a, const struct ost_agent_options *o, char *why)
{
	if (o->gateway == NULL || host_read(a, o->gateway) < 0)
		return complain(why, "gateway (write ADDRESS:PORT, [ADDRESS]:PORT or NAME:PORT)", o->gateway);
	if (o->name == NULL || o->name[0] == '\0' || strlen(o->name) > HOST_MAX)
		return complain(why, "name of the gateway, as in its certificate", o->name);
	if (o->ca == NULL || o->certificate == NULL || o->key == NULL)
		return complain(why, o->ca == NULL ? "ca" : o->certificate == NULL ? "certificate"
										   : "key",
			NULL);
	(void)snprintf(a->name, sizeof(a->name), "%s", o->name);
	return link_trust_new(o->ca, o->crl, o->certificate, o->key, why, &a->trust);
}

int ost_agent_new(const struct ost_agent_options *options, char *why, struct ost_agent **ret_agent)
{
	struct ost_agent *a = calloc(1, sizeof(*a));
	int r;

	if (a == NULL)
		return -ENOMEM;
	r = options_read(a, options, why);
	if (r < 0) {
		free(a);
		return r;
	}
	*ret_agent = a;
	return 0;
}

void ost_agent_free(struct ost_agent **agent)
{
	struct ost_agent *a = *agent;

	*agent = NULL;
	if (a == NULL)
		return;
	link_free(&a->held, true);
	link_free(&a->fresh, true);
	link_trust_free(&a->trust);
	free(a);
}

/* ---- when to try again ---- */

static uint64_t random_below(uint64_t most)
{
	uint64_t r = 0;

	(void)getrandom(&r, sizeof(r), 0);
	return most > 0 ? r % most : 0;
}

static bool is_no(enum ost_agent_state state, enum ost_auth_reason reason)
{
	return (state == OST_AGENT_REFUSED || state == OST_AGENT_DISTRUSTED || state == OST_AGENT_LOST) &&
	       reason != OST_AUTH_REASON_NONE && reason != OST_AUTH_REASON_UNAVAILABLE && reason != OST_AUTH_REASON_FLOOD &&
	       reason != OST_AUTH_REASON_TIMEOUT;
}

/* Doubled with each failure, +- 25 %, so that a thousand devices do not come at once. */
static uint64_t back_off_ns(struct ost_agent *a, bool no)
{
	uint64_t s = (uint64_t)(no ? LATER_S : SOON_S) << OST_MIN(a->fails, 8u);

	s = OST_MIN(s, (uint64_t)(no ? LATER_MOST_S : SOON_MOST_S));
	a->fails++;
	return s * OST_NS_PER_S * 3 / 4 + random_below(s * OST_NS_PER_S / 2);
}

static void changed(struct ost_agent *a, enum ost_agent_state state, enum ost_auth_reason reason, int error, uint64_t now)
{
	a->state = state;
	a->reason = reason;
	a->error = error;
	if (state != OST_AGENT_ADMITTED) {
		a->device[0] = '\0';
		a->lease_s = a->session_s = 0;
		a->begin_ns = now + back_off_ns(a, is_no(state, reason));
	}
}

/* ---- links ---- */

/* The addresses of a name in turn. 0 or a negative errno. */
static int look_up(struct ost_agent *a, struct sockaddr_storage *to, socklen_t *length)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list = NULL, *at;
	unsigned count = 0, which;

	if (getaddrinfo(a->host, a->port, &hints, &list) != 0)
		return -EHOSTUNREACH;
	for (at = list; at != NULL; at = at->ai_next)
		count++;
	if (count == 0)
		return -EHOSTUNREACH;
	which = a->attempts++ % count;
	for (at = list; which > 0; which--)
		at = at->ai_next;
	memcpy(to, at->ai_addr, at->ai_addrlen);
	*length = at->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

static enum ost_agent_state state_of(enum link_end end)
{
	static const enum ost_agent_state states[] = {
		[LINK_UNREACHABLE] = OST_AGENT_UNREACHABLE,
		[LINK_DISTRUSTED] = OST_AGENT_DISTRUSTED,
		[LINK_REFUSED] = OST_AGENT_REFUSED,
		[LINK_LOST] = OST_AGENT_LOST,
	};

	return states[end];
}

/* True: the status changed. */
static bool failed(struct ost_agent *a, const struct link_over *o, uint64_t now)
{
	if (a->held == NULL) {
		changed(a, state_of(o->end), o->reason, o->error, now);
		return true;
	}
	/* The new proof did not succeed; the old one still stands. */
	a->begin_ns = now + back_off_ns(a, false);
	return false;
}

static bool begin(struct ost_agent *a, uint64_t now)
{
	struct sockaddr_storage to;
	socklen_t length;
	int r = look_up(a, &to, &length);

	if (r == 0)
		r = link_new(a->trust, (const struct sockaddr *)&to, length, a->name, now, &a->fresh);
	return r < 0 && failed(a, &(struct link_over){.end = LINK_UNREACHABLE, .error = -r}, now);
}

static bool admitted(struct ost_agent *a, const struct ost_portal_line *line, uint64_t now)
{
	bool news = a->state != OST_AGENT_ADMITTED || strcmp(a->device, line->device) != 0;
	uint64_t early_s = OST_MIN(line->session_s / 10, 60u);

	link_free(&a->held, false);
	a->held = a->fresh;
	a->fresh = NULL;
	a->fails = 0;
	(void)snprintf(a->device, sizeof(a->device), "%s", line->device);
	a->lease_s = line->seconds;
	a->session_s = line->session_s;
	a->begin_ns = now + (line->session_s - early_s) * OST_NS_PER_S - random_below(early_s * OST_NS_PER_S);
	changed(a, OST_AGENT_ADMITTED, OST_AUTH_REASON_NONE, 0, now);
	return news;
}

static bool fresh_step(struct ost_agent *a, uint64_t now)
{
	struct ost_portal_line line;
	struct link_over o;
	int r = link_step(a->fresh, now, &line, &o);

	if (r > 0)
		return admitted(a, &line, now);
	if (r == 0)
		return false;
	link_free(&a->fresh, false);
	return failed(a, &o, now);
}

static bool held_step(struct ost_agent *a, uint64_t now)
{
	struct ost_portal_line line;
	struct link_over o;
	int r = link_step(a->held, now, &line, &o);

	if (r == 0)
		return false;
	a->again = true;
	if (r > 0) {
		if (line.word == OST_PORTAL_PROVE && a->fresh == NULL)
			a->begin_ns = OST_MIN(a->begin_ns, now + random_below(line.seconds * OST_NS_PER_S));
		return false;
	}
	link_free(&a->held, false);
	changed(a, OST_AGENT_LOST, o.reason, o.error, now);
	return true;
}

int ost_agent_step(struct ost_agent *agent)
{
	uint64_t now = ost_clock_mono_ns();

	agent->again = false;
	if (agent->fresh == NULL && now >= agent->begin_ns && begin(agent, now))
		return 1;
	if (agent->fresh != NULL && fresh_step(agent, now))
		return 1;
	return agent->held != NULL && held_step(agent, now) ? 1 : 0;
}

/* ---- waiting ---- */

int ost_agent_fds(const struct ost_agent *agent, struct pollfd *fds, size_t size)
{
	const struct link *const links[OST_AGENT_FDS] = {agent->held, agent->fresh};
	int n = 0;

	for (size_t i = 0; i < OST_AGENT_FDS && (size_t)n < size; i++) {
		if (links[i] == NULL)
			continue;
		fds[n] = (struct pollfd){0};
		fds[n].fd = link_fd(links[i], &fds[n].events);
		n++;
	}
	return n;
}

int ost_agent_timeout_ms(const struct ost_agent *agent)
{
	uint64_t now = ost_clock_mono_ns(), due = agent->fresh == NULL ? agent->begin_ns : link_due_ns(agent->fresh);

	if (agent->held != NULL)
		due = OST_MIN(due, link_due_ns(agent->held));
	if (agent->again || due <= now)
		return 0;
	return (int)OST_MIN((due - now) / OST_NS_PER_MS + 1, (uint64_t)INT32_MAX);
}

int ost_agent_wait(struct ost_agent *agent, int timeout_ms)
{
	uint64_t begun = ost_clock_mono_ns();

	for (;;) {
		struct pollfd fds[OST_AGENT_FDS];
		int ms, passed_ms;

		if (ost_agent_step(agent) == 1)
			return 1;
		passed_ms = (int)OST_MIN((ost_clock_mono_ns() - begun) / OST_NS_PER_MS, (uint64_t)INT32_MAX);
		if (timeout_ms >= 0 && passed_ms >= timeout_ms)
			return 0;
		ms = ost_agent_timeout_ms(agent);
		if (timeout_ms >= 0)
			ms = OST_MIN(ms, timeout_ms - passed_ms);
		if (poll(fds, (nfds_t)ost_agent_fds(agent, fds, OST_AGENT_FDS), ms) < 0)
			return -errno;
	}
}

/* ---- words ---- */

static const char *distrust(enum ost_auth_reason reason)
{
	switch (reason) {
	case OST_AUTH_REASON_UNKNOWN_CA:
		return "the gateway's certificate is of another CA: perhaps it is not the gateway";
	case OST_AUTH_REASON_WRONG_NAME:
		return "the gateway's certificate bears another name: perhaps it is not the gateway";
	case OST_AUTH_REASON_EXPIRED:
		return "the gateway's certificate is not valid today: renew it, or look at this device's clock";
	case OST_AUTH_REASON_REVOKED:
		return "the gateway's certificate is revoked";
	case OST_AUTH_REASON_CRL:
		return "the revocation list does not cover the gateway's certificate, or is past its date";
	case OST_AUTH_REASON_VERSION:
		return "no common TLS version or suite";
	case OST_AUTH_REASON_MALFORMED:
		return "what answers there is no portal of this version";
	default:
		return "the gateway's certificate is not made for a gateway, or its key is weak";
	}
}

void ost_agent_status(const struct ost_agent *agent, struct ost_agent_status *ret_status)
{
	uint64_t now = ost_clock_mono_ns();
	struct ost_agent_status s = {.state = agent->state, .device = agent->device, .reason = "", .text = "", .lease_s = agent->lease_s, .session_s = agent->session_s};

	if (agent->state > OST_AGENT_ADMITTED) {
		bool network = agent->reason == OST_AUTH_REASON_NONE;

		s.reason = network ? "network" : ost_auth_reason_name(agent->reason);
		s.text = network ? strerror(agent->error) : agent->state == OST_AGENT_DISTRUSTED ? distrust(agent->reason)
												 : ost_auth_reason_text(agent->reason);
		s.retry_s = agent->begin_ns > now ? (unsigned)((agent->begin_ns - now) / OST_NS_PER_S) + 1 : 0;
	}
	*ret_status = s;
}
