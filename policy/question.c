/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "[in|out] PROTO[/VALUE] PEER[:PORT]": what a test or `policy explain` asks about. */
#include "policy_reader.h"
#include "services.h"
#include "text.h"

#define WORD_MAX 320u /* a host name has 253 bytes at most */

struct words {
	enum ost_direction direction;
	char proto[WORD_MAX + 1];
	char peer[WORD_MAX + 1];
};

static const char *word_next(const char *p, char ret_word[static WORD_MAX + 1])
{
	size_t n;

	p += strspn(p, " ");
	n = strcspn(p, " ");
	if (n > WORD_MAX)
		return NULL;
	memcpy(ret_word, p, n);
	ret_word[n] = '\0';
	return p + n;
}

static int words_split(const char *text, struct words *ret_words, char why[static 256])
{
	char rest[WORD_MAX + 1] = "?";
	const char *p = word_next(text, ret_words->proto);
	bool in = p != NULL && strcmp(ret_words->proto, "in") == 0;

	if (p != NULL && (in || strcmp(ret_words->proto, "out") == 0))
		p = word_next(p, ret_words->proto);
	if (p != NULL)
		p = word_next(p, ret_words->peer);
	if (p != NULL)
		p = word_next(p, rest);
	ret_words->direction = in ? OST_FROM : OST_TO;
	if (p != NULL && ret_words->peer[0] != '\0' && rest[0] == '\0')
		return 0;
	ost_hint(why, 256,
		"'%.63s' is no flow; write \"tcp 10.0.0.5:443\", \"icmp/echo-request 10.0.0.1\", "
		"or "
		"\"in tcp 10.20.0.9:80\" for what the peer opens",
		text);
	return -EINVAL;
}

/* Cuts the port off. "[v6]:53", "v4:53", "name:53"; without a port "v4", "v6", "[v6]", "name". */
static int peer_split(
	char *peer, const char **ret_host, const char **ret_port, char why[static 256])
{
	char *end = strchr(peer, ']'), *colon = strchr(peer, ':');

	*ret_port = NULL;
	*ret_host = peer;
	if (peer[0] == '[') {
		if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
			ost_hint(why, 256, "'%.63s' is no peer; write [2001:db8::1]:53", peer);
			return -EINVAL;
		}
		*ret_host = peer + 1;
		*ret_port = end[1] == ':' ? end + 2 : NULL;
		*end = '\0';
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		*ret_port = colon + 1;
		*colon = '\0';
	}
	return 0;
}

static int value_read(const struct words *words, const char *port, struct ost_flow_question *q,
	char why[static 256])
{
	struct ost_service services[4];
	bool has_value = strchr(words->proto, '/') != NULL;
	uint32_t n;
	uint64_t v;

	if (ost_service_parse(words->proto, services, &n, why) < 0)
		return -EINVAL;
	q->protocol = services[0].protocol;
	q->value = services[0].lo;
	if (n > 1 || q->protocol == 0) {
		ost_hint(why, 256,
			"'%.40s' is no protocol of one flow; write tcp, udp, icmp/TYPE or ip/N",
			words->proto);
		return -EINVAL;
	}
	if (!ost_protocol_has_ports(q->protocol)) {
		ost_hint(why, 256, "'%.40s' has no ports; write the peer without :%.20s",
			words->proto, port ? port : "");
		return port == NULL ? 0 : -EINVAL;
	}
	if (port == NULL && services[0].lo == services[0].hi)
		return 0;
	if (port != NULL && !has_value && services[0].lo != services[0].hi &&
		ost_number_parse(port, strlen(port), &v) == 0 && v >= 1 && v <= 65535) {
		q->value = (uint16_t)v;
		return 0;
	}
	ost_hint(why, 256,
		"a flow of '%.40s' has one port, from 1 to 65535; write tcp 10.0.0.5:443",
		words->proto);
	return -EINVAL;
}

/* ICMP without a type, or ip/6 without a port, is no single flow. */
static int value_check(
	const struct words *words, const struct ost_flow_question *q, char why[static 256])
{
	bool icmp = q->protocol == OST_PROTOCOL_ICMP || q->protocol == OST_PROTOCOL_ICMPV6;

	if (!icmp || (strchr(words->proto, '/') != NULL && strncmp(words->proto, "ip/", 3) != 0))
		return 0;
	ost_hint(why, 256, "'%.40s' does not say which type; write %s/echo-request", words->proto,
		q->protocol == OST_PROTOCOL_ICMP ? "icmp" : "icmpv6");
	return -EINVAL;
}

/* What is no address and no device is the name of a host, as the device would ask for it. */
static int host_read(const char *text, struct ost_flow_question *q, char why[static 256])
{
	struct ost_host host;
	int error = policy_host_parse(text, &host, why);

	if (error == 0 && host.suffix) {
		ost_hint(why, 256, "'%.63s' stands for many names; write one of them", text);
		free(host.name);
		error = -EINVAL;
	}
	if (error == 0)
		q->peer_host = host;
	return error;
}

static int peer_read(device_find_fn find, const void *context, const char *host, bool bracketed,
	struct ost_flow_question *q, char why[static 256])
{
	int64_t device;

	if (ost_ip_parse(host, &q->peer) == 0 && (!bracketed || q->peer.family == OST_IPV6)) {
		if (q->protocol == OST_PROTOCOL_ICMP && q->peer.family != OST_IPV4) {
			ost_hint(why, 256, "ICMP is IPv4's; write icmpv6");
			return -EINVAL;
		}
		if (q->protocol == OST_PROTOCOL_ICMPV6 && q->peer.family != OST_IPV6) {
			ost_hint(why, 256, "ICMPv6 is IPv6's; write icmp");
			return -EINVAL;
		}
		return 0;
	}
	device = bracketed ? -ENOENT : find(context, host);
	if (device >= 0) {
		q->has_peer_device = true;
		q->peer_device = (uint32_t)device;
		return 0;
	}
	if (bracketed || strchr(host, ':') != NULL) {
		ost_hint(why, 256, "'%.63s' is no address; write [2001:db8::1]:443", host);
		return -EINVAL;
	}
	if (strchr(host, '.') == NULL) {
		ost_hint(why, 256,
			"'%.63s' is no address and no device of the policy; write one of these, or a host name (with a dot: \"%.63s.\")",
			host, host);
		return -EINVAL;
	}
	return host_read(host, q, why);
}

int policy_question_parse(device_find_fn find, const void *context, const char *text,
	struct ost_flow_question *ret_question, char why[static 256])
{
	struct ost_flow_question q = {0};
	const char *host, *port;
	struct words words;
	bool bracketed;
	int r;

	if (words_split(text, &words, why) < 0)
		return -EINVAL;
	bracketed = words.peer[0] == '[';
	if (peer_split(words.peer, &host, &port, why) < 0)
		return -EINVAL;
	q.direction = words.direction;
	if (value_read(&words, port, &q, why) < 0 || value_check(&words, &q, why) < 0)
		return -EINVAL;
	r = peer_read(find, context, host, bracketed, &q, why);
	if (r == 0)
		*ret_question = q;
	return r;
}

static int64_t device_in_policy(const void *context, const char *name)
{
	return ost_policy_device_find(context, name);
}

int ost_flow_question_parse(const struct ost_policy *policy, const char *text,
	struct ost_flow_question *ret_question, char why[static 256])
{
	return policy_question_parse(device_in_policy, policy, text, ret_question, why);
}
