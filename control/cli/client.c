/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client.h"

#include <stdio.h>
#include <time.h>

int ost_client_unreachable(const struct ost_cli *cli, int error)
{
	const char *hint = "start ostiaryd, or use --root DIR";

	if (error == -EACCES)
		hint = "run as root or as a member of group ostiary";
	else if (error == -ENAMETOOLONG)
		hint = "a socket's path has at most 107 bytes: use a shorter --root";
	else if (error == -ETIMEDOUT)
		hint = "it lives but does not answer: look at its log";
	else if (error == -EPROTO || error == -EPIPE)
		hint = "what listens there does not speak its protocol, or went away";
	(void)ost_cli_fail("ostiaryd is not reachable at %s: %s; %s", cli->paths.api_socket, strerror(-error), hint);
	return OST_EXIT_UNREACHABLE;
}

int ost_client_refused(const struct ost_http_reply *reply)
{
	json_t *json = json_loadb(reply->body, reply->length, 0, NULL);
	const char *error = ost_json_text(json, "error"), *hint = ost_json_text(json, "hint");

	(void)ost_cli_fail("%s%s%s", *error != '\0' ? error : "ostiaryd answered with an error",
		*hint != '\0' ? "; " : "", hint);
	json_decref(json);
	return reply->status == 404 || reply->status == 409 ? OST_EXIT_NO : OST_EXIT_INPUT;
}

int ost_client_get(const struct ost_cli *cli, const char *path, json_t **ret_json)
{
	struct ost_http_reply reply;
	int r = ost_http_request(cli->paths.api_socket, "GET", path, NULL, 0, OST_CLIENT_TIMEOUT_S, &reply);
	int exit_code = OST_EXIT_OK;

	if (r < 0)
		return ost_client_unreachable(cli, r);
	*ret_json = NULL;
	if (reply.status != 200)
		exit_code = ost_client_refused(&reply);
	else if (cli->json)
		ost_cli_json_tell(reply.body);
	else
		*ret_json = json_loadb(reply.body, reply.length, 0, NULL);
	if (exit_code == OST_EXIT_OK && !cli->json && *ret_json == NULL)
		exit_code = ost_client_unreachable(cli, -EPROTO);
	ost_http_reply_free(&reply);
	return exit_code;
}

int ost_client_order(const struct ost_cli *cli, const char *device, const char *order, const char *key, const char *text, bool quiet,
	unsigned *ret_status, json_t **ret_json)
{
	struct ost_http_reply reply;
	char path[512], name[400];
	char *body;
	json_t *json;
	int r;

	*ret_status = 0;
	if (ost_http_path("/v1/devices/", device, name, sizeof(name)) < 0)
		return ost_cli_fail("'%.80s' is no name of a device", device);
	(void)snprintf(path, sizeof(path), "%s/%s", name, order);
	json = json_pack("{s:s}", key, text);
	body = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (body == NULL)
		return ost_cli_fail("the reason is no text, or memory is short");
	r = ost_http_request(cli->paths.api_socket, "POST", path, body, strlen(body), OST_CLIENT_TIMEOUT_S, &reply);
	free(body);
	if (r < 0)
		return quiet ? OST_EXIT_UNREACHABLE : ost_client_unreachable(cli, r);
	*ret_status = reply.status;
	if (reply.status == 200) {
		*ret_json = json_loadb(reply.body, reply.length, 0, NULL);
		r = OST_EXIT_OK;
	} else {
		r = quiet ? OST_EXIT_NO : ost_client_refused(&reply);
	}
	ost_http_reply_free(&reply);
	return r;
}

int ost_client_post(const struct ost_cli *cli, const char *path, const json_t *body, json_t **ret_json)
{
	struct ost_http_reply reply;
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	int r;

	if (text == NULL)
		return ost_cli_fail("the reason is no text, or memory is short");
	r = ost_http_request(cli->paths.api_socket, "POST", path, text, strlen(text), OST_CLIENT_TIMEOUT_S, &reply);
	free(text);
	if (r < 0)
		return ost_client_unreachable(cli, r);
	if (reply.status == 200) {
		*ret_json = json_loadb(reply.body, reply.length, 0, NULL);
		r = *ret_json != NULL ? OST_EXIT_OK : ost_client_unreachable(cli, -EPROTO);
	} else {
		r = ost_client_refused(&reply);
	}
	ost_http_reply_free(&reply);
	return r;
}

json_t *ost_client_look(const struct ost_cli *cli, const char *path)
{
	struct ost_http_reply reply;
	json_t *json;

	if (ost_http_request(cli->paths.api_socket, "GET", path, NULL, 0, OST_CLIENT_TIMEOUT_S, &reply) < 0)
		return NULL;
	json = reply.status == 200 ? json_loadb(reply.body, reply.length, 0, NULL) : NULL;
	ost_http_reply_free(&reply);
	return json;
}

bool ost_client_reload(const struct ost_cli *cli)
{
	struct ost_http_reply reply;

	if (ost_http_request(cli->paths.api_socket, "POST", "/v1/auth/reload", NULL, 0, OST_CLIENT_TIMEOUT_S, &reply) < 0)
		return false;
	ost_http_reply_free(&reply);
	return true;
}

const char *ost_json_text(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text != NULL ? text : "";
}

uint64_t ost_json_u64(const json_t *json, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(json, key));

	return value > 0 ? (uint64_t)value : 0;
}

int64_t ost_json_time_s(const json_t *json, const char *key)
{
	struct tm tm = {0};

	return strptime(ost_json_text(json, key), "%Y-%m-%dT%H:%M:%S", &tm) != NULL ? (int64_t)timegm(&tm) : 0;
}

bool ost_json_true(const json_t *json, const char *key)
{
	return json_is_true(json_object_get(json, key));
}
