/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "credential.h"

void ost_talk_begin(struct ost_talk *t, enum ost_observed_protocol protocol)
{
	memset(t, 0, sizeof(*t));
	t->protocol = (uint8_t)protocol;
}

bool ost_talk_protocol(uint16_t service, enum ost_observed_protocol *ret_protocol)
{
	static const struct {
		uint16_t service;
		uint8_t protocol;
	} rows[] = {{21, OST_OBSERVED_FTP}, {23, OST_OBSERVED_TELNET}, {80, OST_OBSERVED_HTTP}, {1883, OST_OBSERVED_MQTT},
		{2323, OST_OBSERVED_TELNET}, {8080, OST_OBSERVED_HTTP}};

	for (size_t i = 0; i < OST_ARRAY_SIZE(rows); i++) {
		if (rows[i].service == service) {
			*ret_protocol = (enum ost_observed_protocol)rows[i].protocol;
			return true;
		}
	}
	return false;
}

enum ost_talk_result ost_talk_feed(struct ost_talk *t, bool reply, const uint8_t *bytes, size_t length, struct ost_credential *ret)
{
	switch (t->protocol) {
	case OST_OBSERVED_TELNET:
		return ost_talk_telnet(t, reply, bytes, length, ret);
	case OST_OBSERVED_FTP:
		return ost_talk_ftp(t, reply, bytes, length, ret);
	case OST_OBSERVED_HTTP:
		return ost_talk_http(t, reply, bytes, length, ret);
	case OST_OBSERVED_MQTT:
		return ost_talk_mqtt(t, reply, bytes, length, ret);
	default:
		return OST_TALK_OVER;
	}
}
