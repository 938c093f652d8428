/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan_established.h"

#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "policy_form.h"
#include "policy_input.h"
#include "show.h"

#define DEVICES_SHOWN 10u

static void answer_take(const struct ost_http_reply *reply, struct ost_plan_established *e)
{
	json_t *answer = json_loadb(reply->body, reply->length, 0, NULL);
	const char *error = ost_json_text(answer, "error");

	if (reply->status == 200 && json_is_object(answer)) {
		e->answer = answer;
		return;
	}
	(void)snprintf(e->why, sizeof(e->why), "%.400s", *error != '\0' ? error : "ostiaryd answered with an error");
	json_decref(answer);
}

void ost_plan_established_ask(const struct ost_cli *cli, const struct ost_policy *policy, struct ost_plan_established *e)
{
	struct ost_policy_sources sources = {0};
	struct ost_http_reply reply;
	struct ost_cli_form form = {0};
	int r = -ENOMEM;

	e->asked = true;
	if (ost_cli_sources_read(policy, &sources) != OST_EXIT_OK) {
		(void)snprintf(e->why, sizeof(e->why), "a file of the policy cannot be read again");
		ost_policy_sources_free(&sources);
		return;
	}
	if (ost_cli_form_make(&sources, NULL, 0, &form) == OST_EXIT_OK)
		r = ost_http_post(cli->paths.api_socket, "/v1/policy/plan", &form.body, OST_CLIENT_TIMEOUT_S, &reply);
	ost_cli_form_free(&form);
	ost_policy_sources_free(&sources);
	if (r < 0) {
		(void)snprintf(e->why, sizeof(e->why), "ostiaryd does not answer: %s", strerror(-r));
		return;
	}
	answer_take(&reply, e);
	ost_http_reply_free(&reply);
}

void ost_plan_established_free(struct ost_plan_established *e)
{
	json_decref(e->answer);
	e->answer = NULL;
}

/* ---- text ---- */

static void end_words(const char *ip, const json_t *flow, const char *port, char buf[static 64])
{
	bool v6 = strchr(ip, ':') != NULL, ports = json_object_get(flow, port) != NULL;

	(void)snprintf(buf, 64, "%s%.45s%s", v6 && ports ? "[" : "", ip, v6 && ports ? "]" : "");
	if (ports)
		(void)snprintf(buf + strlen(buf), 64 - strlen(buf), ":%" PRIu64, ost_json_u64(flow, port));
}

static void flow_print(const struct ost_cli *cli, const json_t *flow)
{
	const char *protocol = ost_json_text(flow, "protocol");
	bool to = strcmp(ost_json_text(flow, "direction"), "to") == 0;
	char own[64], peer[64], number[16] = "";

	end_words(ost_json_text(flow, "device_ip"), flow, "device_port", own);
	end_words(ost_json_text(flow, "peer_ip"), flow, "peer_port", peer);
	if (*protocol == '\0')
		(void)snprintf(number, sizeof(number), "ip/%" PRIu64, ost_json_u64(flow, "ip_protocol"));
	ost_show_line(cli, 0, 6, "    %s %s %s %s   %s", *protocol != '\0' ? protocol : number, own, to ? "to" : "from", peer, ost_json_text(flow, "reason"));
}

static void device_print(const struct ost_cli *cli, const json_t *answer, const json_t *device)
{
	const char *name = ost_json_text(device, "device");
	char flows[OST_SHOW_TEXT];
	const json_t *flow;
	size_t i;

	ost_show_line(cli, 0, 4, "  %s: %s", name, ost_show_things(ost_json_u64(device, "flows_cut"), "flow", flows));
	json_array_foreach(json_object_get(answer, "examples"), i, flow) {
		if (strcmp(ost_json_text(flow, "device"), name) == 0)
			flow_print(cli, flow);
	}
}

void ost_plan_established_print(const struct ost_cli *cli, const struct ost_plan_established *e, bool all)
{
	uint64_t cut = ost_json_u64(e->answer, "flows_cut"), devices = ost_json_u64(e->answer, "devices_cut");
	char cut_text[OST_SHOW_TEXT], devices_text[OST_SHOW_TEXT], standing[OST_SHOW_TEXT];
	const json_t *device;
	size_t i, shown = 0;

	if (!e->asked)
		return;
	if (e->answer == NULL) {
		ost_show_line(cli, 0, 2, "%sestablished flows: not counted%s: %s", ost_show_colour(cli, OST_COLOUR_WARN), ost_show_plain(cli), e->why);
		return;
	}
	(void)ost_show_count(ost_json_u64(e->answer, "flows_standing"), standing);
	if (cut == 0) {
		ost_show_line(cli, 0, 2, "established flows: none would be cut, %s would stay", standing);
		return;
	}
	ost_show_line(cli, 0, 2, "established flows: %s%s would be cut%s, of %s; %s would stay", ost_show_colour(cli, OST_COLOUR_BAD),
		ost_show_count(cut, cut_text), ost_show_plain(cli), ost_show_things(devices, "device", devices_text), standing);
	json_array_foreach(json_object_get(e->answer, "devices"), i, device) {
		if (!all && i >= DEVICES_SHOWN)
			break;
		device_print(cli, e->answer, device);
		shown++;
	}
	if (devices > shown)
		(void)printf("  ... and %" PRIu64 " more devices%s\n", devices - shown, all ? "" : ": --all");
}

/* ---- JSON ---- */

static void flow_json(struct ost_jsonw *w, const json_t *flow)
{
	static const char *const texts[] = {"device", "direction", "device_ip", "peer_ip", "protocol", "reason"};
	static const char *const numbers[] = {"ip_protocol", "icmp_type", "icmp_code", "device_port", "peer_port"};

	ost_jsonw_object(w, NULL);
	for (size_t i = 0; i < OST_ARRAY_SIZE(texts); i++) {
		if (json_object_get(flow, texts[i]) != NULL)
			ost_jsonw_string(w, texts[i], json_string_value(json_object_get(flow, texts[i])));
	}
	for (size_t i = 0; i < OST_ARRAY_SIZE(numbers); i++) {
		if (json_object_get(flow, numbers[i]) != NULL)
			ost_jsonw_u64(w, numbers[i], ost_json_u64(flow, numbers[i]));
	}
	ost_jsonw_end(w, '}');
}

void ost_plan_established_json(struct ost_jsonw *w, const struct ost_plan_established *e)
{
	const json_t *item;
	size_t i;

	if (!e->asked) {
		ost_jsonw_string(w, "established", NULL);
		return;
	}
	ost_jsonw_object(w, "established");
	ost_jsonw_bool(w, "counted", e->answer != NULL);
	if (e->answer == NULL) {
		ost_jsonw_string(w, "why", e->why);
		ost_jsonw_end(w, '}');
		return;
	}
	ost_jsonw_u64(w, "flows_standing", ost_json_u64(e->answer, "flows_standing"));
	ost_jsonw_u64(w, "flows_cut", ost_json_u64(e->answer, "flows_cut"));
	ost_jsonw_u64(w, "devices_cut", ost_json_u64(e->answer, "devices_cut"));
	ost_jsonw_array(w, "devices");
	json_array_foreach(json_object_get(e->answer, "devices"), i, item) {
		ost_jsonw_object(w, NULL);
		ost_jsonw_string(w, "device", ost_json_text(item, "device"));
		ost_jsonw_u64(w, "flows_cut", ost_json_u64(item, "flows_cut"));
		ost_jsonw_end(w, '}');
	}
	ost_jsonw_end(w, ']');
	ost_jsonw_array(w, "examples");
	json_array_foreach(json_object_get(e->answer, "examples"), i, item)
		flow_json(w, item);
	ost_jsonw_end(w, ']');
	ost_jsonw_end(w, '}');
}
