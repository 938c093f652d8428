/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What it costs to make incidents of refusals, as the data plane tells them: joined, so many kinds ten times a second.
 *   incident-cost KINDS PACKETS_PER_S SECONDS   prints one JSON object */
#include <stdio.h>
#include <time.h>

#include "detect.h"

struct sink {
	struct ost_incidents *incidents;
	uint64_t records, random;
};

static void on_event(void *user, const struct ost_incident_event *event, struct ost_moment now)
{
	struct sink *s = user;

	(void)ost_incidents_event(s->incidents, event, now);
}

static void on_record(void *user, enum ost_incident_record record, const struct ost_incident *incident, const char *why)
{
	struct sink *s = user;

	(void)record;
	(void)incident;
	(void)why;
	s->records++;
}

static void on_random(void *user, void *bytes, size_t length)
{
	struct sink *s = user;

	memset(bytes, 0, length);
	s->random++;
	memcpy(bytes, &s->random, sizeof(s->random));
}

static double cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Kind k of KINDS: of one of 1000 devices, to one of many places. */
static void refuse(struct ost_detect *d, uint32_t k, uint64_t packets, struct ost_moment now)
{
	struct ost_refusal r = {.first_wall_ns = now.wall_ns, .last_wall_ns = now.wall_ns, .count_pkts = packets, .ethertype = 0x0800, .protocol = 6,
		.family = OST_IPV4, .reason = OST_REASON_NOT_ALLOWED, .dst_port = (uint16_t)(k / 1000 * 7 % 65521)};
	struct ost_detect_refusal f = {.record = &r, .port = "dev1", .peer = ""};
	char device[32];

	(void)snprintf(device, sizeof(device), "device-%u", k % 1000);
	f.device = device;
	r.dst_ip[0] = 10;
	r.dst_ip[2] = (uint8_t)(k / 1000);
	r.dst_ip[3] = (uint8_t)(k / 256000);
	ost_detect_refused(d, &f, now);
}

int main(int argc, char **argv)
{
	const uint32_t kinds = argc == 4 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0, seconds = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	const uint64_t packets_per_s = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	struct sink s = {0};
	const struct ost_incidents_config book = {.key = {{1, 2, 3, 4}}, .random = on_random, .record = on_record, .user = &s};
	const struct ost_detect_config watch = {.key = {{5, 6, 7, 8}}, .event = on_event, .user = &s};
	struct ost_detect *d = NULL;
	uint64_t given = 0;
	double before;

	if (kinds == 0 || seconds == 0 || ost_incidents_new(&book, &s.incidents) < 0 || ost_detect_new(&watch, &d) < 0)
		return 2;
	before = cpu_s();
	for (uint32_t tenth = 0; tenth < 10 * seconds; tenth++) {
		const struct ost_moment now = {(1000 * 10 + tenth) * (OST_NS_PER_S / 10), 1764000000 * OST_NS_PER_S + tenth * (OST_NS_PER_S / 10)};
		uint64_t each = OST_MAX(packets_per_s / 10 / kinds, 1ull);

		for (uint32_t k = 0; k < kinds; k++, given += each)
			refuse(d, k, each, now);
		if (tenth % 10 == 9) {
			ost_detect_tick(d, now);
			ost_incidents_tick(s.incidents, now);
		}
	}
	printf("{\"packets\":%llu,\"told\":%llu,\"cpu_s\":%.3f,\"seconds\":%u,\"records\":%llu,\"open\":%u,\"counted\":%llu}\n", (unsigned long long)given,
		(unsigned long long)10 * seconds * kinds, cpu_s() - before, seconds, (unsigned long long)s.records, ost_incidents_counts(s.incidents)->open,
		(unsigned long long)(ost_incidents_counts(s.incidents)->events + ost_detect_counts(d)->pending + ost_detect_counts(d)->lapsed));
	ost_detect_free(&d);
	ost_incidents_free(&s.incidents);
	return 0;
}
