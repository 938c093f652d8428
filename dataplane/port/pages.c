/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look-up in a large table misses the TLB on 4 KiB pages (60 percent slower): ask for larger ones. */
#include <sys/mman.h>

#include "port.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define HUGE_BYTES ((size_t)2 << 20)

static bool pages_hugetlb;

void ost_pages_use_hugetlb(bool use)
{
	pages_hugetlb = use;
}

static size_t rounded(size_t bytes)
{
	return (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
}

/* Maps one huge page more than asked and gives back what lies outside the aligned part. */
static void *map_aligned(size_t bytes)
{
	uint8_t *p = mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (p == MAP_FAILED)
		return NULL;
	before = (HUGE_BYTES - ((uintptr_t)p & (HUGE_BYTES - 1))) & (HUGE_BYTES - 1);
	if (before > 0)
		(void)munmap(p, before);
	(void)munmap(p + before + bytes, HUGE_BYTES - before);
	return p + before;
}

void *ost_pages_alloc_sparse(size_t bytes)
{
	void *p;

	if (bytes < HUGE_BYTES) {
		p = aligned_alloc(OST_CACHE_LINE, (bytes + OST_CACHE_LINE - 1) & ~(size_t)(OST_CACHE_LINE - 1));
		return p != NULL ? memset(p, 0, bytes) : NULL;
	}
	if (pages_hugetlb) {
		p = mmap(NULL, rounded(bytes), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
		if (p != MAP_FAILED)
			return p;
	}
	p = map_aligned(rounded(bytes));
	if (p == NULL)
		return NULL;
	(void)madvise(p, rounded(bytes), MADV_HUGEPAGE); /* a wish: without it the table is slower */
	return p;
}

void *ost_pages_alloc(size_t bytes)
{
	void *p = ost_pages_alloc_sparse(bytes);

	/* A wish, too: without it (Linux before 5.14) the first packets wait for pages to be found and zeroed, and memory that
	 * is not there is missed only then. */
	if (p != NULL && bytes >= HUGE_BYTES)
		(void)madvise(p, rounded(bytes), MADV_POPULATE_WRITE);
	return p;
}

void ost_pages_release(void *memory, size_t bytes)
{
	if (memory == NULL)
		return;
	if (bytes < HUGE_BYTES)
		free(memory);
	else
		(void)munmap(memory, rounded(bytes));
}
