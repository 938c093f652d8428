/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "finder.h"

/* Chains of devices, by hash. A device's place + 1; 0 ends a chain. */
struct chains {
	uint32_t *first; /* mask + 1 */
	uint32_t *next;	 /* by device */
};

struct ost_finder {
	const struct ost_image *image;
	struct ost_hash_key key;
	uint64_t mask;
	struct chains by_name, by_certificate, by_mac;
};

static uint64_t name_hash(const struct ost_finder *f, const char *name)
{
	return ost_hash_bytes(&f->key, name, strlen(name)) & f->mask;
}

static uint64_t mac_hash(const struct ost_finder *f, const uint8_t mac[6], uint32_t vlan)
{
	uint64_t word = 0;

	memcpy(&word, mac, 6);
	return ost_hash_2(&f->key, word, vlan) & f->mask;
}

static void chain(struct chains *c, uint64_t hash, uint32_t device)
{
	c->next[device] = c->first[hash];
	c->first[hash] = device + 1;
}

static int chains_new(struct chains *c, uint64_t mask, uint32_t devices)
{
	c->first = calloc((size_t)mask + 1, sizeof(*c->first));
	c->next = calloc((size_t)devices + 1, sizeof(*c->next));
	return c->first == NULL || c->next == NULL ? -ENOMEM : 0;
}

static void chains_free(struct chains *c)
{
	free(c->first);
	free(c->next);
}

int ost_finder_new(const struct ost_image *image, const struct ost_hash_key *key, struct ost_finder **ret_finder)
{
	struct ost_finder *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -ENOMEM;
	f->image = image;
	f->key = *key;
	f->mask = 63;
	while (f->mask < image->device_count)
		f->mask = f->mask * 2 + 1;
	if (chains_new(&f->by_name, f->mask, image->device_count) < 0 ||
		chains_new(&f->by_certificate, f->mask, image->device_count) < 0 ||
		chains_new(&f->by_mac, f->mask, image->device_count) < 0) {
		ost_finder_free(&f);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < image->device_count; i++) {
		const struct ost_image_device *d = &image->devices[i];

		chain(&f->by_name, name_hash(f, ost_image_device_name(image, i)), i);
		if (d->certificate != 0)
			chain(&f->by_certificate, name_hash(f, ost_image_string(image, d->certificate)), i);
		if (d->has_mac)
			chain(&f->by_mac, mac_hash(f, d->mac, d->vlan), i);
	}
	*ret_finder = f;
	return 0;
}

void ost_finder_free(struct ost_finder **finder)
{
	struct ost_finder *f = *finder;

	*finder = NULL;
	if (f == NULL)
		return;
	chains_free(&f->by_name);
	chains_free(&f->by_certificate);
	chains_free(&f->by_mac);
	free(f);
}

int64_t ost_finder_name(const struct ost_finder *f, const char *name)
{
	for (uint32_t i = f->by_name.first[name_hash(f, name)]; i != 0; i = f->by_name.next[i - 1]) {
		if (strcmp(ost_image_device_name(f->image, i - 1), name) == 0)
			return i - 1;
	}
	return -ENOENT;
}

int64_t ost_finder_certificate(const struct ost_finder *f, const char *name)
{
	if (name[0] == '\0')
		return -ENOENT;
	for (uint32_t i = f->by_certificate.first[name_hash(f, name)]; i != 0; i = f->by_certificate.next[i - 1]) {
		if (strcmp(ost_image_string(f->image, f->image->devices[i - 1].certificate), name) == 0)
			return i - 1;
	}
	return -ENOENT;
}

int64_t ost_finder_mac(const struct ost_finder *f, const uint8_t mac[6], uint32_t vlan)
{
	for (uint32_t i = f->by_mac.first[mac_hash(f, mac, vlan)]; i != 0; i = f->by_mac.next[i - 1]) {
		const struct ost_image_device *d = &f->image->devices[i - 1];

		if (d->vlan == vlan && memcmp(d->mac, mac, sizeof(d->mac)) == 0)
			return i - 1;
	}
	return -ENOENT;
}
