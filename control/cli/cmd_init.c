/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary init: this site's identity; and what is done to it later: the enterprise's certificate
 * and CRL installed, our own CRL and gateway certificate renewed. */
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/stat.h>

#include "client.h"
#include "options.h"
#include "policy_input.h"
#include "say_pki.h"

struct wishes {
	struct ost_pki_site site;
	const char *gateway_certificate;
	const char *crl;
	bool renew_crl;
	bool renew_gateway;
	char name[OST_PKI_DNS_MAX + 1];
};

/* This host's full name, or what it calls itself. */
static void host_name(char name[static OST_PKI_DNS_MAX + 1])
{
	const struct addrinfo hints = {.ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;

	if (gethostname(name, OST_PKI_DNS_MAX + 1) < 0)
		name[0] = '\0';
	name[OST_PKI_DNS_MAX] = '\0';
	if (strchr(name, '.') == NULL && getaddrinfo(name, NULL, &hints, &found) == 0 &&
		found->ai_canonname != NULL && strchr(found->ai_canonname, '.') != NULL)
		(void)snprintf(name, OST_PKI_DNS_MAX + 1, "%s", found->ai_canonname);
	if (found != NULL)
		freeaddrinfo(found);
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
}

static void made_json(const struct ost_cli *cli, struct ost_jsonw *w, const struct wishes *wish,
	const struct ost_pki_made *made)
{
	ost_jsonw_string(w, "name", wish->site.name);
	ost_jsonw_bool(w, "enterprise_ca", made->enterprise);
	ost_say_certificate(w, "ca", &made->ca);
	ost_jsonw_u64(w, "ca_certificates", made->ca_count);
	if (!made->enterprise)
		ost_say_certificate(w, "gateway", &made->gateway);
	ost_jsonw_object(w, "files");
	ost_jsonw_string(w, "ca_certificate", cli->paths.ca_certificate);
	ost_jsonw_string(w, "gateway_key", cli->paths.gateway_key);
	if (made->enterprise) {
		ost_jsonw_string(w, "gateway_request", cli->paths.gateway_request);
	} else {
		ost_jsonw_string(w, "ca_key", cli->paths.ca_key);
		ost_jsonw_string(w, "gateway_certificate", cli->paths.gateway_certificate);
		ost_jsonw_string(w, "crl", cli->paths.crl);
		ost_jsonw_string(w, "issued", cli->paths.issued);
	}
	ost_jsonw_end(w, '}');
}

static void made_say(
	const struct ost_cli *cli, const struct wishes *wish, const struct ost_pki_made *made)
{
	const struct ost_paths *p = &cli->paths;
	char a[OST_SAY_DAY], b[OST_SAY_DAY];

	(void)printf("This site is %s.\n\n", wish->site.name);
	if (made->enterprise) {
		(void)printf("  %s   what devices are checked against (%u CA certificates)\n",
			p->ca_certificate, made->ca_count);
		(void)printf("  %s   stays here\n", p->gateway_key);
		(void)printf("  %s   for your CA to sign\n", p->gateway_request);
		(void)printf("\nnext: have gateway.csr signed (extended key usage serverAuth, "
			     "subjectAltName DNS:%s), then\n"
			     "      ostiary init --gateway-certificate FILE\n"
			     "      ostiary init --crl FILE       with your CA's CRL, and again "
			     "before its next update\n",
			wish->site.name);
	} else {
		(void)printf("  %s   until %s; devices need it to know this network\n",
			p->ca_certificate, ost_say_day(made->ca.not_after_s, a));
		(void)printf("  %s   signs devices' certificates; keep a copy off this machine\n",
			p->ca_key);
		(void)printf("  %s   until %s, with its key\n", p->gateway_certificate,
			ost_say_day(made->gateway.not_after_s, b));
		(void)printf("  %s   no device is revoked\n", p->crl);
		(void)printf("\nnext: ostiary device enroll cam-01\n");
	}
}

static int make(const struct ost_cli *cli, struct ost_pki *pki, struct wishes *wish)
{
	struct ost_pki_made made = {0};
	struct ost_jsonw w = {0};

	if (wish->site.name == NULL) {
		host_name(wish->name);
		wish->site.name = wish->name;
	}
	if (ost_pki_init(pki, &wish->site, &made) < 0)
		return ost_cli_fail("%s", pki->why);
	if (made.key_not_given)
		(void)fprintf(stderr,
			"ostiary: note: %s is yours; give it to the user ostiary-auth: chown "
			"ostiary-auth: FILE\n",
			cli->paths.gateway_key);
	if (strchr(wish->site.name, '.') == NULL)
		(void)fprintf(stderr,
			"ostiary: note: '%s' has no domain; devices check the name, so see that it "
			"is what they know\n",
			wish->site.name);
	if (!cli->json) {
		made_say(cli, wish, &made);
		return OST_EXIT_OK;
	}
	ost_jsonw_object(&w, NULL);
	made_json(cli, &w, wish, &made);
	ost_jsonw_end(&w, '}');
	return ost_cli_json_print(&w);
}

static int crl(const struct ost_cli *cli, struct ost_pki *pki, const struct wishes *wish)
{
	struct ost_pki_crl made = {0};
	char day[OST_SAY_DAY];
	struct ost_jsonw w = {0};
	int r = wish->crl != NULL ? ost_pki_crl_install(pki, wish->crl, &made)
				  : ost_pki_crl_renew(pki, &made);

	if (r < 0)
		return ost_cli_fail("%s", pki->why);
	(void)ost_client_reload(cli); /* who is not there reads it at his start */
	if (cli->json) {
		ost_jsonw_object(&w, NULL);
		ost_say_crl(&w, "crl", &made);
		ost_jsonw_end(&w, '}');
		return ost_cli_json_print(&w);
	}
	if (wish->crl != NULL)
		(void)printf("%s is in place, until %s\nnext: ostiary init --crl FILE with a newer "
			     "one, before that day\n",
			cli->paths.crl, ost_say_day(made.next_update_s, day));
	else
		(void)printf("%s: %u revoked, until %s\nnext: ostiary init --renew-crl, before "
			     "that day\n",
			cli->paths.crl, made.entries, ost_say_day(made.next_update_s, day));
	return OST_EXIT_OK;
}

static int gateway(const struct ost_cli *cli, struct ost_pki *pki, const struct wishes *wish)
{
	struct ost_pki_certificate made = {0};
	struct ost_jsonw w = {0};
	char day[OST_SAY_DAY];
	int r = wish->renew_gateway
			? ost_pki_gateway_renew(pki, &made)
			: ost_pki_gateway_install(pki, wish->gateway_certificate, &made);

	if (r < 0)
		return ost_cli_fail("%s", pki->why);
	if (cli->json) {
		ost_jsonw_object(&w, NULL);
		ost_say_certificate(&w, "gateway", &made);
		ost_jsonw_end(&w, '}');
		return ost_cli_json_print(&w);
	}
	(void)printf("%s is in place, until %s\n", cli->paths.gateway_certificate,
		ost_say_day(made.not_after_s, day));
	if (access(cli->paths.crl, F_OK) < 0)
		(void)printf("next: ostiary init --crl FILE with your CA's CRL\n");
	return OST_EXIT_OK;
}

static int wish_check(const struct wishes *w)
{
	int makes = w->site.name != NULL || w->site.organization != NULL ||
		    w->site.ca_certificate != NULL;

	if (makes + (w->gateway_certificate != NULL) + (w->crl != NULL) + w->renew_crl +
			w->renew_gateway >
		1)
		return ost_cli_fail("init: --gateway-certificate, --crl, --renew-crl and "
				    "--renew-gateway stand alone");
	return OST_EXIT_OK;
}

int ost_cmd_init(const struct ost_cli *cli, int argc, char **argv)
{
	struct ost_cli c = *cli;
	struct wishes w = {0};
	const struct ost_cli_option options[] = {
		{.name = "name", .value = &w.site.name},
		{.name = "organization", .value = &w.site.organization},
		{.name = "ca-certificate", .value = &w.site.ca_certificate},
		{.name = "gateway-certificate", .value = &w.gateway_certificate},
		{.name = "crl", .value = &w.crl},
		{.name = "renew-crl", .flag = &w.renew_crl},
		{.name = "renew-gateway", .flag = &w.renew_gateway},
		{.name = "json", .flag = &c.json},
	};
	int first = ost_cli_options("init", options, OST_ARRAY_SIZE(options), argc, argv), r;
	struct ost_pki pki;

	if (first < 0)
		return OST_EXIT_INPUT;
	if (first != argc)
		return ost_cli_fail(
			"init: '%s' is no option; 'ostiary init --help' tells them", argv[first]);
	if (wish_check(&w) != OST_EXIT_OK)
		return OST_EXIT_INPUT;
	(void)umask(022); /* the folders are for ostiary-auth to look into; keys have modes of their
			     own */
	r = ost_say_pki_open(&c, &pki);
	if (r == OST_EXIT_OK) {
		if (w.crl != NULL || w.renew_crl)
			r = crl(&c, &pki, &w);
		else if (w.gateway_certificate != NULL || w.renew_gateway)
			r = gateway(&c, &pki, &w);
		else
			r = make(&c, &pki, &w);
	}
	ost_pki_close(&pki);
	return r;
}
