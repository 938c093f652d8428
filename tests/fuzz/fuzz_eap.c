/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The EAP core: packets made of the input alone, and the dialogue of a real TLS client, changed on
 * its way (eap_storm.h). Keys are fresh in each run of the fuzzer, so an input that needs certain
 * random numbers may not be found again. */
#include "eap.h"
#include "eap_storm.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct eap_site *site;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (ost_trust_library_init() < 0 || eap_site_new(&site) < 0)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ost_eap_packet p;

	(void)eap_storm(site, data, size, NULL);
	if (ost_eap_parse(data, size, &p) &&
		(p.data_length > size ||
			(p.data_length > 0 && p.data + p.data_length > data + size)))
		abort();
	return 0;
}
