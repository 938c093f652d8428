/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canonical layout of a policy file, comments kept.
 *
 * What is written in blocks stays in blocks, two spaces a level; what is written in brackets becomes one line, or a block when the line
 * would be longer than 120 columns or has comments inside. Comments keep their place: on the line of what they follow, before what
 * they precede, or at the end of the block that they are indented as. Runs of empty lines become one; sections of the file that take
 * several lines stand apart. Texts are never changed, single quotes become double ones. Formatting what was formatted changes nothing.
 *
 * Nothing of the meaning changes: the tree of the result is compared with that of the file before it is given out.
 */
#pragma once

#include "diag.h"

/* 0 and a text of ret_length bytes with a NUL behind it, for free(3); -EINVAL with errors in diag: the file is no YAML that is read
 * here; -ENOMEM. name is borrowed by the findings. Any thread. */
int ost_policy_format(const char *name, const char *bytes, size_t length, struct ost_diag *diag, char **ret_text, size_t *ret_length)
	OST_MUST_CHECK;
