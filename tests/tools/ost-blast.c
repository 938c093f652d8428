/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ost-blast: numbered UDP frames out of an interface as fast as wanted, and a counter of them at the other end.
 *
 *   ost-blast send IF SRCMAC DSTMAC SRCIP DSTIP PORTS SECONDS [PPS [SIZE [FLOWS]]]
 *     PORTS   destination ports, comma separated; frame n goes to the n-th of them, round and round
 *     PPS     frames a second, 0: as fast as it goes    SIZE  bytes of a frame without FCS (default 60)
 *     FLOWS   source ports in turn (default 1)
 *     until SECONDS passed or SIGTERM; prints: sent N seconds S, and: port P sent N
 *   ost-blast count IF SECONDS
 *     counts numbered frames until SECONDS passed without one, or SIGTERM; prints per destination port:
 *     port P received N first A last B gaps G   (gaps: numbers missing between first and last of that port)
 *   Frames carry "OSTB", then their number within their port. IPv4 only.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "addr.h"
#include "clock.h"

#define BATCH	   64u
#define FRAME_MAX  1514u
#define HEADERS	   42u /* Ethernet, IPv4, UDP */
#define PORTS_MAX  16u
#define MARK	   "OSTB"
#define ETHER_TYPE 12u

struct sender {
	uint8_t frame[BATCH][FRAME_MAX];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	uint16_t ports[PORTS_MAX];
	uint64_t numbers[PORTS_MAX];
	uint32_t port_count, size, flows;
	uint64_t pps, total;
};

static struct sender sender;
static volatile sig_atomic_t stopped;

static void on_stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static int packet_socket(const char *interface)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;

	a.sll_ifindex = (int)if_nametoindex(interface);
	if (fd < 0 || a.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		(void)fprintf(stderr, "ost-blast: %s: %s\n", interface, strerror(errno));
		exit(2);
	}
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	return fd;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint16_t ip_checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void template_make(char **argv, uint8_t *f, uint32_t size)
{
	struct ost_mac src, dst;
	struct ost_ip from, to;

	if (ost_mac_parse(argv[0], &src) < 0 || ost_mac_parse(argv[1], &dst) < 0 || ost_ip_parse(argv[2], &from) < 0 ||
		ost_ip_parse(argv[3], &to) < 0) {
		(void)fputs("ost-blast: bad MAC or IP address\n", stderr);
		exit(2);
	}
	memcpy(f, dst.b, 6);
	memcpy(f + 6, src.b, 6);
	put16(f + ETHER_TYPE, ETH_P_IP);
	f[14] = 0x45;
	put16(f + 16, size - 14);
	f[22] = 64;
	f[23] = IPPROTO_UDP;
	memcpy(f + 26, from.b, 4);
	memcpy(f + 30, to.b, 4);
	put16(f + 24, ip_checksum(f + 14));
	put16(f + 38, size - 34);
	memcpy(f + HEADERS, MARK, 4);
}

static uint32_t ports_parse(char *text)
{
	uint32_t n = 0;

	for (char *save = NULL, *p = strtok_r(text, ",", &save); p != NULL && n < PORTS_MAX; p = strtok_r(NULL, ",", &save))
		sender.ports[n++] = (uint16_t)strtoul(p, NULL, 10);
	return n;
}

static void batch_number(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++, sender.total++) {
		uint32_t which = (uint32_t)(sender.total % sender.port_count);
		uint64_t number = sender.numbers[which]++;

		put16(sender.frame[i] + 34, 10000 + (uint32_t)(sender.total / sender.port_count % sender.flows));
		put16(sender.frame[i] + 36, sender.ports[which]);
		memcpy(sender.frame[i] + HEADERS + 4, &number, sizeof(number));
	}
}

/* Sends all of a batch, whatever the kernel's queue says meanwhile. */
static void batch_send(int fd, uint32_t count)
{
	for (uint32_t done = 0; done < count;) {
		int n = sendmmsg(fd, sender.messages + done, count - done, 0);

		if (n > 0) {
			done += (uint32_t)n;
		} else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
			(void)fprintf(stderr, "ost-blast: %s\n", strerror(errno));
			exit(1);
		}
	}
}

static int do_send(int argc, char **argv)
{
	uint64_t start, now;
	double seconds;
	int fd;

	if (argc < 7)
		return 2;
	sender.port_count = ports_parse(argv[5]);
	seconds = strtod(argv[6], NULL);
	sender.pps = argc > 7 ? strtoull(argv[7], NULL, 10) : 0;
	sender.size = argc > 8 ? (uint32_t)strtoul(argv[8], NULL, 10) : 60;
	sender.flows = argc > 9 ? (uint32_t)strtoul(argv[9], NULL, 10) : 1;
	if (sender.port_count == 0 || sender.flows == 0 || sender.size < HEADERS + 12 || sender.size > FRAME_MAX)
		return 2;
	fd = packet_socket(argv[0]);
	for (uint32_t i = 0; i < BATCH; i++) {
		template_make(argv + 1, sender.frame[i], sender.size);
		sender.parts[i] = (struct iovec){sender.frame[i], sender.size};
		sender.messages[i].msg_hdr.msg_iov = &sender.parts[i];
		sender.messages[i].msg_hdr.msg_iovlen = 1;
	}
	start = ost_clock_mono_ns();
	while ((now = ost_clock_mono_ns() - start) < (uint64_t)(seconds * 1e9) && !stopped) {
		uint32_t count = BATCH;

		if (sender.pps > 0) {
			uint64_t due = now / 1000 * sender.pps / 1000000;

			count = (uint32_t)OST_MIN(due - OST_MIN(due, sender.total), (uint64_t)BATCH);
			if (count == 0) {
				(void)usleep(100);
				continue;
			}
		}
		batch_number(count);
		batch_send(fd, count);
	}
	(void)printf("sent %llu seconds %.3f\n", (unsigned long long)sender.total, (double)now / 1e9);
	for (uint32_t i = 0; i < sender.port_count; i++)
		(void)printf("port %u sent %llu\n", sender.ports[i], (unsigned long long)sender.numbers[i]);
	return 0;
}

struct counted {
	uint16_t port;
	uint64_t received, first, last, gaps;
};

static struct counted counted[PORTS_MAX];

static void frame_count(const uint8_t *f, size_t n)
{
	uint64_t number;
	uint16_t port;

	if (n < HEADERS + 12 || memcmp(f + HEADERS, MARK, 4) != 0)
		return;
	port = (uint16_t)(f[36] << 8 | f[37]);
	memcpy(&number, f + HEADERS + 4, sizeof(number));
	for (uint32_t i = 0; i < PORTS_MAX; i++) {
		struct counted *c = &counted[i];

		if (c->received > 0 && c->port != port)
			continue;
		if (c->received == 0)
			*c = (struct counted){.port = port, .first = number, .last = number};
		else if (number > c->last)
			c->gaps += number - c->last - 1;
		c->last = number;
		c->received++;
		return;
	}
}

static int do_count(int argc, char **argv)
{
	static uint8_t frames[BATCH][2048];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	struct tpacket_stats stats = {0};
	socklen_t size = sizeof(stats);
	int fd, bytes = 256 << 20, n;
	struct pollfd p;

	if (argc < 2)
		return 2;
	fd = packet_socket(argv[0]);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	for (uint32_t i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){frames[i], sizeof(frames[i])};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	(void)printf("counting\n");
	(void)fflush(stdout);
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	while (!stopped && poll(&p, 1, (int)(strtod(argv[1], NULL) * 1000)) > 0) {
		n = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			frame_count(frames[i], messages[i].msg_len);
	}
	for (uint32_t i = 0; i < PORTS_MAX && counted[i].received > 0; i++)
		(void)printf("port %u received %llu first %llu last %llu gaps %llu\n", counted[i].port,
			(unsigned long long)counted[i].received, (unsigned long long)counted[i].first,
			(unsigned long long)counted[i].last, (unsigned long long)counted[i].gaps);
	(void)getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
	(void)printf("missed %u\n", stats.tp_drops);
	return 0;
}

int main(int argc, char **argv)
{
	const struct sigaction stop = {.sa_handler = on_stop};
	int r = 2;

	(void)sigaction(SIGTERM, &stop, NULL);
	if (argc > 2 && strcmp(argv[1], "send") == 0)
		r = do_send(argc - 2, argv + 2);
	else if (argc > 2 && strcmp(argv[1], "count") == 0)
		r = do_count(argc - 2, argv + 2);
	if (r == 2)
		(void)fputs("usage: see the head of tests/tools/ost-blast.c\n", stderr);
	return r;
}
