/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libostiary-agent: lets a device with an IP stack prove itself to an Ostiary gateway, and stay in. It connects to the
 * gateway's portal by TLS 1.2 or 1.3, checks the gateway's certificate (CA, dates, name, and the revocation list when one is given)
 * before it shows its own, keeps the connection, proves itself anew when it should, and comes back when the connection is lost.
 * The gateway lets in the address that the connection comes from.
 *
 * Never blocks, but for the look-up of a gateway that is named (getaddrinfo) and in ost_agent_wait(). No threads, no signals, no
 * output, no global state but the TLS library's (wolfSSL), which ost_agent_new() starts and ost_agent_free() ends, counted.
 * Different agents may live in different threads; one agent belongs to one thread at a time.
 *
 * In a loop of your own:            Or simply:
 *   n = ost_agent_fds(a, fds, 2);     while ((r = ost_agent_wait(a, -1)) >= 0)
 *   poll(fds, n, ost_agent_timeout_ms(a));    if (r == 1)
 *   if (ost_agent_step(a) == 1)                   look at ost_agent_status(a);
 *       look at ost_agent_status(a);
 *
 * Functions return 0 or more, or a negative errno. Link with -lostiary-agent -lwolfssl.
 */
#ifndef OSTIARY_AGENT_H
#define OSTIARY_AGENT_H

#include <poll.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OST_AGENT_FDS  2   /* descriptors that an agent waits for, at most */
#define OST_AGENT_TEXT 256 /* bytes of a sentence, with its NUL */

struct ost_agent;

/* All texts are copied, all files are read by ost_agent_new(). */
struct ost_agent_options {
	const char *gateway;	 /* "10.0.0.2:8443", "[fd00::2]:8443" or "portal.example:8443" */
	const char *name;	 /* the DNS name that the gateway's certificate must bear; NULL is an error: it is never left out */
	const char *ca;		 /* PEM file: the CAs that the gateway's certificate may come from */
	const char *certificate; /* PEM file: the device's, then its chain */
	const char *key;	 /* PEM file: its private key */
	const char *crl;	 /* PEM file: the CA's revocation list; NULL: none */
};

enum ost_agent_state {
	OST_AGENT_CONNECTING,  /* on its way for the first time */
	OST_AGENT_ADMITTED,    /* both have proved themselves; packets pass */
	OST_AGENT_REFUSED,     /* the gateway says no: reason */
	OST_AGENT_DISTRUSTED,  /* we say no: this gateway is not what it should be: reason */
	OST_AGENT_UNREACHABLE, /* no gateway there: reason */
	OST_AGENT_LOST,	       /* was admitted, and the connection is gone: reason */
	OST_AGENT_STATE_COUNT
};

/* The agent's own, good until the next call with this agent. */
struct ost_agent_status {
	enum ost_agent_state state;
	const char *device; /* ADMITTED: its name in the gateway's policy; else "" */
	const char *reason; /* one word (ostiary-authd(8)), "" when admitted */
	const char *text;   /* a sentence: what it means, or what the system says; "" when admitted */
	unsigned lease_s;   /* ADMITTED: silent for so long, it would be out; the agent cares for that */
	unsigned session_s; /* ADMITTED: it proves itself anew within; the agent cares for that */
	unsigned retry_s;   /* not ADMITTED: it tries again in about so many seconds */
};

/* -EINVAL: an option or a file is not right; -ENOMEM; -EIO: the TLS library does not do what is asked of it. why: a
 * sentence that names the option or file, OST_AGENT_TEXT bytes. */
int ost_agent_new(const struct ost_agent_options *options, char *why, struct ost_agent **ret_agent);

/* Takes leave when it is admitted (the gateway takes the rights back at once) and frees all. */
void ost_agent_free(struct ost_agent **agent);

/* What to poll() for; returns how many of fds are filled. size is at least OST_AGENT_FDS. */
int ost_agent_fds(const struct ost_agent *agent, struct pollfd *fds, size_t size);
/* How long to poll() at most; call ost_agent_step() then. */
int ost_agent_timeout_ms(const struct ost_agent *agent);

/* Does what can be done now. 1: the status changed (it stops there: call again soon); 0: it did not. */
int ost_agent_step(struct ost_agent *agent);

/* Waits for a change. 1: there is one; 0: timeout_ms passed (-1: never); -EINTR: a signal came. */
int ost_agent_wait(struct ost_agent *agent, int timeout_ms);

void ost_agent_status(const struct ost_agent *agent, struct ost_agent_status *ret_status);
const char *ost_agent_state_name(enum ost_agent_state state); /* "admitted" */

#ifdef __cplusplus
}
#endif
#endif
