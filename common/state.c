/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#define ALL_RIGHTS (OST_RIGHT_INFRASTRUCTURE | OST_RIGHT_ESTABLISHED | OST_RIGHT_NEW_FLOWS)

static const struct {
	const char *name;
	unsigned rights;
} states[OST_STATE_COUNT] = {
	[OST_STATE_UNKNOWN] = {"unknown", 0},
	[OST_STATE_LEARNING] = {"learning", OST_RIGHT_INFRASTRUCTURE},
	[OST_STATE_IDENTIFIED] = {"identified", ALL_RIGHTS},
	[OST_STATE_QUARANTINED] = {"quarantined", OST_RIGHT_INFRASTRUCTURE},
	[OST_STATE_AUTHENTICATED] = {"authenticated", ALL_RIGHTS},
	[OST_STATE_EXPIRED] = {"expired", OST_RIGHT_INFRASTRUCTURE | OST_RIGHT_ESTABLISHED},
	[OST_STATE_LOCKED_OUT] = {"locked-out", 0},
	[OST_STATE_REVOKED] = {"revoked", 0},
	[OST_STATE_RETIRED] = {"retired", 0},
};

static const char *const assurances[OST_ASSURANCE_COUNT] = {
	[OST_ASSURANCE_NONE] = "none",
	[OST_ASSURANCE_IDENTIFIED] = "identified",
	[OST_ASSURANCE_SOFTWARE] = "software",
	[OST_ASSURANCE_TEE] = "tee",
	[OST_ASSURANCE_SECURE_ELEMENT] = "secure-element",
};

unsigned ost_state_rights(enum ost_state state)
{
	return (unsigned)state < OST_STATE_COUNT ? states[state].rights : 0;
}

const char *ost_state_name(enum ost_state state)
{
	return (unsigned)state < OST_STATE_COUNT ? states[state].name : "invalid";
}

const char *ost_assurance_name(enum ost_assurance assurance)
{
	return (unsigned)assurance < OST_ASSURANCE_COUNT ? assurances[assurance] : "invalid";
}

const char *ost_tls_max_name(unsigned tls_max)
{
	static const char *const names[OST_TLS_MAX_COUNT] = {"1.3", "1.2"};

	return tls_max < OST_TLS_MAX_COUNT ? names[tls_max] : "invalid";
}

int ost_state_parse(const char *text, enum ost_state *ret_state)
{
	for (unsigned i = 0; i < OST_STATE_COUNT; i++) {
		if (strcmp(text, states[i].name) == 0) {
			*ret_state = (enum ost_state)i;
			return 0;
		}
	}
	return -EINVAL;
}
