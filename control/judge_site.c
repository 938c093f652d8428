/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge_site.h"

#include <stdio.h>

#include "model.h"

#define BINDINGS_ROOM	8192u
#define TIMEOUT_S	1u
#define PORT_NAME_BYTES 16u

_Static_assert(OST_DEVICES_MAX <= 1u << (OST_JUDGE_DIGIT_BITS * OST_JUDGE_SITES),
	"two devices could share all their ports");
_Static_assert(OST_JUDGE_PORTS < OST_PORTS_MAX, "no port left for the network");

/* The first 02:xx:yy that no device of the policy begins with. */
static int choose_mac_prefix(struct ost_judge_tables *t)
{
	uint8_t *used OST_AUTO_FREE = calloc(1, 1u << 16);

	if (used == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->image->device_count; i++) {
		const uint8_t *mac = t->image->devices[i].mac;

		if (mac[0] == 0x02)
			used[mac[1] << 8 | mac[2]] = 1;
	}
	for (uint32_t x = 0x6f73; x != 0x6f72; x = (x + 1) & 0xffff) {
		if (used[x])
			continue;
		t->mac_prefix[0] = 0x02;
		t->mac_prefix[1] = (uint8_t)(x >> 8);
		t->mac_prefix[2] = (uint8_t)x;
		return 0;
	}
	return -ENOSPC;
}

void ost_judge_mac(const struct ost_judge_tables *t, uint32_t number, uint8_t mac[6])
{
	memcpy(mac, t->mac_prefix, 3);
	mac[3] = (uint8_t)(number >> 16);
	mac[4] = (uint8_t)(number >> 8);
	mac[5] = (uint8_t)number;
}

static int copy_strings(struct ost_judge_tables *t)
{
	size_t n = (size_t)t->image->header->sections[OST_SECTION_STRINGS].count;

	if (n > UINT32_MAX - OST_JUDGE_PORTS * PORT_NAME_BYTES)
		return -E2BIG;
	t->strings = malloc(n + OST_JUDGE_PORTS * PORT_NAME_BYTES);
	if (t->strings == NULL)
		return -ENOMEM;
	memcpy(t->strings, t->image->strings, n);
	for (uint32_t i = 0; i < OST_JUDGE_PORTS; i++) {
		uint32_t at = (uint32_t)n + i * PORT_NAME_BYTES;

		(void)snprintf(t->strings + at, PORT_NAME_BYTES, "judge/%u", i);
		t->ports[i].name = at;
	}
	return 0;
}

static int copy_roles(struct ost_judge_tables *t)
{
	t->roles = calloc(t->image->role_count + 1u, sizeof(*t->roles));
	if (t->roles == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->image->role_count; i++) {
		struct ost_image_role *r = &t->roles[i];

		*r = t->image->roles[i];
		r->packets_per_s = r->bytes_per_s = r->new_flows_per_s = 0;
		r->flows = OST_LIMIT_FLOWS_DEFAULT;
		r->addresses = UINT16_MAX;
	}
	return 0;
}

int ost_judge_tables_make(struct ost_judge_tables *t, const struct ost_image *image)
{
	int rc;

	*t = (struct ost_judge_tables){.image = image};
	rc = choose_mac_prefix(t);
	if (rc == 0)
		rc = copy_strings(t);
	if (rc == 0)
		rc = copy_roles(t);
	if (rc < 0)
		ost_judge_tables_close(t);
	return rc;
}

void ost_judge_tables_close(struct ost_judge_tables *t)
{
	free(t->roles);
	free(t->strings);
	*t = (struct ost_judge_tables){0};
}

static uint32_t port_of(uint32_t device, uint32_t digit)
{
	return device >> (digit * OST_JUDGE_DIGIT_BITS) & (OST_JUDGE_PORTS - 1);
}

uint32_t ost_judge_digit(uint32_t device, uint32_t peer)
{
	uint32_t digit = 0;

	while (peer != OST_DEVICE_NONE && digit + 1 < OST_JUDGE_SITES &&
		port_of(device, digit) == port_of(peer, digit))
		digit++;
	return digit;
}

static int make_image(const struct ost_judge_tables *t, uint32_t digit, struct ost_judge_site *s)
{
	uint32_t n = t->image->device_count;

	s->devices = calloc(n + 1u, sizeof(*s->devices));
	s->prepared = calloc(n + 1u, 1);
	if (s->devices == NULL || s->prepared == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		s->devices[i] = t->image->devices[i];
		s->devices[i].port = (uint16_t)port_of(i, digit);
		if (!s->devices[i].has_mac) {
			ost_judge_mac(t, i, s->devices[i].mac);
			s->devices[i].has_mac = 1;
		}
	}
	s->image = *t->image;
	s->image.devices = s->devices;
	s->image.roles = t->roles;
	s->image.strings = t->strings;
	s->image.ports = t->ports;
	s->image.port_count = OST_JUDGE_PORTS;
	return 0;
}

static int make_site(const struct ost_judge_tables *t, uint64_t now_ns, struct ost_judge_site *s)
{
	struct ost_site_config config = {
		.devices_max = OST_MAX(t->image->device_count, 1u),
		.bindings_max = BINDINGS_ROOM,
		.port_count = OST_JUDGE_PORTS + 1,
		/* Nobody outside can put anything into these tables: a fixed key is enough. */
		.secret = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu,
			0xd6e8feb86659fd93u},
	};
	struct ost_view *none = NULL;
	int rc;

	for (uint32_t i = 0; i < OST_JUDGE_PORTS; i++) {
		(void)snprintf(config.ports[i].name, sizeof(config.ports[i].name), "%s",
			t->strings + t->ports[i].name);
		config.ports[i].side = OST_SIDE_DEVICE;
		config.ports[i].uplink = OST_JUDGE_NETWORK;
	}
	(void)snprintf(config.ports[OST_JUDGE_NETWORK].name, sizeof(config.ports[0].name),
		"judge/network");
	config.ports[OST_JUDGE_NETWORK].side = OST_SIDE_NETWORK;
	rc = ost_site_new(&config, &s->site);
	return rc == 0 ? ost_site_policy_set(s->site, &s->image, now_ns, &none) : rc;
}

static int make_classifier(struct ost_judge_site *s)
{
	struct ost_classifier_config config = {
		.flows4_max = 1024,
		.flows6_max = 1024,
		.owns_control = true,
		.tcp_established_s = TIMEOUT_S,
		.tcp_opening_s = TIMEOUT_S,
		.tcp_closing_s = TIMEOUT_S,
		.udp_s = TIMEOUT_S,
		.udp_reply_s = TIMEOUT_S,
		.icmp_s = TIMEOUT_S,
		.other_s = TIMEOUT_S,
	};

	return ost_classifier_new(s->site, &config, &s->classifier);
}

int ost_judge_site_open(
	const struct ost_judge_tables *t, uint32_t digit, uint64_t now_ns, struct ost_judge_site *s)
{
	int rc = make_image(t, digit, s);

	if (rc == 0)
		rc = make_site(t, now_ns, s);
	if (rc == 0)
		rc = make_classifier(s);
	if (rc < 0)
		ost_judge_site_close(s);
	return rc;
}

void ost_judge_site_close(struct ost_judge_site *s)
{
	ost_classifier_free(&s->classifier);
	ost_site_free(&s->site);
	free(s->devices);
	free(s->prepared);
	*s = (struct ost_judge_site){0};
}
