/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses inside the site, and which names may lead there: inside.h. */
#include "inside.h"

#define NAT64_HEAD 0x0064ff9b00000000ull /* RFC 6052 */
#define SIX_TO_FOUR 0x2002u		  /* RFC 3056 */

/* ---- addresses ---- */

static bool prefix_has(const struct ost_image_prefix *p, const uint8_t ip[16])
{
	const unsigned whole = p->length / 8, rest = p->length % 8;

	return memcmp(p->ip, ip, whole) == 0 && (rest == 0 || ((p->ip[whole] ^ ip[whole]) & (uint8_t)(0xff00u >> rest)) == 0);
}

static bool is_inside(const struct ost_image *image, uint8_t family, const uint8_t ip[16])
{
	uint32_t low = 0, high = image->inside_count; /* the first that begins behind the address */

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct ost_image_prefix *p = &image->inside[middle];

		if (p->family < family || (p->family == family && memcmp(p->ip, ip, 16) <= 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && image->inside[low - 1].family == family && prefix_has(&image->inside[low - 1], ip);
}

bool ost_inside(const struct ost_view *v, const uint64_t ip[2])
{
	const uint64_t head = __builtin_bswap64(ip[0]);
	uint8_t bytes[16] = {0}, v4[16] = {0};

	if (ip[1] == OST_BINDING_IPV4) {
		memcpy(bytes, ip, 4);
		return is_inside(v->image, OST_IPV4, bytes);
	}
	memcpy(bytes, ip, 16);
	if (is_inside(v->image, OST_IPV6, bytes))
		return true;
	if (head >> 48 == SIX_TO_FOUR)
		memcpy(v4, bytes + 2, 4);
	else if (head == NAT64_HEAD && ip[1] << 32 == 0)
		memcpy(v4, bytes + 12, 4);
	else
		return false;
	return is_inside(v->image, OST_IPV4, v4);
}

/* ---- names ---- */

static bool is_domain(const struct ost_view *v, uint64_t hash, const uint8_t *wire)
{
	const struct ost_image *image = v->image;

	for (uint32_t i = ost_host_key_find(v->domain_keys, 0, image->domain_count, hash);
		i < image->domain_count && v->domain_keys[i].hash == hash; i++) {
		if (ost_host_is_text(wire, ost_image_string(image, image->domains[v->domain_keys[i].host].name)))
			return true;
	}
	return false;
}

/* Whether a name is in a private domain. Behind the name. */
static bool is_private(const struct ost_view *v, const uint8_t *name, const uint8_t **ret_behind)
{
	const uint8_t *labels[OST_DNS_NAME_MAX / 2 + 1];
	uint64_t hash = OST_NAME_HASH_END;
	bool private = false;
	uint32_t n = 0;

	for (; *name != 0; name += 1 + *name)
		labels[n++] = name;
	*ret_behind = name + 1;
	for (uint32_t i = n; i > 0 && !private; i--) {
		hash = ost_name_hash_label(&v->site->hash, hash, labels[i - 1] + 1, *labels[i - 1]);
		private = is_domain(v, hash, labels[i - 1]);
	}
	return private;
}

uint32_t ost_inside_from(const struct ost_view *v, const struct ost_chain *chain)
{
	const uint8_t *name = chain->wire, *from = name;

	while (name < chain->wire + chain->length) {
		if (!is_private(v, name, &name))
			from = name;
	}
	return (uint32_t)(from - chain->wire);
}
