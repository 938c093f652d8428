/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The EAL's arguments, chosen for the machine. Several data planes live on one machine (labs, tests): no
 * shared files, no telemetry socket, no PCI scan unless a port asks for it. */
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>

#include "log.h"
#include "port.h"

#define EAL_ARGS_MAX (32 + 2 * (int)OST_PORTS_MAX)
#define EAL_TEXT     256

struct eal_args {
	char text[EAL_ARGS_MAX][EAL_TEXT];
	char *argv[EAL_ARGS_MAX + 1];
	int argc;
};

static void arg(struct eal_args *a, const char *fmt, ...) OST_PRINTF(2, 3);
static void arg(struct eal_args *a, const char *fmt, ...)
{
	va_list ap;

	if (a->argc >= EAL_ARGS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(a->text[a->argc], EAL_TEXT, fmt, ap);
	va_end(ap);
	a->argv[a->argc] = a->text[a->argc];
	a->argc++;
}

/* Free bytes in hugepages of the default size, from /proc/meminfo. */
static uint64_t hugepage_free_bytes(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long pages = 0, kib = 0;
	char line[128];

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		(void)sscanf(line, "HugePages_Free: %llu", &pages);
		(void)sscanf(line, "Hugepagesize: %llu kB", &kib);
	}
	(void)fclose(f);
	return pages * kib * 1024;
}

static int hugepages_choose(const struct ost_site_file *file, struct ost_diag *diag, bool *ret_use)
{
	uint64_t want = (uint64_t)file->memory_mib << 20, have = hugepage_free_bytes();

	if (file->hugepages == OST_HUGEPAGES_YES && have < want) {
		ost_diag_error(diag, (struct ost_pos){0},
			"reserve them (sysctl vm.nr_hugepages=...) or write hugepages: auto",
			"hugepages: yes, but only %llu of %u MiB are free in hugepages",
			(unsigned long long)(have >> 20), file->memory_mib);
		return -EINVAL;
	}
	*ret_use = file->hugepages != OST_HUGEPAGES_NO && have >= want;
	return 0;
}

/* CPUs that we may run on, in EAL's form "0,1,4". */
static uint32_t cpus_of(const cpu_set_t *set, char *text, size_t size, int *list)
{
	uint32_t n = 0;
	size_t used = 0;

	text[0] = '\0';
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && used + 8 < size; cpu++) {
		if (!CPU_ISSET(cpu, set))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%u", n > 0 ? "," : "", cpu);
		list[n++] = (int)cpu;
	}
	return n;
}

/* lcore 0 is the main thread, which sleeps; lcores 1.. are the workers. With a physical NIC and enough
 * CPUs each worker has one of its own, from the last one down. Otherwise the kernel places them: pinned
 * threads of two labs would share one CPU while another is idle. */
static void lcores_arg(struct eal_args *a, const struct ost_site_file *file, bool own_cpus)
{
	char text[EAL_TEXT], cpus[EAL_TEXT / 2];
	int list[CPU_SETSIZE] = {0};
	cpu_set_t set;
	uint32_t n;
	size_t used;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		CPU_SET(0, &set);
	n = cpus_of(&set, cpus, sizeof(cpus), list);
	used = (size_t)snprintf(text, sizeof(text), "0@(%s)", cpus);
	for (uint32_t w = 1; w <= file->workers && used < sizeof(text); w++) {
		if (own_cpus && n > file->workers)
			used += (size_t)snprintf(text + used, sizeof(text) - used, ",%u@%d", w, list[n - w]);
		else
			used += (size_t)snprintf(text + used, sizeof(text) - used, ",%u@(%s)", w, cpus);
	}
	if (file->workers > n)
		ost_log_warning("%u workers on %u CPUs: they take turns", file->workers, n);
	arg(a, "--lcores");
	arg(a, "%s", text);
}

static void args_build(struct eal_args *a, const struct ost_site_file *file, bool hugepages)
{
	bool pci = false;

	arg(a, "ostiary-dataplane");
	for (uint32_t i = 0; i < file->port_count; i++) {
		if (file->ports[i].driver != OST_DRIVER_PCI)
			continue;
		pci = true;
		arg(a, "-a");
		arg(a, "%s", file->ports[i].pci);
	}
	lcores_arg(a, file, pci);
	if (!pci)
		arg(a, "--no-pci");
	if (hugepages) {
		arg(a, "--in-memory");
	} else {
		arg(a, "--no-huge");
		arg(a, "--no-shconf");
	}
	arg(a, "-m");
	arg(a, "%u", file->memory_mib);
	arg(a, "--file-prefix");
	arg(a, "ostiary"); /* nothing is written below it */
	arg(a, "--no-telemetry");
	arg(a, "--log-level=warning");
}

/* DPDK's own lines go into our log, with our mark. */
static ssize_t log_cookie_write(void *cookie, const char *bytes, size_t length)
{
	size_t n = length;

	(void)cookie;
	while (n > 0 && bytes[n - 1] == '\n')
		n--;
	if (n > 0)
		ost_log_warning("DPDK: %.*s", (int)OST_MIN(n, (size_t)500), bytes);
	return (ssize_t)length;
}

static void log_redirect(void)
{
	const cookie_io_functions_t io = {.write = log_cookie_write};
	FILE *f = fopencookie(NULL, "w", io);

	if (f == NULL)
		return;
	(void)setvbuf(f, NULL, _IOLBF, 1024);
	(void)rte_openlog_stream(f);
}

int ost_eal_start(const struct ost_site_file *file, struct ost_diag *diag, bool *ret_hugepages)
{
	struct eal_args args = {0};
	bool hugepages;
	int r = hugepages_choose(file, diag, &hugepages);

	if (r < 0)
		return r;
	args_build(&args, file, hugepages);
	log_redirect();
	if (rte_eal_init(args.argc, args.argv) < 0) {
		/* Another program took them after we looked, or has reserved them: the EAL cannot
		 * be tried twice in one process. */
		if (hugepages && file->hugepages == OST_HUGEPAGES_AUTO)
			return -EAGAIN;
		ost_diag_error(diag, (struct ost_pos){0},
			hugepages ? "run it as root, or write hugepages: no" : "run it as root, or lower memory:",
			"DPDK does not start: %s", rte_strerror(rte_errno));
		return -EINVAL;
	}
	ost_log_info("DPDK runs %s, %u MiB", hugepages ? "on hugepages" : "without hugepages (--no-huge)", file->memory_mib);
	ost_pages_use_hugetlb(hugepages);
	*ret_hugepages = hugepages;
	return 0;
}
