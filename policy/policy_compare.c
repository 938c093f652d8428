/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two devices may not share: a MAC in one VLAN, an address in one VLAN, a certificate. Each is
 * an array of claims that is sorted, so that a hundred thousand devices take a moment. */
#include "policy_reader.h"

#include <stdio.h>

struct claim {
	uint8_t key[17];
	uint32_t vlan;
	const char *text; /* certificates only */
	uint32_t device;
};

static int claim_compare(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int key = memcmp(x->key, y->key, sizeof(x->key));

	if (key == 0 && x->text != NULL)
		key = strcmp(x->text, y->text);
	if (key != 0)
		return key;
	if (x->vlan != y->vlan)
		return x->vlan < y->vlan ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

static bool claim_same(const struct claim *x, const struct claim *y)
{
	return memcmp(x->key, y->key, sizeof(x->key)) == 0 && x->vlan == y->vlan &&
	       (x->text == NULL || strcmp(x->text, y->text) == 0);
}

static const char *claim_format(const struct claim *c, char buf[static OST_IP_TEXT])
{
	struct ost_mac mac;
	struct ost_ip ip;

	if (c->text != NULL)
		return c->text;
	if (c->key[16] == 0) {
		memcpy(mac.b, c->key, sizeof(mac.b));
		return ost_mac_format(&mac, buf);
	}
	memcpy(ip.b, c->key, sizeof(ip.b));
	ip.family = c->key[16];
	return ost_ip_format(&ip, buf);
}

static void claims_check(struct policy_reader *r, struct claim *claims, uint32_t count,
	const char *what, const char *hint)
{
	const struct claim *first = NULL;
	char text[OST_IP_TEXT], vlan[32];

	if (count > 1)
		qsort(claims, count, sizeof(*claims), claim_compare);
	for (uint32_t i = 0; i < count; i++) {
		const struct claim *c = &claims[i];
		const struct ost_pos *pos;

		if (first == NULL || !claim_same(first, c)) {
			first = c;
			continue;
		}
		pos = &r->device_pos[first->device];
		ost_hint(vlan, sizeof(vlan), c->vlan ? " in VLAN %u" : "", c->vlan & 0xfff);
		ost_diag_error(r->y.diag, r->device_pos[c->device], hint,
			"devices %s and %s have one %s, %s%s; the other one stands at %s:%u:%u",
			r->policy->devices[c->device].name, r->policy->devices[first->device].name,
			what, claim_format(c, text), vlan, pos->file, pos->line, pos->column);
	}
}

static uint32_t macs_collect(const struct ost_policy *p, struct claim *claims)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->device_count; i++) {
		const struct ost_device *d = &p->devices[i];

		if (!d->has_mac)
			continue;
		claims[n] = (struct claim){.vlan = d->vlan, .device = i};
		memcpy(claims[n++].key, d->mac.b, sizeof(d->mac.b));
	}
	return n;
}

static uint32_t certificates_collect(const struct ost_policy *p, struct claim *claims)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->device_count; i++)
		if (p->devices[i].certificate != NULL)
			claims[n++] =
				(struct claim){.text = p->devices[i].certificate, .device = i};
	return n;
}

static uint32_t addresses_collect(const struct ost_policy *p, struct claim *claims)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->device_count; i++) {
		const struct ost_device *d = &p->devices[i];

		for (uint32_t a = 0; a < d->address_count; a++) {
			claims[n] = (struct claim){.vlan = d->vlan, .device = i};
			memcpy(claims[n].key, d->addresses[a].b, sizeof(d->addresses[a].b));
			claims[n++].key[16] = d->addresses[a].family;
		}
	}
	return n;
}

void policy_devices_compare(struct policy_reader *r)
{
	size_t room = r->policy->device_count;
	OST_AUTO_FREE struct claim *claims = NULL;

	for (uint32_t i = 0; i < r->policy->device_count; i++)
		if (r->policy->devices[i].address_count > 1)
			room += r->policy->devices[i].address_count;
	claims = ost_yaml_alloc(&r->y, room, sizeof(*claims));
	if (claims == NULL)
		return;
	claims_check(r, claims, macs_collect(r->policy, claims), "MAC",
		"correct one of the two, or give them different VLANs");
	claims_check(r, claims, addresses_collect(r->policy, claims), "address",
		"correct one of the two, or give them different VLANs");
	claims_check(r, claims, certificates_collect(r->policy, claims), "certificate",
		"give each device a certificate of its own");
}
