/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows of the last 24 hours: joined, bounded, forgotten in time, kept over a restart; and a file that is not sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "clock.h"
#include "file.h"
#include "traffic.h"

#define NOW 1793520000u /* 2026-11-01 */

static const struct ost_hash_key key = {{1, 2, 3, 4}};
static struct ost_paths paths;

static int setup(void **state)
{
	static char folder[] = "/tmp/ost-traffic-XXXXXX";

	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(paths.state_dir, sizeof(paths.state_dir), "%s", folder);
	*state = folder;
	return 0;
}

static int teardown(void **state)
{
	char file[PATH_MAX];

	(void)snprintf(file, sizeof(file), "%s/traffic", (const char *)*state);
	(void)unlink(file);
	return rmdir(*state);
}

static struct ost_traffic *traffic_new(bool want_lost)
{
	struct ost_traffic *t = NULL;
	bool lost = !want_lost;

	assert_int_equal(ost_traffic_new(&paths, &key, NOW, &t, &lost), 0);
	assert_int_equal(lost, want_lost);
	return t;
}

static struct ost_traffic_flow flow_of(const char *device, uint32_t address, uint16_t port, uint64_t at_s)
{
	struct ost_traffic_flow f = {.device = device, .ip = {.family = OST_IPV4}, .first_wall_s = at_s, .last_wall_s = at_s, .flows = 1,
		.value = port, .protocol = 6};

	for (unsigned i = 0; i < 4; i++)
		f.ip.b[i] = (uint8_t)(address >> (24 - 8 * i));
	return f;
}

struct found {
	uint32_t count;
	uint64_t flows;
	struct ost_traffic_flow last;
	char device[64], peer[256];
};

static bool find(void *user, const struct ost_traffic_flow *f)
{
	struct found *x = user;

	x->count++;
	x->flows += f->flows;
	x->last = *f;
	(void)snprintf(x->device, sizeof(x->device), "%s", f->device);
	(void)snprintf(x->peer, sizeof(x->peer), "%s", f->peer != NULL ? f->peer : "");
	return true;
}

static struct found look(const struct ost_traffic *t, const char *device, uint64_t at_s)
{
	struct found x = {0};

	ost_traffic_each(t, device, at_s, find, &x);
	return x;
}

static void equal_ones_are_joined(void **state)
{
	struct ost_traffic *t = traffic_new(false);
	struct ost_traffic_flow f = flow_of("cam-01", 0x0a000001, 443, NOW - 100);
	struct found x;

	(void)state;
	ost_traffic_add(t, &f, NOW);
	f.first_wall_s = f.last_wall_s = NOW - 10;
	f.flows = 5;
	ost_traffic_add(t, &f, NOW);
	x = look(t, "cam-01", NOW);
	assert_int_equal(x.count, 1);
	assert_int_equal(x.last.flows, 6);
	assert_int_equal(x.last.first_wall_s, NOW - 100);
	assert_int_equal(x.last.last_wall_s, NOW - 10);
	f.direction = 1;
	ost_traffic_add(t, &f, NOW);
	f.protocol = 17;
	ost_traffic_add(t, &f, NOW);
	f.value = 444;
	ost_traffic_add(t, &f, NOW);
	f.ip.b[3] = 2;
	ost_traffic_add(t, &f, NOW);
	f.device = "cam-02";
	ost_traffic_add(t, &f, NOW);
	assert_int_equal(look(t, "cam-01", NOW).count, 5);
	assert_int_equal(look(t, "cam-02", NOW).count, 1);
	assert_int_equal(look(t, "cam-03", NOW).count, 0);
	assert_int_equal(look(t, NULL, NOW).count, 6);
	ost_traffic_free(&t);
}

/* A name's addresses, and those of a device, come and go: they are one entry. */
static void peers_by_name(void **state)
{
	struct ost_traffic *t = traffic_new(false);
	struct ost_traffic_flow f = flow_of("cam-01", 0x0a000001, 443, NOW);
	struct found x;

	(void)state;
	f.kind = OST_TRAFFIC_HOST;
	f.peer = "video.example.com";
	ost_traffic_add(t, &f, NOW);
	f.ip.b[3] = 9;
	ost_traffic_add(t, &f, NOW);
	x = look(t, NULL, NOW);
	assert_int_equal(x.count, 1);
	assert_string_equal(x.peer, "video.example.com");
	assert_int_equal(x.last.ip.b[3], 9);
	f.kind = OST_TRAFFIC_DEVICE; /* a device may have a host's name */
	ost_traffic_add(t, &f, NOW);
	f.kind = OST_TRAFFIC_ADDRESS;
	f.peer = NULL;
	ost_traffic_add(t, &f, NOW);
	assert_int_equal(look(t, NULL, NOW).count, 3);
	ost_traffic_free(&t);
}

/* A scan fills its own share, and is counted. */
static void a_device_has_its_share(void **state)
{
	struct ost_traffic *t = traffic_new(false);
	struct ost_traffic_flow f = flow_of("quiet", 0x0a000001, 443, NOW);
	struct ost_traffic_counts n;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		f = flow_of("scanner", 0x0a000000 + i, 443, NOW);
		ost_traffic_add(t, &f, NOW);
	}
	f = flow_of("quiet", 0x0a000001, 443, NOW);
	ost_traffic_add(t, &f, NOW);
	assert_int_equal(look(t, "scanner", NOW).count, 256);
	assert_int_equal(look(t, "quiet", NOW).count, 1);
	f = flow_of("scanner", 0x0a000000, 443, NOW + 5); /* what is there goes on */
	ost_traffic_add(t, &f, NOW + 5);
	ost_traffic_counts(t, &n);
	assert_int_equal(n.overflow, 100000 - 256);
	assert_int_equal(n.overflow_devices, 1);
	assert_int_equal(n.flows, 257);
	ost_traffic_free(&t);
}

static void all_have_a_bound(void **state)
{
	struct ost_traffic *t = traffic_new(false);
	struct ost_traffic_counts n;
	struct ost_traffic_flow f;
	char device[32], host[300];

	(void)state;
	for (uint32_t i = 0; i < 140000; i++) {
		(void)snprintf(device, sizeof(device), "d%u", i / 100);
		f = flow_of(device, i, 443, NOW);
		ost_traffic_add(t, &f, NOW);
	}
	ost_traffic_counts(t, &n);
	assert_int_equal(n.flows, n.flows_max);
	assert_int_equal(n.overflow, 140000 - n.flows_max);
	ost_traffic_free(&t);
	/* Names: then addresses are kept. */
	t = traffic_new(false);
	for (uint32_t i = 0; i < 60000; i++) {
		(void)snprintf(device, sizeof(device), "d%u", i / 100);
		(void)snprintf(host, sizeof(host), "%0200u.example.com", i);
		f = flow_of(device, i, 443, NOW);
		f.kind = OST_TRAFFIC_HOST;
		f.peer = host;
		ost_traffic_add(t, &f, NOW);
	}
	ost_traffic_counts(t, &n);
	assert_true(n.flows + n.overflow == 60000 && n.flows > 35000);
	ost_traffic_free(&t);
}

static void what_is_old_is_forgotten(void **state)
{
	struct ost_traffic *t = traffic_new(false);
	struct ost_traffic_flow f = flow_of("cam-01", 0x0a000001, 443, NOW);
	struct ost_traffic_counts n;

	(void)state;
	ost_traffic_add(t, &f, NOW);
	f = flow_of("cam-01", 0x0a000002, 443, NOW + 3600);
	ost_traffic_add(t, &f, NOW + 3600);
	for (uint32_t i = 0; i < 1000; i++) {
		f = flow_of("scanner", 0x0a000000 + i, 443, NOW);
		ost_traffic_add(t, &f, NOW);
	}
	assert_int_equal(look(t, "cam-01", NOW + 86399).count, 2);
	assert_int_equal(look(t, "cam-01", NOW + 86400).count, 1);
	assert_int_equal(ost_traffic_save(t, OST_NS_PER_S, NOW + 86400, false), 0);
	ost_traffic_counts(t, &n);
	assert_int_equal(n.flows, 1);
	assert_int_equal(n.overflow, 0); /* the scanner has room again */
	f = flow_of("scanner", 0x0a000001, 443, NOW + 86400);
	ost_traffic_add(t, &f, NOW + 86400);
	assert_int_equal(look(t, "scanner", NOW + 86400).count, 1);
	ost_traffic_free(&t);
}

static void over_a_restart(void **state)
{
	struct ost_traffic *t = traffic_new(false);
	struct ost_traffic_flow f = flow_of("cam-01", 0x0a000001, 443, NOW);
	struct ost_traffic_counts n;
	struct found x;

	(void)state;
	f.kind = OST_TRAFFIC_HOST;
	f.peer = "video.example.com";
	f.flows = 7;
	f.audit = true;
	ost_traffic_add(t, &f, NOW);
	for (uint32_t i = 0; i < 1000; i++) {
		f = flow_of("scanner", 0x0a000000 + i, 443, NOW);
		ost_traffic_add(t, &f, NOW);
	}
	ost_traffic_lose(t, 3);
	assert_int_equal(ost_traffic_save(t, 10, NOW, true), 0);
	ost_traffic_free(&t);
	t = traffic_new(false);
	x = look(t, "cam-01", NOW + 60);
	assert_int_equal(x.count, 1);
	assert_string_equal(x.peer, "video.example.com");
	assert_true(x.last.flows == 7 && x.last.audit && x.last.value == 443 && x.last.kind == OST_TRAFFIC_HOST);
	ost_traffic_counts(t, &n);
	assert_true(n.since_wall_s == NOW && n.lost == 3 && n.overflow == 1000 - 256 && n.overflow_devices == 1 && n.flows == 257);
	f = flow_of("scanner", 0x0b000000, 443, NOW);
	ost_traffic_add(t, &f, NOW); /* its share is full still */
	assert_int_equal(look(t, "scanner", NOW).count, 256);
	ost_traffic_free(&t);
}

/* Not at each flow: once a minute. */
static void seldom_on_disk(void **state)
{
	struct ost_traffic *t = traffic_new(false);
	struct ost_traffic_flow f = flow_of("cam-01", 0x0a000001, 443, NOW);
	char file[PATH_MAX + 16];
	struct stat st;

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/traffic", paths.state_dir);
	ost_traffic_add(t, &f, NOW);
	assert_int_equal(ost_traffic_save(t, 59 * OST_NS_PER_S, NOW, false), 0);
	assert_int_equal(stat(file, &st), -1);
	assert_int_equal(ost_traffic_save(t, 61 * OST_NS_PER_S, NOW, false), 0);
	assert_int_equal(stat(file, &st), 0);
	ost_traffic_free(&t);
}

/* Each byte in turn is another one: it is never taken for sound, unless it was one that says nothing. */
static void a_file_that_is_not_sound(void **state)
{
	struct ost_traffic *t = traffic_new(false);
	struct ost_traffic_flow f = flow_of("cam-01", 0x0a000001, 443, NOW);
	char file[PATH_MAX + 16], *bytes = NULL;
	size_t length;

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/traffic", paths.state_dir);
	ost_traffic_add(t, &f, NOW);
	assert_int_equal(ost_traffic_save(t, 10, NOW, true), 0);
	ost_traffic_free(&t);
	assert_int_equal(ost_file_read(file, 10000, &bytes, &length), 0);
	for (size_t i = 0; i < length; i++) {
		bool lost = false;

		bytes[i] = (char)(bytes[i] ^ 0x55);
		assert_int_equal(ost_file_write(file, bytes, length, 0640), 0);
		assert_int_equal(ost_traffic_new(&paths, &key, NOW, &t, &lost), 0);
		assert_true(lost || (i >= 8 && i < 32) || (i >= 44 && i < 48)); /* since, lost, overflow; reserved */
		assert_int_equal(look(t, NULL, NOW).count, lost ? 0 : 1);
		ost_traffic_free(&t);
		bytes[i] = (char)(bytes[i] ^ 0x55);
	}
	for (size_t n = 0; n < length; n++) {
		assert_int_equal(ost_file_write(file, bytes, n, 0640), 0);
		t = traffic_new(true);
		assert_int_equal(look(t, NULL, NOW).count, 0);
		ost_traffic_add(t, &f, NOW); /* and it goes on */
		assert_int_equal(look(t, NULL, NOW).count, 1);
		ost_traffic_free(&t);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(equal_ones_are_joined, setup, teardown),
		cmocka_unit_test_setup_teardown(peers_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_has_its_share, setup, teardown),
		cmocka_unit_test_setup_teardown(all_have_a_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_old_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(over_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(seldom_on_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_not_sound, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
