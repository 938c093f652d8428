/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

int ost_convert_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 2;
}
