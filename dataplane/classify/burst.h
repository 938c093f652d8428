/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hot files are compiled several times, each time for another instruction set; their functions bear
 * the variant's name. classifier.c chooses one at start. */
#pragma once

#include "classifier.h"

#define OST_VARIANT_JOIN2(name, variant) name##_##variant
#define OST_VARIANT_JOIN(name, variant)	 OST_VARIANT_JOIN2(name, variant)
#ifdef OST_VARIANT
#define OST_VARIANT_NAME(name) OST_VARIANT_JOIN(name, OST_VARIANT)
#endif

/* ost_first: one_port: all packets came from one port. */
#define OST_BURST_DECLARE(variant)                                                                        \
	void ost_burst_##variant(struct ost_classifier *c, const struct ost_frame *frames, uint32_t n,     \
		struct ost_verdict *verdicts);                                                             \
	void ost_first_##variant(struct ost_classifier *c, struct ost_packet **packets,                    \
		struct ost_verdict **verdicts, uint32_t n, bool one_port);

OST_BURST_DECLARE(plain)
OST_BURST_DECLARE(avx2)
OST_BURST_DECLARE(avx512)
