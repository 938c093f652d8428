/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile text on its way out. */
#pragma once

#include "format.h"

/* 0 or -ENOMEM. Nothing is appended then. */
int ost_text_append(struct ost_format_text *text, const char *bytes, size_t length) OST_MUST_CHECK;
/* JSON that is valid, one line, NUL-terminated, with each hidden character as \u.... : they can only stand inside strings. */
int ost_text_json(struct ost_format_text *text, const char *json, size_t length) OST_MUST_CHECK;
