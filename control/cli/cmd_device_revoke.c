/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary device revoke ID: its certificates on the CRL. */
#include <stdio.h>

#include "options.h"
#include "policy_input.h"
#include "say_pki.h"

static int json(const char *id, enum ost_pki_reason reason, const struct ost_pki_revoked *done)
{
	struct ost_jsonw w = {0};

	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "id", id);
	ost_jsonw_string(&w, "reason", ost_pki_reason_name(reason));
	ost_jsonw_u64(&w, "revoked", done->count);
	ost_jsonw_u64(&w, "revoked_before", done->already);
	ost_say_crl(&w, "crl", &done->crl);
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}

static void say(const struct ost_cli *cli, const char *id, const struct ost_pki_revoked *done)
{
	char day[OST_SAY_DAY];

	(void)printf("%s: %u %s revoked", id, done->count,
		done->count == 1 ? "certificate" : "certificates");
	if (done->already > 0)
		(void)printf(", %u before", done->already);
	(void)printf("; %s has number %llu, %u revoked in all, until %s\n", cli->paths.crl,
		(unsigned long long)done->crl.number, done->crl.entries,
		ost_say_day(done->crl.next_update_s, day));
}

static int revoke_device(const struct ost_cli *cli, const char *id, enum ost_pki_reason reason)
{
	struct ost_pki_revoked done = {0};
	struct ost_pki pki;
	int r = ost_say_pki_open(cli, &pki);

	if (r == OST_EXIT_OK && ost_pki_revoke(&pki, id, reason, &done) < 0)
		r = ost_cli_fail("%s", pki.why);
	ost_pki_close(&pki);
	if (r != OST_EXIT_OK)
		return r;
	/* Here ostiaryd is to be told, over its API: the device's state becomes revoked and its
	 * flows are cut at once; ostiary-authd reads crl.pem anew. */
	if (cli->json)
		return json(id, reason, &done);
	say(cli, id, &done);
	return OST_EXIT_OK;
}

int ost_cmd_device_revoke(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	const char *text = NULL;
	const struct ost_cli_option options[] = {
		{.name = "reason", .value = &text},
		{.name = "json", .flag = &c.json},
	};
	enum ost_pki_reason reason = OST_PKI_UNSPECIFIED;
	int first = ost_cli_options("device revoke", options, OST_ARRAY_SIZE(options), argc, argv);

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first + 1 != argc || argv[first][0] == '\0')
		return ost_cli_fail(
			"device revoke: name one device, or the serial number of a certificate");
	if (text != NULL && ost_pki_reason_parse(text, &reason) < 0)
		return ost_cli_fail("device revoke: no reason '%.80s'; write one of: %s", text,
			OST_PKI_REASONS);
	return revoke_device(&c, argv[first], reason);
}
