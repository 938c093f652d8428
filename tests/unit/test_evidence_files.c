/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files as libpcap reads them, their names, what is kept and what goes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pcap/pcap.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "evidence_disk.h"
#include "evidence_index.h"
#include "pcapng.h"

static uint8_t frame[128];

static int packet(struct ost_pcapng *p, uint32_t interface, uint64_t wall_ns, uint32_t length, const char *comment)
{
	const struct ost_pcapng_packet x = {interface, wall_ns, frame, length, length + 1000, comment};

	return ost_pcapng_packet(p, &x);
}

/* Reads it back with libpcap: the number of packets, -1 when it is no capture. */
static int read_back(const struct ost_pcapng *p, struct pcap_pkthdr *ret_last)
{
	char error[PCAP_ERRBUF_SIZE];
	FILE *f = fmemopen(p->bytes, p->length, "rb");
	pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, error);
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int n = 0, r;

	assert_non_null(f);
	if (pcap == NULL) {
		(void)fclose(f);
		return -1;
	}
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	while ((r = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		assert_memory_equal(bytes, frame, header->caplen);
		*ret_last = *header;
		n++;
	}
	assert_int_equal(r, PCAP_ERROR_BREAK); /* the end */
	pcap_close(pcap);
	return n;
}

static void what_libpcap_reads(void **state)
{
	static uint8_t bytes[65536];
	struct ost_pcapng p;
	struct pcap_pkthdr last = {0};

	(void)state;
	for (uint32_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 7);
	assert_int_equal(ost_pcapng_begin(&p, bytes, sizeof(bytes), "gw", "ostiary", "why"), 0);
	assert_int_equal(ost_pcapng_interface(&p, "dev1", "device side", 128), 0);
	assert_int_equal(ost_pcapng_interface(&p, "net1", NULL, 128), 0);
	for (uint32_t n = 0; n <= 128; n++) /* all lengths: all paddings */
		assert_int_equal(packet(&p, n % 2, 1792000000123456789ull, n, n % 3 ? "refused: not-allowed" : NULL), 0);
	assert_int_equal(p.packets, 129);
	assert_int_equal(read_back(&p, &last), 129);
	assert_int_equal(last.ts.tv_sec, 1792000000);
	assert_int_equal(last.ts.tv_usec, 123456789);
	assert_int_equal(last.caplen, 128);
	assert_int_equal(last.len, 1128);
}

/* At each size of the buffer: a packet is there as a whole, or not at all. */
static void no_room(void **state)
{
	static uint8_t bytes[600];
	struct pcap_pkthdr last;
	uint32_t most = 0;

	(void)state;
	for (size_t max = 0; max <= sizeof(bytes); max++) {
		struct ost_pcapng p;
		uint32_t n = 0;

		memset(bytes, 0xa5, sizeof(bytes));
		if (ost_pcapng_begin(&p, bytes, max, "gw", "ostiary", "why") < 0 || ost_pcapng_interface(&p, "dev1", "x", 128) < 0)
			continue;
		while (packet(&p, 0, 1, 61, "comment") == 0)
			n++;
		assert_true(p.length <= max);
		for (size_t i = max; i < sizeof(bytes); i++)
			assert_int_equal(bytes[i], 0xa5);
		assert_int_equal(read_back(&p, &last), (int)n);
		most = OST_MAX(most, n);
	}
	assert_true(most >= 3);
}

static void names(void **state)
{
	static const char *const bad[] = {"", "x.pcapng", "01890a5d-ac96-774b-bcce-b302099a8057.pcapng", "01890a5d-ac96-774b-bcce-b302099a8057-0.pcapng",
		"01890a5d-ac96-774b-bcce-b302099a8057-1.pcap", "01890a5d-ac96-774b-bcce-b302099a8057-1.pcapngx",
		"01890a5d-ac96-774b-bcce-b302099a8057-11.pcapng", "../890a5d-ac96-774b-bcce-b302099a8057-1.pcapng",
		"01890a5d-ac96-774b-bcce-b302099a8057-1.pcapng.tmp"};
	const uint8_t id[16] = {1, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3, 2, 9, 0x9a, 0x80, 0x57};
	char name[OST_EVIDENCE_NAME];
	uint8_t again[16];
	uint32_t number = 0;

	(void)state;
	ost_evidence_name(id, 5, name, sizeof(name));
	assert_string_equal(name, "01890a5d-ac96-774b-bcce-b302099a8057-5.pcapng");
	assert_int_equal(ost_evidence_name_parse(name, again, &number), 0);
	assert_memory_equal(again, id, 16);
	assert_int_equal(number, 5);
	for (size_t i = 0; i < OST_ARRAY_SIZE(bad); i++)
		assert_int_equal(ost_evidence_name_parse(bad[i], again, &number), -EINVAL);
}

static void the_oldest_goes(void **state)
{
	const uint64_t day = 86400 * OST_NS_PER_S, now = 20000 * day;
	struct ost_evidence_index x = {0};
	struct ost_evidence_file f = {.bytes = OST_EVIDENCE_FILE_MAX, .wall_ns = now - OST_EVIDENCE_DAYS * day};

	(void)state;
	assert_false(ost_evidence_index_must_go(&x, OST_EVIDENCE_FILE_MAX, now));
	assert_int_equal(ost_evidence_index_add(&x, &f), 0);
	assert_false(ost_evidence_index_must_go(&x, 0, now));
	assert_true(ost_evidence_index_must_go(&x, 0, now + 1)); /* too old */
	ost_evidence_index_remove(&x, 0);
	assert_int_equal(x.bytes, 0);
	/* So many bytes. */
	f.wall_ns = now;
	for (uint32_t i = 0; i < OST_EVIDENCE_BYTES / OST_EVIDENCE_FILE_MAX; i++) {
		assert_false(ost_evidence_index_must_go(&x, f.bytes, now));
		memcpy(f.incident, &i, sizeof(i));
		f.number = 1 + i % 5;
		assert_int_equal(ost_evidence_index_add(&x, &f), 0);
	}
	assert_false(ost_evidence_index_must_go(&x, 0, now));
	assert_true(ost_evidence_index_must_go(&x, 1, now));
	memset(f.incident, 0, sizeof(f.incident));
	assert_int_equal(ost_evidence_index_last(&x, f.incident), 1);
	assert_non_null(ost_evidence_index_find(&x, f.incident, 1));
	assert_null(ost_evidence_index_find(&x, f.incident, 2));
	ost_evidence_index_remove(&x, 0);
	assert_null(ost_evidence_index_find(&x, f.incident, 1));
	assert_false(ost_evidence_index_must_go(&x, 1, now));
	ost_evidence_index_free(&x);
	/* So many files, however small. */
	f.bytes = 1;
	for (uint32_t i = 0; i < OST_EVIDENCE_FILES; i++)
		assert_int_equal(ost_evidence_index_add(&x, &f), 0);
	assert_false(ost_evidence_index_must_go(&x, 0, now));
	assert_true(ost_evidence_index_must_go(&x, 1, now));
	ost_evidence_index_free(&x);
}

static void touch(const char *folder, const char *name, size_t bytes)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	while (bytes-- > 0)
		(void)fputc('x', f);
	(void)fclose(f);
}

/* What a start finds. */
static void scan(void **state)
{
	char folder[] = "/tmp/ost-evidence-XXXXXX", path[256];
	struct ost_evidence_index x = {0};
	static const char *const files[] = {"01890a5d-ac96-774b-bcce-b302099a8057-1.pcapng", "01890a5d-ac96-774b-bcce-b302099a8057-2.pcapng", "README"};

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/none", folder);
	assert_int_equal(ost_evidence_index_scan(&x, path), -ENOENT);
	for (size_t i = 0; i < OST_ARRAY_SIZE(files); i++)
		touch(folder, files[i], 10 * i + 5);
	assert_int_equal(ost_evidence_index_scan(&x, folder), 0);
	assert_int_equal(x.count, 2);
	assert_int_equal(x.bytes, 5 + 15);
	assert_int_equal(ost_evidence_index_last(&x, x.files[0].incident), 2);
	assert_false(x.files[0].hashed);
	ost_evidence_index_free(&x);
	for (size_t i = 0; i < OST_ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libpcap_reads),
		cmocka_unit_test(no_room),
		cmocka_unit_test(names),
		cmocka_unit_test(the_oldest_goes),
		cmocka_unit_test(scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
