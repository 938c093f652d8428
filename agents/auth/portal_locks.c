/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "portal_locks.h"

#include "clock.h"

#define SETS	     1024u
#define WAYS	     4u
#define WITHIN_NS    (600 * OST_NS_PER_S)
#define FORGIVEN_NS  (3600 * OST_NS_PER_S)
#define LOCK_FIRST_S 60u
#define LOCK_MOST_S  900u

struct entry {
	struct ost_ip ip;
	uint64_t failed_ns[OST_PORTAL_FAILURES]; /* the latest, a ring; 0: none */
	uint32_t failed_at, locks;
	uint64_t locked_until_ns;
	uint64_t touched_ns; /* 0: free */
};

struct ost_portal_locks {
	struct ost_hash_key hash;
	struct entry sets[SETS][WAYS];
};

int ost_portal_locks_new(const struct ost_hash_key *hash, struct ost_portal_locks **ret_locks)
{
	struct ost_portal_locks *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->hash = *hash;
	*ret_locks = l;
	return 0;
}

void ost_portal_locks_free(struct ost_portal_locks **locks)
{
	free(*locks);
	*locks = NULL;
}

static uint64_t set_of(const struct ost_portal_locks *l, const struct ost_ip *ip)
{
	return ost_hash_2(&l->hash, ost_hash_bytes(&l->hash, ip->b, sizeof(ip->b)), ip->family) % SETS;
}

static const struct entry *find(const struct ost_portal_locks *l, const struct ost_ip *ip)
{
	const struct entry *set = l->sets[set_of(l, ip)];

	for (uint32_t i = 0; i < WAYS; i++) {
		if (set[i].touched_ns != 0 && ost_ip_equal(&set[i].ip, ip))
			return &set[i];
	}
	return NULL;
}

static bool worth_less(const struct entry *a, const struct entry *b, uint64_t now_ns)
{
	bool a_locked = a->locked_until_ns > now_ns, b_locked = b->locked_until_ns > now_ns;

	return a_locked != b_locked ? b_locked : a->touched_ns < b->touched_ns;
}

static struct entry *get(struct ost_portal_locks *l, const struct ost_ip *ip, uint64_t now_ns)
{
	struct entry *set = l->sets[set_of(l, ip)], *at = &set[0];

	for (uint32_t i = 0; i < WAYS; i++) {
		if (set[i].touched_ns != 0 && ost_ip_equal(&set[i].ip, ip))
			return &set[i];
		if (worth_less(&set[i], at, now_ns))
			at = &set[i];
	}
	*at = (struct entry){.ip = *ip};
	return at;
}

bool ost_portal_locks_is_locked(const struct ost_portal_locks *locks, const struct ost_ip *ip, uint64_t now_ns)
{
	const struct entry *e = find(locks, ip);

	return e != NULL && e->locked_until_ns > now_ns;
}

static bool counts(enum ost_auth_reason reason)
{
	switch (reason) {
	case OST_AUTH_REASON_NONE:
	case OST_AUTH_REASON_TIMEOUT:
	case OST_AUTH_REASON_FLOOD:
	case OST_AUTH_REASON_LOCKED_OUT:
	case OST_AUTH_REASON_CRL:
	case OST_AUTH_REASON_UNAVAILABLE:
	case OST_AUTH_REASON_LOGOFF:
		return false;
	default:
		return true;
	}
}

static bool often(const struct entry *e, uint64_t now_ns)
{
	for (uint32_t i = 0; i < OST_PORTAL_FAILURES; i++) {
		if (e->failed_ns[i] == 0 || now_ns - e->failed_ns[i] >= WITHIN_NS)
			return false;
	}
	return true;
}

uint32_t ost_portal_locks_fail(struct ost_portal_locks *locks, const struct ost_ip *ip, enum ost_auth_reason reason, uint64_t now_ns)
{
	uint32_t lock_s = LOCK_FIRST_S;
	struct entry *e;

	if (!counts(reason))
		return 0;
	e = get(locks, ip, now_ns);
	if (e->locked_until_ns > now_ns)
		return 0;
	if (e->locks > 0 && now_ns - OST_MAX(e->locked_until_ns, e->touched_ns) >= FORGIVEN_NS)
		e->locks = 0;
	e->touched_ns = OST_MAX(now_ns, (uint64_t)1);
	e->failed_ns[e->failed_at] = e->touched_ns;
	e->failed_at = (e->failed_at + 1) % OST_PORTAL_FAILURES;
	if (!often(e, now_ns))
		return 0;
	for (uint32_t i = 0; i < e->locks && lock_s < LOCK_MOST_S; i++)
		lock_s *= 2;
	lock_s = OST_MIN(lock_s, LOCK_MOST_S);
	e->locks++;
	e->locked_until_ns = now_ns + lock_s * OST_NS_PER_S;
	/* Behind the lock-out one more failure is not enough for the next: it begins with none. */
	memset(e->failed_ns, 0, sizeof(e->failed_ns));
	return lock_s;
}

void ost_portal_locks_clear(struct ost_portal_locks *locks, const struct ost_ip *ip)
{
	struct entry *e = (struct entry *)(uintptr_t)find(locks, ip);

	if (e != NULL)
		*e = (struct entry){0};
}
