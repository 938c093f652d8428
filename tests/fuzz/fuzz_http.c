/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a web server answers. The first byte says how it is cut into pieces: the outcome is the same as in one piece. Where it sends
 * to is an address that is read as it was written. */
#include "reply.h"
#include "url.h"

#define BODY_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(struct ost_reply *reply, const uint8_t *bytes, size_t size, size_t piece)
{
	int r = 0;

	ost_reply_open(reply, BODY_MAX);
	for (size_t at = 0; at < size && r == 0; at += piece) {
		size_t n = OST_MIN(piece, size - at);
		uint8_t *copy = malloc(n);

		if (copy == NULL)
			abort();
		memcpy(copy, bytes + at, n);
		r = ost_reply_take(reply, copy, n);
		free(copy);
		/* One piece ends with the answer, and what stands behind it comes in the next one: then it is refused there. */
		if (r == 1 && reply->status == 200 && at + n < size)
			r = ost_reply_take(reply, bytes + at + n, 1);
	}
	return r;
}

static void location_follow(const struct ost_reply *reply)
{
	struct ost_mud_url base, to, again;
	const char *flaw = NULL;

	if (ost_mud_url_read("https://maker.example:8443/a/b/c?d", &base, &flaw) < 0)
		abort();
	if (ost_mud_url_resolve(&base, reply->location, &to, &flaw) < 0) {
		if (flaw == NULL)
			abort();
		return;
	}
	if (ost_mud_url_read(to.text, &again, &flaw) < 0 || memcmp(&to, &again, sizeof(to)) != 0)
		abort();
	if (strncasecmp(to.text, "https://", 8) != 0 || to.port == 0 || to.host[0] == '\0' || to.target[0] != '/' ||
		strpbrk(to.target, " \r\n#") != NULL || strpbrk(to.host, "/@ \r\n%") != NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ost_reply whole, parts;
	int r, s;

	if (size < 2)
		return 0;
	r = take(&whole, data + 1, size - 1, size);
	s = take(&parts, data + 1, size - 1, (size_t)data[0] + 1);
	if (r != s || whole.length > BODY_MAX || (r < 0) != (whole.flaw != NULL))
		abort();
	if (r == 1 && (whole.status != parts.status || whole.length != parts.length ||
			      (whole.length > 0 && memcmp(whole.body, parts.body, whole.length) != 0) || strcmp(whole.location, parts.location) != 0))
		abort();
	if (r < 0 && whole.flaw != parts.flaw)
		abort();
	if (r == 1 && whole.location[0] != '\0')
		location_follow(&whole);
	ost_reply_close(&whole);
	ost_reply_close(&parts);
	return 0;
}
