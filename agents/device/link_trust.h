/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between link.c and link_trust.c only. Include <wolfssl/options.h> and <wolfssl/ssl.h> before. */
#pragma once

#include "link.h"

struct link_trust {
	WOLFSSL_CTX *context;
};
