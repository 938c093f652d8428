/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge_address.h"

#include "placeholder.h"

/* Addresses of one device without its own; family 0: none yet. */
struct ost_judge_spare {
	struct ost_ip ip[2];
};

struct ost_judge_holder {
	struct ost_ip ip;
	uint32_t vlan;
	uint32_t device;
};

static int holder_compare(const void *a, const void *b)
{
	const struct ost_judge_holder *x = a, *y = b;
	int c = memcmp(&x->ip, &y->ip, sizeof(x->ip));

	if (c != 0)
		return c;
	return x->vlan < y->vlan ? -1 : x->vlan > y->vlan;
}

static void static_address(const struct ost_image *image, uint32_t place, struct ost_ip *ret_ip)
{
	memcpy(ret_ip->b, image->addresses[place].ip, sizeof(ret_ip->b));
	ret_ip->family = image->addresses[place].family;
}

static int list_holders(struct ost_judge_addresses *a)
{
	const struct ost_image *image = a->image;

	a->holders = calloc(image->address_count + (size_t)1, sizeof(*a->holders));
	if (a->holders == NULL)
		return -ENOMEM;
	for (uint32_t d = 0; d < image->device_count; d++) {
		const struct ost_image_device *device = &image->devices[d];

		for (uint32_t i = 0; i < device->address_count; i++) {
			struct ost_judge_holder *h = &a->holders[device->address_first + i];

			static_address(image, device->address_first + i, &h->ip);
			h->vlan = device->vlan;
			h->device = d;
		}
	}
	qsort(a->holders, image->address_count, sizeof(*a->holders), holder_compare);
	return 0;
}

int ost_judge_addresses_make(struct ost_judge_addresses *a, const struct ost_image *image)
{
	int rc;

	*a = (struct ost_judge_addresses){.image = image};
	a->spares = calloc(image->device_count + (size_t)1, sizeof(*a->spares));
	if (a->spares == NULL)
		return -ENOMEM;
	rc = list_holders(a);
	if (rc == 0)
		rc = ost_placeholders_new(image, &a->placeholders);
	if (rc < 0)
		ost_judge_addresses_close(a);
	return rc;
}

void ost_judge_addresses_close(struct ost_judge_addresses *a)
{
	ost_placeholders_free(&a->placeholders);
	free(a->holders);
	free(a->spares);
	*a = (struct ost_judge_addresses){0};
}

void ost_judge_addresses_forget(struct ost_judge_addresses *a)
{
	memset(a->spares, 0, (a->image->device_count + (size_t)1) * sizeof(*a->spares));
	ost_placeholders_reset(a->placeholders);
}

bool ost_judge_address_own(
	const struct ost_judge_addresses *a, uint32_t device, uint8_t family, struct ost_ip *ret_ip)
{
	const struct ost_image_device *d = &a->image->devices[device];
	struct ost_ip ip;

	for (uint32_t i = 0; i < d->address_count; i++) {
		static_address(a->image, d->address_first + i, &ip);
		if (ip.family == family) {
			*ret_ip = ip;
			return true;
		}
	}
	return false;
}

int ost_judge_address(struct ost_judge_addresses *a, uint32_t device, uint8_t family,
	struct ost_ip *ret_ip, enum ost_binding_source *ret_source)
{
	struct ost_ip *spare = &a->spares[device].ip[family == OST_IPV6];

	*ret_source = OST_BINDING_STATIC;
	if (ost_judge_address_own(a, device, family, ret_ip))
		return 0;
	if (spare->family == 0) {
		int rc = ost_placeholders_take(a->placeholders, family, spare);

		if (rc < 0)
			return rc;
	}
	*ret_source = OST_BINDING_DHCP;
	*ret_ip = *spare;
	return 0;
}

uint32_t ost_judge_address_holder(
	const struct ost_judge_addresses *a, const struct ost_ip *ip, uint32_t vlan)
{
	struct ost_judge_holder key = {.ip = *ip, .vlan = vlan}, *found;

	found = bsearch(&key, a->holders, a->image->address_count, sizeof(key), holder_compare);
	return found != NULL ? found->device : OST_DEVICE_NONE;
}
