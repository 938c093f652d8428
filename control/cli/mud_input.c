/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mud_input.h"

#include "file.h"
#include "mud.h"

static bool is_url(const char *where)
{
	return strstr(where, "://") != NULL;
}

/* Signatures are verified over the bytes before they are read (RFC 8520 section 13): here, once there is who does it. */
int ost_mud_input_open(const char *where, struct ost_mud_input *ret_input)
{
	struct ost_mud_input input = {.name = where, .signature = "not checked"};
	int r;

	if (is_url(where))
		return ost_cli_fail("policy import-mud: a URL is not fetched here; fetch the file and name it");
	r = ost_file_read(where, OST_MUD_FILE_MAX, &input.bytes, &input.length);
	if (r == -EFBIG)
		return ost_cli_fail("%s: it has more than %u MiB; is it a MUD file?", where, OST_MUD_FILE_MAX >> 20);
	if (r < 0)
		return ost_cli_fail("%s: %s", where, r == -EINVAL ? "not a regular file" : strerror(-r));
	*ret_input = input;
	return OST_EXIT_OK;
}

void ost_mud_input_close(struct ost_mud_input *input)
{
	free(input->bytes);
	*input = (struct ost_mud_input){0};
}
