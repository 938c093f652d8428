/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hundred thousand devices are replaced by a hundred thousand others, again and again, while two workers judge their
 * packets: nobody is refused who is in the policy, no burst is judged by two policies, no slot is lost, and a few devices
 * that every policy has notice nothing. Slots are as many as the data plane makes. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "classify_rig.h"
#include "compile.h"
#include "policy_yaml.h"

#define DEVICES 100000u /* of a policy */
#define STAYING 1000u   /* of them in every policy; a multiple of what a burst has of them */
#define LEAVING (DEVICES - STAYING)
#define SETS	2u
#define WORKERS 2u
#define SWAPS	5
#define BURSTS	(LEAVING / 12 + 1) /* one tour */

enum { SET_STAYS = 2, SET_NONE = 3 };

struct set {
	void *bytes;
	struct ost_image image;
};

static struct {
	struct set sets[SETS];
	struct ost_site *site;
	struct ost_classifier *workers[WORKERS];
	_Atomic uint32_t rounds[WORKERS], tours[WORKERS]; /* bursts judged; times that every device had its packet */
	_Atomic uint32_t in_force; /* a set; SET_NONE: it changes */
	_Atomic bool stop;
	_Atomic uint32_t wrong, mixed, passed;
} w;

/* ---- policies ---- */

/* Device i of a set: MAC 02:00:0s:xx:xx:xx, address 10.s.x.x from 16 bits of i, s the set and the high bits. */
static uint32_t high(uint32_t set, uint32_t i)
{
	return set << 4 | i >> 16;
}

static void device_put(FILE *f, uint32_t set, uint32_t i)
{
	(void)fprintf(f, "  d%u-%u: { role: r, mac: \"02:00:%02x:00:%02x:%02x\", port: dev1, address: 10.%u.%u.%u }\n", set, i,
		high(set, i), i >> 8 & 0xff, i & 0xff, high(set, i), i >> 8 & 0xff, i & 0xff);
}

static void set_make(uint32_t set)
{
	struct set *s = &w.sets[set];
	struct ost_policy_source source = {.name = "policy.yaml"};
	struct ost_policy *policy = NULL;
	struct ost_diag diag = {0};
	char *text = NULL, why[256];
	size_t length = 0, bytes;
	FILE *f = open_memstream(&text, &length);

	assert_non_null(f);
	(void)fputs("ostiary: 1\nnetworks: { plant: [172.16.0.0/16] }\nroles:\n  r:\n    allow:\n"
		    "      - to: { network: plant, service: udp/5000 }\ndevices:\n", f);
	for (uint32_t i = 0; i < STAYING; i++)
		device_put(f, SET_STAYS, i);
	for (uint32_t i = 0; i < LEAVING; i++)
		device_put(f, set, i);
	assert_int_equal(fclose(f), 0);
	source.bytes = text;
	source.length = length;
	assert_int_equal(ost_policy_parse(&source, 1, &diag, &policy), 0);
	assert_int_equal(ost_policy_compile(policy, set + 1, &diag, &s->bytes, &bytes), 0);
	assert_int_equal(ost_image_open(s->bytes, bytes, &s->image, why), 0);
	ost_policy_free(&policy);
	ost_diag_free(&diag);
	free(text);
}

/* ---- workers ---- */

static void frame_make(uint32_t set, uint32_t i, uint8_t b[60])
{
	static const uint8_t form[60] = {2, 0xff, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 8, 0,
		0x45, 0, 0, 46, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 0, 172, 16, 0, 9, 0x9c, 0x40, 0x13, 0x88, 0, 26};

	memcpy(b, form, 60);
	b[8] = b[27] = (uint8_t)high(set, i);
	b[10] = b[28] = (uint8_t)(i >> 8);
	b[11] = b[29] = (uint8_t)i;
}

/* Twelve packets of either set and eight of those that stay, in one burst. */
static void burst_make(uint32_t at, uint8_t bytes[OST_BURST][60], uint8_t sets[OST_BURST])
{
	for (uint32_t k = 0; k < OST_BURST; k++) {
		sets[k] = k < 24 ? (uint8_t)(k & 1) : SET_STAYS;
		if (k < 24)
			frame_make(k & 1, (at * 12 + k / 2) % LEAVING, bytes[k]);
		else
			frame_make(SET_STAYS, (at * 8 + k - 24) % STAYING, bytes[k]);
	}
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * OST_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void burst_judge(uint32_t me, uint32_t at)
{
	uint8_t bytes[OST_BURST][60], sets[OST_BURST];
	struct ost_frame frames[OST_BURST];
	struct ost_verdict v[OST_BURST];
	uint32_t before, after, passed[4] = {0};

	burst_make(at, bytes, sets);
	for (uint32_t k = 0; k < OST_BURST; k++)
		frames[k] = (struct ost_frame){.bytes = bytes[k], .length = 60, .port = DEV1};
	before = atomic_load(&w.in_force);
	ost_classify(w.workers[me], frames, OST_BURST, now_ns(), v);
	after = atomic_load(&w.in_force);
	for (uint32_t k = 0; k < OST_BURST; k++)
		passed[sets[k]] += v[k].action == OST_FORWARD;
	atomic_fetch_add(&w.passed, passed[0] + passed[1] + passed[2]);
	if (passed[0] > 0 && passed[1] > 0)
		atomic_fetch_add(&w.mixed, 1);
	if (passed[SET_STAYS] != 8)
		atomic_fetch_add(&w.wrong, 1);
	/* The other set's may pass no more, and all of this one's pass. */
	if (before == after && before != SET_NONE && (passed[before] != 12 || passed[!before] != 0))
		atomic_fetch_add(&w.wrong, 1);
}

static void *worker(void *arg)
{
	uint32_t me = (uint32_t)(uintptr_t)arg, at = me * BURSTS / WORKERS;
	uint32_t slice = ost_classifier_sweep_buckets(w.workers[me]) / 1000 + 1;

	while (!atomic_load_explicit(&w.stop, memory_order_relaxed)) {
		burst_judge(me, at++);
		(void)ost_classifier_sweep(w.workers[me], slice, now_ns());
		atomic_fetch_add(&w.rounds[me], 1);
		if (at % BURSTS == 0)
			atomic_fetch_add(&w.tours[me], 1);
	}
	return NULL;
}

/* ---- main ---- */

static void counters_wait(_Atomic uint32_t *counters, uint32_t by)
{
	for (uint32_t i = 0; i < WORKERS; i++) {
		uint32_t since = atomic_load(&counters[i]);

		while (atomic_load(&counters[i]) - since < by)
			(void)nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
	}
}

static int view_swap(const struct set *s, bool without)
{
	struct ost_view *old = NULL;
	int r = without ? ost_site_policy_without(w.site, &s->image, &old)
			: ost_site_policy_set(w.site, &s->image, now_ns(), &old);

	if (r < 0)
		return r;
	counters_wait(w.rounds, 1);
	ost_view_free(&old);
	return 0;
}

/* Of those that stay and of those that leave. */
static void bind_some(void)
{
	for (uint32_t i = 0; i < 2000; i++) {
		struct ost_ip ip = {.family = OST_IPV6, .b = {0xfd, 0, 0, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i, 1}};

		assert_int_equal(ost_site_bind_later(w.site, STAYING / 2 + i, &ip, OST_BINDING_DHCP, 0), 0);
	}
}

static void replace_all(uint32_t set)
{
	uint64_t until;

	atomic_store(&w.in_force, SET_NONE);
	assert_int_equal(view_swap(&w.sets[set], false), -ENOSPC);
	assert_int_equal(view_swap(&w.sets[set], true), 0);
	until = now_ns() + 20 * OST_NS_PER_S;
	while (ost_site_departed(w.site) > 0 && now_ns() < until)
		(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	assert_int_equal(ost_site_departed(w.site), 0);
	assert_int_equal(view_swap(&w.sets[set], false), 0);
	atomic_store(&w.in_force, set);
	bind_some();
	counters_wait(w.tours, 2); /* every device has had its packet, and more */
}

static void site_make(void)
{
	const struct ost_site_config site = {.devices_max = ost_site_slots_for(DEVICES), .bindings_max = 16384, .port_count = 2,
		.ports = {{"net1", OST_SIDE_NETWORK, 0}, {"dev1", OST_SIDE_DEVICE, 0}}, .secret = {11, 22, 33, 44}};

	assert_int_equal(ost_site_new(&site, &w.site), 0);
	for (uint32_t i = 0; i < WORKERS; i++) {
		const struct ost_classifier_config config = {.flows4_max = 2 * DEVICES, .flows6_max = 16, .refusal_records = 1024,
			.owns_control = i == 0, .shared_limits = true};

		assert_int_equal(ost_classifier_new(w.site, &config, &w.workers[i]), 0);
	}
}

static void all_devices_are_replaced_while_workers_run(void **state)
{
	pthread_t threads[WORKERS];
	struct ost_view *none;
	uint32_t bindings;

	(void)state;
	for (uint32_t set = 0; set < SETS; set++)
		set_make(set);
	site_make();
	assert_int_equal(ost_site_policy_set(w.site, &w.sets[0].image, now_ns(), &none), 0);
	atomic_store(&w.in_force, 0);
	for (uint32_t i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, worker, (void *)(uintptr_t)i), 0);
	counters_wait(w.tours, 2);
	for (uint32_t i = 1; i <= SWAPS; i++)
		replace_all(i % SETS);
	bindings = ost_site_bindings(w.site, NULL);
	atomic_store(&w.stop, true);
	for (uint32_t i = 0; i < WORKERS; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&w.wrong), 0);
	assert_int_equal(atomic_load(&w.mixed), 0);
	assert_in_range(ost_site_slots(w.site), DEVICES, ost_site_slots_for(DEVICES));
	assert_in_range(bindings, 1, 2000);
	for (uint32_t i = 0; i < WORKERS; i++)
		ost_classifier_free(&w.workers[i]);
	ost_site_free(&w.site);
	for (uint32_t set = 0; set < SETS; set++)
		free(w.sets[set].bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_devices_are_replaced_while_workers_run)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
