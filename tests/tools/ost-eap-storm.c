/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mutated EAP-TLS dialogues, to be run under valgrind: ost-eap-storm COUNT [SEED]
 * Each is a real client's dialogue (tests/peer/eap_storm.h), honest up to some turn, then changed
 * by the random numbers of the seed. Prints how they ended; aborts when somebody gets in who must
 * not. */
#include <stdio.h>

#include "eap_storm.h"
#include "text.h"

#define STEPS_MAX 24u

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1dull >> 16;
}

/* A mode, some honest turns, some changes: then it ends honestly, seven times of eight. */
static size_t dialogue_make(uint64_t *state, uint8_t bytes[static 4 * STEPS_MAX])
{
	uint8_t peer = next(state) % 4 != 0 ? 0 : (uint8_t)(next(state) % 6);
	size_t n = 0, honest = next(state) % 4, changes = next(state) % STEPS_MAX;

	bytes[n++] = (uint8_t)(peer | (next(state) & 0x78) | (next(state) % 8 != 0 ? 0x80 : 0));
	for (size_t i = 0; i < honest; i++)
		bytes[n++] = 0;
	for (size_t i = 0; i < changes; i++)
		bytes[n++] = (uint8_t)next(state);
	return n;
}

static bool number_take(const char *text, uint64_t *ret)
{
	return ost_number_parse(text, strlen(text), ret) == 0 && *ret > 0;
}

int main(int argc, char **argv)
{
	unsigned ends[3] = {0}, rounds = 0;
	uint64_t count = 0, state = 1;
	struct eap_site *site = NULL;

	if (argc < 2 || argc > 3 || !number_take(argv[1], &count) ||
		(argc == 3 && !number_take(argv[2], &state))) {
		(void)fprintf(stderr, "usage: ost-eap-storm COUNT [SEED]\n");
		return 2;
	}
	if (ost_trust_library_init() < 0 || eap_site_new(&site) < 0)
		return 2;
	for (uint64_t i = 0; i < count; i++) {
		uint8_t bytes[4 * STEPS_MAX];
		unsigned fed;

		ends[eap_storm(site, bytes, dialogue_make(&state, bytes), &fed)]++;
		rounds += fed;
	}
	eap_site_free(&site);
	ost_trust_library_free();
	(void)printf("%llu dialogues, %u packets: %u in, %u out, %u left open\n",
		(unsigned long long)count, rounds, ends[EAP_STORM_SUCCESS], ends[EAP_STORM_FAILURE],
		ends[EAP_STORM_OPEN]);
	return ends[EAP_STORM_SUCCESS] > 0 && ends[EAP_STORM_FAILURE] > 0 ? 0 : 1;
}
