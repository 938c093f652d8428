/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TLS library's numbers as the closed list of reasons, the same for both ends. */
#pragma once

#include "messages.h"

/* What the library found wrong with the other end's certificate, or with its offer. NONE: it says nothing of these. */
enum ost_auth_reason ost_tls_reason_of(int error);
