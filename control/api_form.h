/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The body of an apply or a plan in parts, multipart/form-data (RFC 7578): the part "request" is the JSON object of api_apply.h whose
 * sources have no text, and the parts "0", "1" and so on are their texts in this order, as they lie on the disk.
 *
 * A policy of megabytes that is a JSON text must be escaped, read character by character and copied: a tenth of a second a few
 * megabytes, in the event loop. As a part it is copied once, as it comes.
 */
#pragma once

#include "api_apply.h"

struct MHD_Connection;
struct ost_api_form;

/* Whether a Content-Type (or NULL) announces one whose boundary we read: 2 to 70 letters, digits and '()+_,-./:=? without quotes. */
bool ost_api_form_announced(const char *content_type);

/* connection NULL: without a parser, for those who call ost_api_form_part(). -ENOMEM. */
int ost_api_form_new(struct MHD_Connection *connection, struct ost_api_form **ret_form) OST_MUST_CHECK;
void ost_api_form_free(struct ost_api_form **form);

/* The next bytes of the body. What is wrong with it ost_api_form_end() tells. -EFBIG: more than a body may have; -ENOMEM. */
int ost_api_form_add(struct ost_api_form *form, const char *bytes, size_t length) OST_MUST_CHECK;

/* Bytes of a part, from an offset on, the next ones each time. False: no memory. */
bool ost_api_form_part(struct ost_api_form *form, const char *name, uint64_t offset, const char *bytes, size_t length);

/* All has come. -EINVAL and a sentence in why; -ENOMEM. */
int ost_api_form_end(struct ost_api_form *form, struct ost_api_sources **ret_sources, char why[static 256]) OST_MUST_CHECK;
