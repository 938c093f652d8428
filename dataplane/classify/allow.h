/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allow-list of a role: does one of its lanes match? Large roles have tables (large.h); for all others the loop: 16 IPv4 or 8
 * IPv6 lanes a step (image.h). The plain loops are written so that the compiler turns them into vector compares of whatever
 * width it may use. */
#pragma once

#include "site.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#include <immintrin.h>
#endif

/* What is asked of a role. Addresses in host order. */
struct ost_question {
	uint32_t remote4;
	uint64_t remote6[2]; /* high and low half */
	uint16_t value;
	uint8_t protocol;
	uint8_t family;
	uint8_t direction;	/* enum ost_direction */
	uint8_t assurance;	/* what the device has shown */
	bool infrastructure_only; /* its state permits no more */
	bool in_principle; /* whatever its conditions, as long as they are about this device: to tell why not */
	const struct ost_view *view; /* where conditions are looked up */
	uint32_t slot; /* of the device that is asked about */
	uint32_t tick; /* now: what it was told of names may have run out */
	bool established; /* asked of a flow that is there: then what ran out counts, too */
};

#define OST_RULE_NONE UINT32_MAX

static inline uint32_t ost_chunk4_match(const struct ost_image_chunk4 *c, const struct ost_question *q)
{
	uint16_t exact = (uint16_t)(q->protocol | q->direction << 8), any = (uint16_t)(q->direction << 8);
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
	__m512i masked = _mm512_and_si512(_mm512_set1_epi32((int)q->remote4), _mm512_loadu_si512(c->mask));
	__mmask16 m = _mm512_cmpeq_epi32_mask(masked, _mm512_loadu_si512(c->addr));
	__m256i selector = _mm256_loadu_si256((const __m256i *)c->selector);
	__m256i off = _mm256_sub_epi16(_mm256_set1_epi16((short)q->value), _mm256_loadu_si256((const __m256i *)c->lo));

	m &= _mm256_cmpeq_epi16_mask(selector, _mm256_set1_epi16((short)exact)) |
		_mm256_cmpeq_epi16_mask(selector, _mm256_set1_epi16((short)any));
	return m & _mm256_cmple_epu16_mask(off, _mm256_loadu_si256((const __m256i *)c->span));
#else
	uint32_t m = 0;

	for (uint32_t i = 0; i < OST_LANES4; i++) {
		uint32_t ok = (q->remote4 & c->mask[i]) == c->addr[i];

		ok &= (uint16_t)(q->value - c->lo[i]) <= c->span[i];
		ok &= (uint32_t)(c->selector[i] == exact) | (uint32_t)(c->selector[i] == any);
		m |= ok << i;
	}
	return m;
#endif
}

/* Whether any lane has the address, whatever the service and the direction: reads half the lines. */
static inline bool ost_chunk4_has(const struct ost_image_chunk4 *c, uint32_t remote)
{
#if defined(__AVX512F__)
	__m512i masked = _mm512_and_si512(_mm512_set1_epi32((int)remote), _mm512_loadu_si512(c->mask));

	return _mm512_cmpeq_epi32_mask(masked, _mm512_loadu_si512(c->addr)) != 0;
#else
	uint32_t any = 0;

	for (uint32_t i = 0; i < OST_LANES4; i++)
		any |= (remote & c->mask[i]) == c->addr[i];
	return any;
#endif
}

static inline uint32_t ost_chunk6_match(const struct ost_image_chunk6 *c, const struct ost_question *q)
{
	uint16_t exact = (uint16_t)(q->protocol | q->direction << 8), any = (uint16_t)(q->direction << 8);
	uint32_t m = 0;

	for (uint32_t i = 0; i < OST_LANES6; i++) {
		uint32_t ok = ((q->remote6[0] & c->mask_hi[i]) ^ c->addr_hi[i]) == 0;

		ok &= ((q->remote6[1] & c->mask_lo[i]) ^ c->addr_lo[i]) == 0;
		ok &= (uint16_t)(q->value - c->lo[i]) <= c->span[i];
		ok &= (uint32_t)(c->selector[i] == exact) | (uint32_t)(c->selector[i] == any);
		m |= ok << i;
	}
	return m;
}

/* Whether a rule's conditions hold (model.h). Call for roles with OST_ROLE_CONDITIONS. */
bool ost_rule_holds(const struct ost_image_rule *rule, const struct ost_question *q);

/* DNS over TLS, QUIC or HTTPS, as model.h has it. */
bool ost_question_encrypted_dns(const struct ost_view *v, const struct ost_question *q);

/* Which of a view's resolver_bits: by the first 16 bits of an IPv4 address, 32 of an IPv6 one. */
static inline uint32_t ost_resolver_bit(uint8_t family, uint32_t head)
{
	return (uint32_t)((head + family) * 0x9e3779b97f4a7c15ull >> 54);
}

/* The same, or plain DNS: of what no rule allows. */
static inline bool ost_question_foreign_dns(const struct ost_view *v, const struct ost_question *q)
{
	if (OST_LIKELY(q->value != 53 && q->value != 443 && q->value != 853))
		return false;
	return (q->protocol == 6 || q->protocol == 17) && (q->value == 53 || ost_question_encrypted_dns(v, q));
}

/* Whether a rule whose lane matches fits state and assurance, and its conditions hold. */
static inline bool ost_rule_fits(const struct ost_image *image, const struct ost_image_role *role, uint32_t rule,
	const struct ost_question *q)
{
	if (!(role->flags & OST_ROLE_CONDITIONS) && q->assurance >= role->assurance)
		return true;
	if (image->rules[rule].assurance > q->assurance)
		return false;
	return !(role->flags & OST_ROLE_CONDITIONS) || ost_rule_holds(&image->rules[rule], q);
}

/* Among matching lanes of a chunk, the first whose rule fits. */
static inline uint32_t ost_lane_pick(const struct ost_image *image, const struct ost_image_role *role,
	const uint16_t *rules, uint32_t mask, const struct ost_question *q)
{
	for (; mask != 0; mask &= mask - 1) {
		uint32_t rule = role->rule_first + rules[__builtin_ctz(mask)];

		if (ost_rule_fits(image, role, rule, q))
			return rule;
	}
	return OST_RULE_NONE;
}

/* The lanes of a chunk that may be used: with infrastructure only, the first ones of the role. */
static inline uint32_t ost_lanes_usable(uint32_t infra_lanes, uint32_t before, const struct ost_question *q)
{
	if (!q->infrastructure_only)
		return UINT32_MAX;
	if (infra_lanes <= before)
		return 0;
	return infra_lanes - before >= 32 ? UINT32_MAX : (1u << (infra_lanes - before)) - 1;
}

/* Rule (index into RULES) of the role that allows it by the remote's address, or OST_RULE_NONE: by the loop. */
static inline uint32_t ost_allow_by_loop(const struct ost_image *image, const struct ost_image_role *role,
	const struct ost_question *q)
{
	uint32_t rule, n, usable;

	if (q->family == OST_IPV4) {
		n = q->infrastructure_only ? (role->infra_lanes4 + OST_LANES4 - 1) / OST_LANES4 : role->chunk4_count;
		for (uint32_t i = 0; i < n; i++) {
			const struct ost_image_chunk4 *c = &image->chunks4[role->chunk4_first + i];

			usable = ost_lanes_usable(role->infra_lanes4, i * OST_LANES4, q);
			rule = ost_lane_pick(image, role, c->rule, ost_chunk4_match(c, q) & usable, q);
			if (rule != OST_RULE_NONE)
				return rule;
		}
		return OST_RULE_NONE;
	}
	n = q->infrastructure_only ? (role->infra_lanes6 + OST_LANES6 - 1) / OST_LANES6 : role->chunk6_count;
	for (uint32_t i = 0; i < n; i++) {
		const struct ost_image_chunk6 *c = &image->chunks6[role->chunk6_first + i];

		usable = ost_lanes_usable(role->infra_lanes6, i * OST_LANES6, q);
		rule = ost_lane_pick(image, role, c->rule, ost_chunk6_match(c, q) & usable, q);
		if (rule != OST_RULE_NONE)
			return rule;
	}
	return OST_RULE_NONE;
}

/* The tables of a role's lanes of the question's family, NULL when it has none. */
static inline const struct ost_large *ost_large_of(const struct ost_view *v, const struct ost_image_role *role, uint8_t family)
{
	const struct ost_large_role *large;

	if (OST_LIKELY((family == OST_IPV4 ? role->chunk4_count : role->chunk6_count) < OST_LARGE_CHUNKS || v->large == NULL))
		return NULL;
	large = &v->large[role - v->image->roles];
	return family == OST_IPV4 ? large->family4 : large->family6;
}

/* The same by whatever is there. */
static inline uint32_t ost_allow_address(const struct ost_view *v, const struct ost_image_role *role, const struct ost_question *q)
{
	const struct ost_large *large = ost_large_of(v, role, q->family);

	return large != NULL ? ost_large_find(large, v->image, role, q) : ost_allow_by_loop(v->image, role, q);
}

/* Rule of the role that allows it because the remote is the device of slot peer: of a role or with a tag that the rule names. */
uint32_t ost_allow_peer(const struct ost_view *v, const struct ost_image_role *role, uint32_t peer, const struct ost_question *q);

/* Whether one of them with OST_RULE_DNS allows it. */
bool ost_allow_peer_serves(const struct ost_view *v, const struct ost_image_role *role, uint32_t peer, const struct ost_question *q);

/* Rule of the role that allows it because the device was given the remote's address for a name that the rule wants (host.c). */
uint32_t ost_allow_host(const struct ost_view *v, const struct ost_image_role *role, const struct ost_question *q);

/* Whether one would in the question's direction, for any service at all. */
bool ost_allow_host_related(const struct ost_view *v, const struct ost_image_role *role, uint32_t slot, const struct ost_question *q);

/* Why no rule about a name allows what one of them would: NAME_UNRESOLVED, NAME_LIMIT or DNS_REBIND; NONE: none would. */
enum ost_reason ost_host_why(const struct ost_view *v, const struct ost_image_role *role, const struct ost_question *q);

/* Whether the role of slot names the remote's address, or its role or a tag (peer: its slot, or OST_SLOT_NONE), in the question's
 * direction for any service at all: ARP and ND between devices are for those that may talk. */
bool ost_allow_related(const struct ost_view *v, uint32_t slot, uint32_t peer, const struct ost_question *q);
