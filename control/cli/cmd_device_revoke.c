/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary device revoke ID: its flows are cut at once, and its certificates are on the CRL. */
#include <stdio.h>

#include "client.h"
#include "device_group.h"
#include "options.h"
#include "policy_input.h"
#include "say_pki.h"

/* What ostiaryd did, who has the last word about packets. */
struct order {
	int exit_code;	 /* of the question */
	unsigned status; /* HTTP's; 404: the policy has no such device */
	bool enforced;	 /* the data plane was there to obey */
};

static struct order revoke_state(const struct ost_cli *cli, const char *id, enum ost_pki_reason reason)
{
	struct order o = {0};
	json_t *answer = NULL;

	o.exit_code = ost_client_order(cli, id, "revoke", "why", ost_pki_reason_name(reason), true, &o.status, &answer);
	o.enforced = ost_json_true(answer, "enforced");
	json_decref(answer);
	return o;
}

static int json(const char *id, enum ost_pki_reason reason, const struct order *o, const struct ost_pki_revoked *done)
{
	struct ost_jsonw w = {0};

	ost_jsonw_object(&w, NULL);
	ost_jsonw_string(&w, "id", id);
	ost_jsonw_string(&w, "reason", ost_pki_reason_name(reason));
	ost_jsonw_u64(&w, "revoked", done->count);
	ost_jsonw_u64(&w, "revoked_before", done->already);
	ost_say_crl(&w, "crl", &done->crl);
	ost_jsonw_string(&w, "state", o->exit_code == OST_EXIT_OK ? "revoked" : NULL);
	ost_jsonw_bool(&w, "enforced", o->enforced);
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}

static void order_say(const char *id, const struct order *o)
{
	if (o->exit_code == OST_EXIT_OK)
		(void)printf("%s is revoked%s\n", id,
			o->enforced ? ": nothing of it passes" : "; the data plane is not connected, and enforces it when it is back");
	else if (o->status == 0)
		(void)printf("ostiaryd is not reachable: flows of %s go on until it has to prove itself again; start it, then "
			     "revoke again\n", id);
	else if (o->status != 404)
		(void)printf("the state of %s did not change: ostiary device show tells why\n", id);
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

/* First the packets, then the paper: a CRL takes its time. A device of an enterprise's CA is revoked here by its state. */
static int revoke_device(const struct ost_cli *cli, const char *id, enum ost_pki_reason reason)
{
	const struct order o = revoke_state(cli, id, reason);
	struct ost_pki_revoked done = {0};
	struct ost_pki pki;
	int r, exit_code = ost_say_pki_open(cli, &pki);

	r = exit_code == OST_EXIT_OK ? ost_pki_revoke(&pki, id, reason, &done) : 0;
	if (!cli->json && exit_code == OST_EXIT_OK && (r == 0 || o.exit_code == OST_EXIT_OK))
		order_say(id, &o);
	if (r < 0 && !((r == -ENOENT || r == -ENOKEY) && o.exit_code == OST_EXIT_OK))
		exit_code = ost_cli_fail("%s", pki.why);
	else if (r < 0 && !cli->json)
		(void)printf("no certificate of it was issued here: %s\n", pki.why);
	ost_pki_close(&pki);
	if (exit_code != OST_EXIT_OK)
		return exit_code;
	(void)ost_client_reload(cli);
	if (cli->json)
		return json(id, reason, &o, &done);
	if (r == 0)
		say(cli, id, &done);
	return OST_EXIT_OK;
}

int ost_cmd_device_revoke(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_device_group group = {0};
	struct ost_cli c = *cli;
	const char *text = NULL;
	const struct ost_cli_option options[] = {
		{.name = "reason", .value = &text},
		{.name = "json", .flag = &c.json},
		OST_DEVICE_GROUP_OPTIONS(group),
		{.name = "yes", .flag = &group.yes},
	};
	enum ost_pki_reason reason = OST_PKI_UNSPECIFIED;
	int first = ost_cli_options("device revoke", options, OST_ARRAY_SIZE(options), argc, argv);

	if (first < 0)
		return OST_EXIT_INPUT;
	if (text != NULL && ost_pki_reason_parse(text, &reason) < 0)
		return ost_cli_fail("device revoke: no reason '%.80s'; write one of: %s", text,
			OST_PKI_REASONS);
	if (ost_device_group_wanted(&group) && first == argc)
		return ost_device_group_order(&c, &group, "revoke", ost_pki_reason_name(reason), reason);
	if (ost_device_group_wanted(&group) || first + 1 != argc || argv[first][0] == '\0')
		return ost_cli_fail("device revoke: name one device, the serial number of a certificate, or a group by --tag, --role and --state");
	return revoke_device(&c, argv[first], reason);
}
