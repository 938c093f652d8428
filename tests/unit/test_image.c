/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "compile.h"

/* ---- a sound image with a record in every section, and a second copy to damage ---- */

static uint32_t some_roles[1] = {1};
static struct ost_service some_services[2] = {
	{.protocol = 6, .lo = 443, .hi = 445}, {.protocol = 17, .lo = 53, .hi = 53}};
static struct ost_prefix some_prefixes[2] = {{.ip = {.b = {10, 20}, .family = 4}, .length = 16},
	{.ip = {.b = {0xfd, 0, 0, 0x20}, .family = 6}, .length = 64}};

#define TEXT(s) ((char *)(uintptr_t)(s))

struct fixture {
	uint8_t *sound;
	uint8_t *bytes; /* the copy */
	size_t length;
	const struct ost_image_header *h;
};

static int setup(void **state)
{
	struct ost_rule rules[2][4] = {0};
	struct ost_role roles[2] = {{.name = TEXT("plc"), .rules = rules[0], .rule_count = 3},
		{.name = TEXT("cam"), .rules = rules[1], .rule_count = 4}};
	struct ost_ip ip = {.b = {10, 20, 0, 1}, .family = 4};
	struct ost_device devices[2] = {{.name = TEXT("a"),
						.has_mac = true,
						.mac = {{2, 0, 0, 0, 0, 1}},
						.port = TEXT("dev1"),
						.addresses = &ip,
						.address_count = 1},
		{.name = TEXT("b"),
			.certificate = TEXT("urn:b"),
			.role = 1,
			.addresses = &ip,
			.address_count = 1}};
	struct ost_host host = {.name = TEXT("video.example.com"), .suffix = true};
	struct ost_window window = {.kind = OST_WINDOW_WEEKLY, .days = 1, .until_min = 60};
	struct ost_schedule schedule = {.name = TEXT("night"), .windows = &window, .window_count = 1};
	char *tags[] = {TEXT("floor-1"), TEXT("floor-2")};
	struct ost_prefix resolver = {.ip = {.b = {8, 8, 8, 8}, .family = 4}, .length = 32};
	struct ost_prefix inside[] = {{.ip = {.b = {0xfd}, .family = 6}, .length = 8}, {.ip = {.b = {192, 168}, .family = 4}, .length = 16},
		{.ip = {.b = {10, 1}, .family = 4}, .length = 16}, {.ip = {.b = {10}, .family = 4}, .length = 8},
		{.ip = {.b = {10}, .family = 4}, .length = 8}};
	char *domains[] = {TEXT("plant.example"), TEXT("lan")};
	struct ost_policy p = {
		.inside = inside, .inside_count = 5, .private_domains = domains, .private_domain_count = 2,
		.roles = roles, .role_count = 2, .devices = devices, .device_count = 2,
		.schedules = &schedule, .schedule_count = 1, .resolvers = &resolver, .resolver_count = 1,
		.tags = tags, .tag_count = 2};
	struct fixture *f = calloc(1, sizeof(*f));
	struct ost_diag diag = {0};
	void *bytes;

	for (uint32_t i = 0; i < 6; i++) {
		struct ost_rule *r = &rules[i / 3][i % 3];

		*r = (struct ost_rule){.pos = {"p.yaml", 3, 4},
			.text = TEXT("to network x"),
			.peer = i % 3 == 2 ? OST_PEER_ROLE : OST_PEER_NETWORK,
			.peer_roles = some_roles,
			.peer_role_count = 1,
			.prefixes = some_prefixes,
			.prefix_count = 2,
			.services = some_services,
			.service_count = 2,
			.direction = i % 3 == 1 ? OST_FROM : OST_TO,
			.infrastructure = i % 3 == 1};
	}
	rules[1][3] = (struct ost_rule){.pos = {"p.yaml", 9, 4}, .text = TEXT("to name"), .peer = OST_PEER_NAME, .hosts = &host,
		.host_count = 1, .services = some_services, .service_count = 1, .schedule = 1, .flags = OST_RULE_EXCEPTION,
		.reason = TEXT("ticket 4711")};
	if (f == NULL || ost_policy_compile(&p, 1, &diag, &bytes, &f->length) != 0)
		return -1;
	f->sound = bytes;
	f->bytes = aligned_alloc(64, f->length + 64);
	f->h = bytes;
	*state = f;
	return f->bytes == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->sound);
	free(f->bytes);
	free(f);
	return 0;
}

static void *at(struct fixture *f, enum ost_image_section section)
{
	return f->bytes + f->h->sections[section].offset_bytes;
}

/* The checksum of an enemy who knows it. */
static void seal(struct fixture *f)
{
	struct ost_image_header *h = (struct ost_image_header *)(void *)f->bytes;

	h->crc = 0;
	h->crc = (uint32_t)crc32(0, f->bytes, (uInt)f->length);
}

static int reopen(struct fixture *f, char why[static 256])
{
	struct ost_image image = {.generation = 77};
	int r = ost_image_open(f->bytes, f->length, &image, why);

	if (r != 0)
		assert_int_equal(image.generation, 77); /* untouched */
	return r;
}

static void assert_opens(struct fixture *f)
{
	char why[256] = "";

	if (reopen(f, why) != 0)
		fail_msg("a sound image is refused: %s", why);
}

static void assert_refused(struct fixture *f, const char *say)
{
	char why[256] = "";

	assert_int_equal(reopen(f, why), -EINVAL);
	if (strstr(why, say) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, say);
	memcpy(f->bytes, f->sound, f->length);
}

/* Changes one field of a record of the copy, seals it, and expects a refusal that says so. */
#define DAMAGE(f, type, section, index, field, value, say)                                         \
	do {                                                                                       \
		memcpy((f)->bytes, (f)->sound, (f)->length);                                       \
		((struct type *)at(f, section))[index].field = (value);                            \
		seal(f);                                                                           \
		assert_refused(f, say);                                                            \
	} while (0)

static void test_sound_image_opens(void **state)
{
	struct fixture *f = *state;

	memcpy(f->bytes, f->sound, f->length);
	for (unsigned i = 0; i < OST_SECTION_COUNT; i++)
		assert_true(f->h->sections[i].count > 0);
	assert_opens(f);
	seal(f); /* the test's checksum is the compiler's */
	assert_memory_equal(f->bytes, f->sound, f->length);
}

static void test_every_cut_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ost_image image;
	char why[256];

	memcpy(f->bytes, f->sound, f->length);
	for (size_t n = 0; n < f->length; n++)
		assert_int_equal(ost_image_open(f->bytes, n, &image, why), -EINVAL);
	assert_int_equal(ost_image_open(f->bytes, f->length + 1, &image, why), -EINVAL);
}

static void test_every_flipped_bit_is_refused(void **state)
{
	struct fixture *f = *state;
	char why[256];

	memcpy(f->bytes, f->sound, f->length);
	for (size_t bit = 0; bit < 8 * f->length; bit++) {
		f->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(reopen(f, why), -EINVAL);
		f->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_opens(f);
}

static void test_unaligned_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ost_image image;
	char why[256];

	memmove(f->bytes + 8, f->sound, f->length);
	assert_int_equal(ost_image_open(f->bytes + 8, f->length, &image, why), -EINVAL);
	assert_non_null(strstr(why, "boundary"));
}

static void test_header_fields(void **state)
{
	struct fixture *f = *state;
	struct ost_image_header *h = (struct ost_image_header *)(void *)f->bytes;

	memcpy(f->bytes, f->sound, f->length);
	h->magic = __builtin_bswap64(h->magic);
	seal(f);
	assert_refused(f, "not a policy image");
	h->version++;
	seal(f);
	assert_refused(f, "another version");
	h->length_bytes--;
	seal(f);
	assert_refused(f, "cut short");
	h->crc++;
	assert_refused(f, "checksum");
}

static void test_sections_stay_within_the_image(void **state)
{
	static const uint64_t offsets[] = {
		0, 64, 1, UINT64_MAX, UINT64_MAX - 63, (uint64_t)1 << 63, 1u << 30};
	static const uint64_t counts[] = {
		UINT64_MAX, UINT64_MAX / 2, (uint64_t)1 << 58, (uint64_t)1 << 32, 1u << 28};
	struct fixture *f = *state;
	struct ost_image_header *h = (struct ost_image_header *)(void *)f->bytes;

	memcpy(f->bytes, f->sound, f->length);
	for (unsigned s = 0; s < OST_SECTION_COUNT; s++) {
		for (size_t i = 0; i < OST_ARRAY_SIZE(offsets); i++) {
			h->sections[s].offset_bytes = offsets[i];
			seal(f);
			assert_refused(f, "does not lie within");
		}
		for (size_t i = 0; i < OST_ARRAY_SIZE(counts); i++) {
			h->sections[s].count = counts[i];
			seal(f);
			assert_refused(f, "does not lie within");
		}
		if (s == OST_SECTION_RESOLVERS || s == OST_SECTION_TAGS || s == OST_SECTION_INSIDE || s == OST_SECTION_DOMAINS) /* nothing refers to one */
			continue;
		/* One record more or fewer than belong together: some reference goes wrong. */
		h->sections[s].count--;
		seal(f);
		assert_refused(f, "");
		h->sections[s].offset_bytes += 64;
		seal(f);
		assert_refused(f, "");
	}
	h->sections[OST_SECTION_PORTS].offset_bytes = h->sections[OST_SECTION_STRINGS].offset_bytes;
	seal(f);
	assert_refused(f, "does not lie within");
}

static void test_strings(void **state)
{
	struct fixture *f = *state;
	uint32_t n = (uint32_t)f->h->sections[OST_SECTION_STRINGS].count;
	char *strings = at(f, OST_SECTION_STRINGS);

	memcpy(f->bytes, f->sound, f->length);
	strings[0] = 'x';
	seal(f);
	assert_refused(f, "strings");
	strings[n - 1] = 'x';
	seal(f);
	assert_refused(f, "strings");
	DAMAGE(f, ost_image_port, OST_SECTION_PORTS, 0, name, n, "name");
	DAMAGE(f, ost_image_port, OST_SECTION_PORTS, 0, name, UINT32_MAX, "name");
	DAMAGE(f, ost_image_port, OST_SECTION_PORTS, 0, name, 0, "name");
	DAMAGE(f, ost_image_role, OST_SECTION_ROLES, 0, name, n, "name");
	DAMAGE(f, ost_image_device, OST_SECTION_DEVICES, 1, name, n, "name");
	DAMAGE(f, ost_image_device, OST_SECTION_DEVICES, 1, name, 2,
		"name"); /* the middle of one */
	DAMAGE(f, ost_image_device, OST_SECTION_DEVICES, 1, certificate, n, "certificate");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 5, text, n, "text");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 5, file, n, "text");
	/* Without its ends, a name runs through all strings: longer than a name may be. */
	for (uint32_t i = 1; i < n - 1; i++)
		strings[i] = 'x';
	seal(f);
	assert_refused(f, "name");
}

static void test_roles(void **state)
{
	struct fixture *f = *state;
	const enum ost_image_section S = OST_SECTION_ROLES;

	DAMAGE(f, ost_image_role, S, 0, rule_first, 1, "rules of a role");
	DAMAGE(f, ost_image_role, S, 0, rule_count, 4, "rules of a role");
	DAMAGE(f, ost_image_role, S, 0, rule_count, 65536, "rules of a role");
	DAMAGE(f, ost_image_role, S, 1, rule_first, 0, "rules of a role");
	DAMAGE(f, ost_image_role, S, 1, rule_count, UINT32_MAX, "rules of a role");
	DAMAGE(f, ost_image_role, S, 1, rule_count, 2, "of no role");
	DAMAGE(f, ost_image_role, S, 1, chunk4_first, UINT32_MAX, "lanes of a role");
	DAMAGE(f, ost_image_role, S, 1, chunk4_count, UINT32_MAX, "lanes of a role");
	DAMAGE(f, ost_image_role, S, 1, chunk4_count, 0, "infrastructure lanes");
	DAMAGE(f, ost_image_role, S, 1, chunk6_first, 0, "lanes of a role");
	DAMAGE(f, ost_image_role, S, 1, chunk6_count, 2, "lanes of a role");
	DAMAGE(f, ost_image_role, S, 1, peer_count, 3, "peers of a role");
	DAMAGE(f, ost_image_role, S, 1, peer_first, UINT32_MAX, "peers of a role");
	DAMAGE(f, ost_image_role, S, 0, infra_lanes4, 17, "more infrastructure lanes");
	DAMAGE(f, ost_image_role, S, 0, infra_lanes6, UINT32_MAX, "more infrastructure lanes");
	DAMAGE(f, ost_image_role, S, 0, infra_lanes4, 3, "IPv4 lane");
	DAMAGE(f, ost_image_role, S, 0, infra_lanes4, 1, "IPv4 lane");
	DAMAGE(f, ost_image_role, S, 0, infra_lanes6, 0, "IPv6 lane");
	DAMAGE(f, ost_image_role, S, 0, flows, 0, "zero");
	DAMAGE(f, ost_image_role, S, 0, addresses, 0, "zero");
	DAMAGE(f, ost_image_role, S, 0, includes, 1 << 8, "out of range");
	DAMAGE(f, ost_image_role, S, 0, authenticate, OST_AUTH_COUNT, "out of range");
	DAMAGE(f, ost_image_role, S, 0, assurance, OST_ASSURANCE_COUNT, "out of range");
	DAMAGE(f, ost_image_role, S, 0, tls_max, OST_TLS_MAX_COUNT, "out of range");
	DAMAGE(f, ost_image_role, S, 0, flags, 2, "out of range");
	DAMAGE(f, ost_image_role, S, 0, reserved[4], 1, "out of range");
}

static void test_rules_and_peers(void **state)
{
	struct fixture *f = *state;

	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, role, 2, "belongs to no role");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, role, 1, "another role");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 5, role, 0, "another role");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, direction, 2, "out of range");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, direction, OST_FROM, "lane");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, assurance, OST_ASSURANCE_COUNT,
		"out of range");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, infrastructure, 2, "out of range");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, infrastructure, 1, "lane");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, reserved, 1, "out of range");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, flags, 16, "condition");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, only_device, 1, "does not exist");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, schedule, 2, "condition");
	DAMAGE(f, ost_image_peer, OST_SECTION_PEERS, 0, role, 2, "peer");
	DAMAGE(f, ost_image_peer, OST_SECTION_PEERS, 0, rule, 3, "peer");
	DAMAGE(f, ost_image_peer, OST_SECTION_PEERS, 0, selector, OST_LANE_NEVER, "peer");
	DAMAGE(f, ost_image_peer, OST_SECTION_PEERS, 0, selector, OST_LANE_FROM | 6, "peer");
	DAMAGE(f, ost_image_peer, OST_SECTION_PEERS, 0, span, 65535, "peer");
	DAMAGE(f, ost_image_peer, OST_SECTION_PEERS, 0, family, 5, "peer");
	DAMAGE(f, ost_image_peer, OST_SECTION_PEERS, 0, reserved[0], 1, "peer");
	DAMAGE(f, ost_image_peer, OST_SECTION_PEERS, 0, by_tag, 2, "peer");
}

static void test_names_and_times(void **state)
{
	struct fixture *f = *state;
	uint32_t n = (uint32_t)f->h->sections[OST_SECTION_STRINGS].count;

	DAMAGE(f, ost_image_host, OST_SECTION_HOSTS, 0, name, 0, "host name");
	DAMAGE(f, ost_image_host, OST_SECTION_HOSTS, 0, name, n, "host name");
	DAMAGE(f, ost_image_host, OST_SECTION_HOSTS, 0, rule, 4, "host name");
	DAMAGE(f, ost_image_host, OST_SECTION_HOSTS, 0, suffix, 2, "host name");
	DAMAGE(f, ost_image_host, OST_SECTION_HOSTS, 0, family, 5, "host name");
	DAMAGE(f, ost_image_role, OST_SECTION_ROLES, 1, host_count, 0, "no role");
	DAMAGE(f, ost_image_role, OST_SECTION_ROLES, 0, host_first, 1, "out of place");
	DAMAGE(f, ost_image_role, OST_SECTION_ROLES, 0, audit, 1, "audit");
	DAMAGE(f, ost_image_role, OST_SECTION_ROLES, 0, mode, OST_MODE_AUDIT, "audit");
	DAMAGE(f, ost_image_schedule, OST_SECTION_SCHEDULES, 0, window_count, 2, "out of place");
	DAMAGE(f, ost_image_schedule, OST_SECTION_SCHEDULES, 0, window_count, 0, "no schedule");
	DAMAGE(f, ost_image_window, OST_SECTION_WINDOWS, 0, days, 128, "window");
	DAMAGE(f, ost_image_window, OST_SECTION_WINDOWS, 0, until_min, 1441, "window");
	DAMAGE(f, ost_image_window, OST_SECTION_WINDOWS, 0, kind, 2, "window");
	DAMAGE(f, ost_image_prefix, OST_SECTION_RESOLVERS, 0, length, 24, "behind its length");
	DAMAGE(f, ost_image_prefix, OST_SECTION_RESOLVERS, 0, length, 33, "family");
	assert_int_equal(f->h->sections[OST_SECTION_INSIDE].count, 3); /* what lies within another is not there */
	DAMAGE(f, ost_image_prefix, OST_SECTION_INSIDE, 1, ip[0], 10, "out of order");
	DAMAGE(f, ost_image_prefix, OST_SECTION_INSIDE, 1, ip[0], 9, "out of order");
	DAMAGE(f, ost_image_prefix, OST_SECTION_INSIDE, 0, family, OST_IPV6, "out of order");
	DAMAGE(f, ost_image_prefix, OST_SECTION_INSIDE, 2, length, 4, "behind its length");
	DAMAGE(f, ost_image_prefix, OST_SECTION_INSIDE, 2, family, 5, "family");
	DAMAGE(f, ost_image_domain, OST_SECTION_DOMAINS, 1, name, 0, "private domain");
	DAMAGE(f, ost_image_domain, OST_SECTION_DOMAINS, 0, name, n, "private domain");
	DAMAGE(f, ost_image_tag, OST_SECTION_TAGS, 1, name, 0, "tag");
	DAMAGE(f, ost_image_tag, OST_SECTION_TAGS, 1, name, n, "tag");
	DAMAGE(f, ost_image_exception, OST_SECTION_EXCEPTIONS, 0, rule, 0, "exception");
	DAMAGE(f, ost_image_exception, OST_SECTION_EXCEPTIONS, 0, rule, UINT32_MAX, "exception");
	DAMAGE(f, ost_image_exception, OST_SECTION_EXCEPTIONS, 0, reason, n, "reason");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 0, flags, OST_RULE_EXCEPTION, "exception");
	DAMAGE(f, ost_image_rule, OST_SECTION_RULES, 6, flags, 0, "exception");
}

/* The first lanes of the fixture are infrastructure (rule 1), those behind lane 3 do not exist. */
static void test_lanes(void **state)
{
	struct fixture *f = *state;
	const enum ost_image_section S4 = OST_SECTION_CHUNKS4, S6 = OST_SECTION_CHUNKS6;

	DAMAGE(f, ost_image_chunk4, S4, 0, rule[0], 3, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, rule[0], 0,
		"IPv4 lane"); /* a plain rule among infrastructure */
	DAMAGE(f, ost_image_chunk4, S4, 0, rule[15], 1, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, selector[0], 0x206, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, selector[0], 6, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, selector[15], OST_LANE_FROM | 6, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, selector[0], OST_LANE_NEVER, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, lo[15], 0, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, span[15], 1, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, span[0], 65535, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, mask[0], 0xff00ff00, "IPv4 lane");
	DAMAGE(f, ost_image_chunk4, S4, 0, addr[0], 0x0a140001, "IPv4 lane");
	DAMAGE(f, ost_image_chunk6, S6, 1, rule[0], 3, "IPv6 lane");
	DAMAGE(f, ost_image_chunk6, S6, 1, rule[7], 1, "IPv6 lane");
	DAMAGE(f, ost_image_chunk6, S6, 1, selector[3], 0x111, "IPv6 lane");
	DAMAGE(f, ost_image_chunk6, S6, 1, span[1], 65534, "IPv6 lane");
	DAMAGE(f, ost_image_chunk6, S6, 1, mask_lo[0], 1, "IPv6 lane");
	DAMAGE(f, ost_image_chunk6, S6, 1, mask_hi[0], 0, "IPv6 lane");
	DAMAGE(f, ost_image_chunk6, S6, 1, mask_hi[0], 1, "IPv6 lane");
	DAMAGE(f, ost_image_chunk6, S6, 1, addr_lo[0], 1, "IPv6 lane");
}

static void test_devices(void **state)
{
	struct fixture *f = *state;
	const enum ost_image_section S = OST_SECTION_DEVICES;

	DAMAGE(f, ost_image_device, S, 0, role, 2, "role that does not exist");
	DAMAGE(f, ost_image_device, S, 0, port, 1, "port that does not exist");
	DAMAGE(f, ost_image_device, S, 0, port, 0xfffe, "port that does not exist");
	DAMAGE(f, ost_image_device, S, 0, vlan, 1 << 24, "VLAN");
	DAMAGE(f, ost_image_device, S, 0, has_mac, 2, "MAC");
	DAMAGE(f, ost_image_device, S, 0, has_mac, 0, "MAC");
	DAMAGE(f, ost_image_device, S, 1, has_mac, 1, "MAC"); /* zero */
	DAMAGE(f, ost_image_device, S, 1, mac[5], 1, "MAC");
	DAMAGE(f, ost_image_device, S, 0, mac[0], 1, "MAC");
	DAMAGE(f, ost_image_device, S, 0, address_first, 1, "addresses of a device");
	DAMAGE(f, ost_image_device, S, 0, address_count, 3, "addresses of a device");
	DAMAGE(f, ost_image_device, S, 1, address_first, UINT32_MAX, "addresses of a device");
	DAMAGE(f, ost_image_device, S, 1, address_count, UINT32_MAX, "addresses of a device");
	DAMAGE(f, ost_image_device, S, 1, address_count, 0, "of no device");
	DAMAGE(f, ost_image_device, S, 1, reserved[6], 1, "out of range");
	DAMAGE(f, ost_image_address, OST_SECTION_ADDRESSES, 1, family, 5, "no family");
	DAMAGE(f, ost_image_address, OST_SECTION_ADDRESSES, 1, ip[4], 1, "no family");
	DAMAGE(f, ost_image_address, OST_SECTION_ADDRESSES, 1, reserved[0], 1, "no family");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound_image_opens),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_every_flipped_bit_is_refused),
		cmocka_unit_test(test_unaligned_is_refused),
		cmocka_unit_test(test_header_fields),
		cmocka_unit_test(test_sections_stay_within_the_image),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_rules_and_peers),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_names_and_times),
		cmocka_unit_test(test_devices),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
