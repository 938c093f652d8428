/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS messages. What is read must keep its bounds, and say the same when it is read again. */
#include "dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool sound)
{
	if (!sound)
		abort();
}

/* Labels of 63 bytes at most, in lower case, up to the empty one at the end. */
static void name_check(const struct ost_dns_name *n)
{
	unsigned at = 0;

	check(n->length >= 1);
	while (n->wire[at] != 0) {
		check(n->wire[at] <= 63 && at + n->wire[at] + 1u < n->length);
		for (unsigned i = 1; i <= n->wire[at]; i++)
			check(n->wire[at + i] < 'A' || n->wire[at + i] > 'Z');
		at += n->wire[at] + 1u;
	}
	check(at + 1 == n->length);
}

static void answer_check(const struct ost_dns *m, const struct ost_dns_answer *a)
{
	check(a->name_count <= 1 + OST_DNS_ALIASES_MAX && a->address_count <= OST_DNS_ADDRESSES_MAX);
	check(a->name_count > 0 || a->address_count == 0);
	for (uint32_t i = 0; i < a->name_count; i++) {
		name_check(&a->names[i]);
		for (uint32_t k = 0; k < i; k++)
			check(!ost_dns_name_equal(&a->names[i], &a->names[k]));
	}
	check(a->name_count == 0 || ost_dns_name_equal(&a->names[0], &m->name));
	for (uint32_t i = 0; i < a->address_count; i++) {
		const struct ost_dns_address *d = &a->addresses[i];

		check(d->owner < a->name_count && d->ttl_s < 1u << 31);
		check(d->ip.family == OST_IPV4 || d->ip.family == OST_IPV6);
		check(m->type == OST_DNS_ANY || m->type == (d->ip.family == OST_IPV4 ? OST_DNS_A : OST_DNS_AAAA));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ost_dns_answer a, again;
	struct ost_dns m;
	uint8_t *own = malloc(size + 1); /* its own block: a read past it is seen */

	if (own == NULL)
		return 0;
	memcpy(own, data, size);
	if (ost_dns_read(own, size, &m) == 0) {
		check(m.records_at >= OST_DNS_HEADER_BYTES && m.records_at <= size);
		if (m.name.length > 0)
			name_check(&m.name);
		if (ost_dns_answer_read(&m, &a) == 0) {
			answer_check(&m, &a);
			check(ost_dns_answer_read(&m, &again) == 0 && again.name_count == a.name_count &&
				again.address_count == a.address_count);
		}
	}
	free(own);
	return 0;
}
