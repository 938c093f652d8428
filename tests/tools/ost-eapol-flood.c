/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ost-eapol-flood: what a device port hears from somebody who wants the authenticator to be busy with him.
 *
 *   ost-eapol-flood half IF PPS SECONDS HELLO   PPS new MACs a second; each says EAPOL-Start, answers the Identity request,
 *       sends the TLS flight in the file HELLO when EAP-TLS begins, and is silent then
 *   ost-eapol-flood start IF PPS SECONDS        EAPOL-Start of PPS random MACs a second; answers are counted, not answered
 *   ost-eapol-flood random IF PPS COUNT [SEED]  COUNT frames of 802.1X that nobody would send: lengths, versions, types, tags, sources
 *     until it is done or SIGTERM; prints: sent N identity N begun N flight N failed N succeeded N seconds S
 *     (Identity requests, EAP-TLS starts, packets after our ClientHello, failures, successes that came back)
 *
 * Nothing is kept for a MAC: every answer depends on what came alone. All source MACs begin with 0a.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "clock.h"
#include "common.h"

#define ETHERTYPE_EAPOL 0x888eu
#define HEADER		14u
#define FRAME_MAX	1514u
#define OUR_MAC		0x0au
#define EAP_AT		(HEADER + 4) /* behind the EAPOL header */
#define HELLO_MAX	1200u

enum answer { IDENTITY,
	BEGUN,
	FLIGHT,
	FAILED,
	SUCCEEDED,
	ANSWER_COUNT };

struct flood {
	int fd;
	uint64_t random, sent, start_ns;
	uint64_t answers[ANSWER_COUNT];
	uint8_t hello[HELLO_MAX];
	size_t hello_length;
	bool answering;
};

static struct flood flood;
static volatile sig_atomic_t stopped;

static void on_stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static uint64_t next(void)
{
	flood.random ^= flood.random << 13;
	flood.random ^= flood.random >> 7;
	flood.random ^= flood.random << 17;
	return flood.random * 0x2545f4914f6cdd1dull >> 8;
}

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void header_put(uint8_t *f, const uint8_t mac[static 6])
{
	static const uint8_t group[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x03};

	memcpy(f, group, 6);
	memcpy(f + 6, mac, 6);
	put16(f + 12, ETHERTYPE_EAPOL);
}

static void mac_make(uint8_t mac[static 6])
{
	uint64_t r = next();

	mac[0] = OUR_MAC;
	memcpy(mac + 1, &r, 5);
}

/* What the kernel has no room for is sent a moment later. */
static void frame_send(const uint8_t *f, size_t n)
{
	while (send(flood.fd, f, n, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
			(void)fprintf(stderr, "ost-eapol-flood: %s\n", strerror(errno));
			exit(1);
		}
	}
}

/* ---- what is sent ---- */

static void start_send(void)
{
	uint8_t f[60] = {0}, mac[6];

	mac_make(mac);
	header_put(f, mac);
	f[HEADER] = 2;
	f[HEADER + 1] = 1; /* Start */
	frame_send(f, sizeof(f));
}

static void eap_send(const uint8_t mac[static 6], uint8_t identifier, uint8_t type, const void *data, size_t length)
{
	uint8_t f[FRAME_MAX] = {0};
	size_t eap = 5 + length;

	header_put(f, mac);
	f[HEADER] = 2;
	put16(f + HEADER + 2, eap);
	f[EAP_AT] = 2; /* Response */
	f[EAP_AT + 1] = identifier;
	put16(f + EAP_AT + 2, eap);
	f[EAP_AT + 4] = type;
	memcpy(f + EAP_AT + 5, data, length);
	frame_send(f, OST_MAX(EAP_AT + eap, (size_t)60));
}

static void flight_send(const uint8_t mac[static 6], uint8_t identifier)
{
	uint8_t data[HELLO_MAX + 1] = {0}; /* flags: one fragment, no length */

	memcpy(data + 1, flood.hello, flood.hello_length);
	eap_send(mac, identifier, 13, data, flood.hello_length + 1);
}

/* A frame that is 802.1X by its EtherType, and perhaps by no more. */
static void random_send(void)
{
	uint8_t f[FRAME_MAX], mac[6];
	uint64_t r = next();
	size_t at = 12, n = 4 + (size_t)(r % ((r & 0x100) ? 1497 : 60));

	for (size_t i = 0; i < sizeof(f); i += 8) {
		uint64_t bytes = next();

		memcpy(f + i, &bytes, OST_MIN(sizeof(bytes), sizeof(f) - i));
	}
	mac_make(mac);
	header_put(f, mac);
	if (r >> 9 & 1)
		f[1] = 0; /* not the group of 802.1X */
	if ((r >> 10 & 31) == 0)
		f[6] |= 1; /* a group cannot send */
	for (unsigned tags = (r >> 15 & 7) < 6 ? 0 : (unsigned)(r >> 18 & 3); tags > 0; tags--, at += 4)
		put16(f + at, 0x8100);
	put16(f + at, ETHERTYPE_EAPOL);
	at += 2;
	n = OST_MIN(n, sizeof(f) - at);
	if (r >> 20 & 3) { /* mostly a header that says something */
		f[at] = (uint8_t)(1 + (r >> 22 & 3));
		f[at + 1] = (uint8_t)(r >> 24 & 7);
		put16(f + at + 2, r >> 27 & 1 ? n - 4 : next() & 0xffff);
	}
	if (n >= 10 && (r >> 28 & 1)) { /* and an EAP response in it */
		f[at + 4] = 2;
		put16(f + at + 6, r >> 29 & 1 ? n - 4 : next() & 0x7ff);
		f[at + 8] = (r >> 30 & 1) ? 13 : 1;
	}
	frame_send(f, at + n);
}

/* ---- what comes back ---- */

static void answer_take(const uint8_t *f, size_t n)
{
	uint8_t code, type;

	if (n < EAP_AT + 4 || f[0] != OUR_MAC || f[HEADER + 1] != 0)
		return;
	code = f[EAP_AT];
	type = code == 1 && n > EAP_AT + 4 ? f[EAP_AT + 4] : 0;
	if (code == 3) {
		flood.answers[SUCCEEDED]++;
	} else if (code == 4) {
		flood.answers[FAILED]++;
	} else if (type == 1) {
		flood.answers[IDENTITY]++;
		if (flood.answering)
			eap_send(f, f[EAP_AT + 1], 1, "flood", 5);
	} else if (type == 13 && n > EAP_AT + 5 && (f[EAP_AT + 5] & 0x20)) {
		flood.answers[BEGUN]++;
		if (flood.answering)
			flight_send(f, f[EAP_AT + 1]);
	} else if (type == 13) {
		flood.answers[FLIGHT]++;
	}
}

/* Until when, or until something came. */
static void answers_take(int wait_ms)
{
	struct pollfd p = {.fd = flood.fd, .events = POLLIN};
	uint8_t f[2048];
	ssize_t n;

	if (poll(&p, 1, wait_ms) <= 0)
		return;
	while ((n = recv(flood.fd, f, sizeof(f), MSG_DONTWAIT)) > 0)
		answer_take(f, (size_t)n);
}

/* ---- the three ---- */

static void run(void (*send_one)(void), uint64_t pps, uint64_t duration_ns, uint64_t count)
{
	uint64_t elapsed;

	while (!stopped && (elapsed = ost_clock_mono_ns() - flood.start_ns) < duration_ns && flood.sent < count) {
		uint64_t due = OST_MIN(elapsed / 1000 * pps / 1000000, count);

		for (; flood.sent < due && !stopped; flood.sent++) {
			send_one();
			if (flood.sent % 16 == 0)
				answers_take(0);
		}
		answers_take(1);
	}
	/* The last answers are on their way. */
	for (unsigned i = 0; i < 20; i++)
		answers_take(10);
}

static void socket_open(const char *interface)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_EAPOL)};
	int bytes = 16 << 20;

	a.sll_ifindex = (int)if_nametoindex(interface);
	flood.fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (flood.fd < 0 || a.sll_ifindex == 0 || bind(flood.fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		(void)fprintf(stderr, "ost-eapol-flood: %s: %s\n", interface, strerror(errno));
		exit(2);
	}
	(void)setsockopt(flood.fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
}

static bool hello_read(const char *path)
{
	FILE *f = fopen(path, "rbe");

	if (f == NULL)
		return false;
	flood.hello_length = fread(flood.hello, 1, sizeof(flood.hello), f);
	(void)fclose(f);
	return flood.hello_length > 0 && flood.hello_length < sizeof(flood.hello);
}

int main(int argc, char **argv)
{
	const struct sigaction stop = {.sa_handler = on_stop};
	uint64_t pps = argc > 4 ? strtoull(argv[3], NULL, 10) : 0, amount = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	const char *what = argc > 4 ? argv[1] : "";

	(void)sigaction(SIGTERM, &stop, NULL);
	flood.start_ns = ost_clock_mono_ns();
	flood.random = strcmp(what, "random") == 0 && argc > 5 ? strtoull(argv[5], NULL, 10) : flood.start_ns;
	flood.random |= 1;
	flood.answering = strcmp(what, "half") == 0;
	if (pps == 0 || amount == 0 || (flood.answering && (argc < 6 || !hello_read(argv[5])))) {
		(void)fputs("usage: see the head of tests/tools/ost-eapol-flood.c\n", stderr);
		return 2;
	}
	socket_open(argv[2]);
	if (strcmp(what, "random") == 0)
		run(random_send, pps, UINT64_MAX, amount);
	else
		run(start_send, pps, amount * OST_NS_PER_S, UINT64_MAX);
	(void)printf("sent %llu identity %llu begun %llu flight %llu failed %llu succeeded %llu seconds %.1f\n",
		(unsigned long long)flood.sent, (unsigned long long)flood.answers[IDENTITY], (unsigned long long)flood.answers[BEGUN],
		(unsigned long long)flood.answers[FLIGHT], (unsigned long long)flood.answers[FAILED],
		(unsigned long long)flood.answers[SUCCEEDED], (double)(ost_clock_mono_ns() - flood.start_ns) / 1e9);
	return 0;
}
