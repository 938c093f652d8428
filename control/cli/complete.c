/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ostiary complete WHAT: names that ostiaryd knows, for the shell. */
#include <stdio.h>

#include "client.h"
#include "text.h"

#define TIMEOUT_S 1u

static const struct names {
	const char *what, *path, *list, *key;
	const char *inner; /* a list within each item, whose items have the key; NULL: the items themselves */
} names[] = {
	{"devices", "/v1/devices?limit=10000", "devices", "name", NULL},
	{"generations", "/v1/policy/generations?limit=100", "generations", "generation", NULL},
	{"refusals", "/v1/refusals?limit=1000", "refusals", "id", NULL},
	{"tags", "/v1/tags", "tags", "name", NULL},
	{"incidents", "/v1/incidents?state=all&limit=1000", "incidents", "id", NULL},
	{"causes", "/v1/incidents?state=all&limit=1000", "incidents", "cause", NULL},
	{"regimes", "/v1/regimes", "regimes", "id", NULL},
	{"stages", "/v1/regimes", "regimes", "id", "stages"},
	{"moments", "/v1/regimes", "regimes", "id", "moments"},
};

static void name_print(const json_t *item, const char *key)
{
	const char *text = ost_json_text(item, key);

	if (ost_json_u64(item, key) != 0)
		(void)printf("%llu\n", (unsigned long long)ost_json_u64(item, key));
	else if (*text != '\0' && strpbrk(text, " \t\n$`\\\"'") == NULL && ost_text_is_plain(text, strlen(text)))
		(void)puts(text);
}

static void ask(const struct ost_cli *cli, const struct names *n)
{
	struct ost_http_reply reply;
	json_t *answer;
	const json_t *item, *inner;
	size_t i, k;

	if (ost_http_request(cli->paths.api_socket, "GET", n->path, NULL, 0, TIMEOUT_S, &reply) < 0)
		return;
	answer = json_loadb(reply.body, reply.length, 0, NULL);
	ost_http_reply_free(&reply);
	json_array_foreach(json_object_get(answer, n->list), i, item) {
		if (n->inner == NULL)
			name_print(item, n->key);
		json_array_foreach(n->inner != NULL ? json_object_get(item, n->inner) : NULL, k, inner)
			name_print(inner, n->key);
	}
	json_decref(answer);
}

void ost_complete_names(const struct ost_cli *cli, const char *what)
{
	for (size_t i = 0; i < OST_ARRAY_SIZE(names); i++) {
		if (strcmp(what, names[i].what) == 0)
			ask(cli, &names[i]);
	}
}
