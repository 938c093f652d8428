/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "holder.h"

#include "clock.h"

struct search {
	struct ost_daemon *d;
	const struct ost_image *image;
	const char *identity;
	uint64_t now_wall_ns;
	int64_t holder; /* place in the image, -ENOENT: nobody */
	bool named;	/* by the certificate: no better one can come */
};

static void found(struct search *s, int64_t device)
{
	const struct ost_image_device *d;

	if (device < 0 || device >= s->image->device_count || s->named)
		return;
	d = &s->image->devices[device];
	s->named = d->certificate != 0 && strcmp(ost_image_string(s->image, d->certificate), s->identity) == 0;
	s->holder = device;
}

static void bound(void *user, const struct ost_registry_address *a)
{
	struct search *s = user;

	if (a->expires_wall_ns == 0 || a->expires_wall_ns > s->now_wall_ns)
		found(s, ost_roster_find(s->d->roster, a->device));
}

static void search_static(struct search *s, const struct ost_msg_auth_claim *m)
{
	for (uint32_t i = 0; i < s->image->device_count; i++) {
		const struct ost_image_device *d = &s->image->devices[i];

		for (uint32_t j = 0; j < d->address_count; j++) {
			const struct ost_image_address *a = &s->image->addresses[d->address_first + j];

			if (a->family == m->ip_family && memcmp(a->ip, m->ip, sizeof(m->ip)) == 0)
				found(s, i);
		}
	}
}

void ost_holder_place(struct ost_daemon *d, const struct ost_msg_auth_claim *m, struct ost_place *ret_place)
{
	struct search s = {.d = d, .image = ost_roster_image(d->roster), .identity = m->proof.identity, .now_wall_ns = ost_clock_wall_ns(), .holder = -ENOENT};
	struct ost_ip ip = {.family = m->ip_family};
	const struct ost_live *live;

	*ret_place = (struct ost_place){.port = OST_PLACE_NO_PORT};
	if (s.image == NULL)
		return;
	memcpy(ip.b, m->ip, sizeof(ip.b));
	/* It may have got its address just now. */
	ost_ledger_flush(d->ledger, ost_clock_mono_ns(), false);
	search_static(&s, m);
	if (ost_registry_address_holders(d->registry, &ip, bound, &s) < 0 || s.holder < 0)
		return;
	live = ost_roster_live(d->roster, (uint32_t)s.holder);
	ret_place->vlan = s.image->devices[s.holder].vlan;
	memcpy(ret_place->mac, s.image->devices[s.holder].mac, sizeof(ret_place->mac));
	if (live->port < OST_PORTS_MAX)
		ret_place->port = live->port;
}
