/* os_linux.c: what only Linux answers: huge pages, resident memory, affinity, the clock's state.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* The huge page of x86-64 and of arm64 with 4 KiB pages; elsewhere alignment only costs a little.
 */
#define HUGE_PAGE_BYTES ((size_t)2 << 20)

static size_t round_up(size_t bytes, size_t multiple) {
    return (bytes + multiple - 1) / multiple * multiple;
}

static size_t mapped_bytes(size_t bytes) {
    return round_up(bytes ? bytes : 1, (size_t)sysconf(_SC_PAGESIZE));
}

/* Maps one huge page more than asked for and gives the uneven ends back, because kernels before 6.7
 * do not align large mappings by themselves, and an unaligned one loses its first and last page. */
static int map_pages(size_t bytes, int advice, void **pages, struct wi_err *err) {
    *pages = NULL;
    if (bytes > SIZE_MAX / 2)
        return wi_fail(err, WI_TOO_BIG, "%zu bytes of memory: more than addresses can name", bytes);
    size_t size = mapped_bytes(bytes), slack = size >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : 0;
    unsigned char *base =
        mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return wi_fail(err, WI_TOO_BIG, "%zu bytes of memory: %s", size, strerror(errno));
    if (slack) {
        size_t head = (slack - (uintptr_t)base % slack) % slack;
        if (head)
            munmap(base, head);
        munmap(base + head + size, slack - head);
        base += head;
        madvise(base, size, advice); /* a kernel without huge pages says no */
    }
    *pages = base;
    return WI_OK;
}

int wi_os_pages_map(size_t bytes, void **pages, struct wi_err *err) {
    return map_pages(bytes, MADV_HUGEPAGE, pages, err);
}
int wi_os_pages_map_small(size_t bytes, void **pages, struct wi_err *err) {
    return map_pages(bytes, MADV_NOHUGEPAGE, pages, err);
}

void wi_os_pages_unmap(void *pages, size_t bytes) {
    if (pages)
        munmap(pages, mapped_bytes(bytes));
}

/* A mapping of smaps may be wider than ours, since the kernel joins neighbours; of its huge bytes
 * then count as many as ours is of it, so that neighbours together never have more than there are.
 */
int wi_os_huge_bytes(const void *pages, size_t bytes, uint64_t *huge, struct wi_err *err) {
    FILE *file = fopen("/proc/self/smaps", "re");
    if (!file)
        return wi_fail(err, WI_UNAVAILABLE, "/proc/self/smaps: %s", strerror(errno));
    uint64_t first = (uintptr_t)pages, end = first + bytes, overlap = 0, wide = 1;
    char line[512];
    *huge = 0;
    while (fgets(line, sizeof(line), file)) {
        uint64_t from, to, kib;
        char dash;
        if (sscanf(line, "%" SCNx64 "%c%" SCNx64 " ", &from, &dash, &to) == 3 && dash == '-') {
            uint64_t lo = from > first ? from : first, hi = to < end ? to : end;
            overlap = lo < hi ? hi - lo : 0;
            wide = to > from ? to - from : 1;
        } else if (overlap && sscanf(line, "AnonHugePages: %" SCNu64 " kB", &kib) == 1) {
            *huge += (uint64_t)((double)kib * 1024 * ((double)overlap / (double)wide));
        }
    }
    fclose(file);
    return WI_OK;
}

/* VmHWM belongs to this program's memory alone; ru_maxrss starts at what the parent had at fork. */
uint64_t wi_os_peak_rss_bytes(void) {
    FILE *file = fopen("/proc/self/status", "re");
    uint64_t kib = 0;
    if (file) {
        char line[256];
        while (!kib && fgets(line, sizeof(line), file))
            if (sscanf(line, "VmHWM: %" SCNu64 " kB", &kib) != 1)
                kib = 0;
        fclose(file);
    }
    struct rusage usage;
    if (!kib && getrusage(RUSAGE_SELF, &usage) == 0)
        kib = (uint64_t)usage.ru_maxrss;
    return kib * 1024;
}

/* proc(5), clear_refs: 5 resets the peak resident set size to the present one. */
void wi_os_reset_peak_rss(void) {
    FILE *file = fopen("/proc/self/clear_refs", "we");
    if (!file)
        return;
    fputs("5", file);
    fclose(file);
}

uint64_t wi_os_cpu_ns(void) {
    struct timespec t = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int wi_os_pin_thread(const unsigned *cpus, size_t n) {
    unsigned highest = 0;
    for (size_t i = 0; i < n; i++)
        highest = cpus[i] > highest ? cpus[i] : highest;
    cpu_set_t *set = CPU_ALLOC(highest + 1u);
    size_t bytes = CPU_ALLOC_SIZE(highest + 1u);
    if (!set)
        return WI_UNAVAILABLE;
    CPU_ZERO_S(bytes, set);
    for (size_t i = 0; i < n; i++)
        CPU_SET_S(cpus[i], bytes, set);
    int refused = sched_setaffinity(0, bytes, set);
    CPU_FREE(set);
    return refused ? WI_UNAVAILABLE : WI_OK;
}

/* The kernel refuses a set that is too small for its own, whose size it does not tell: try larger
 * ones (sched_getaffinity(2), "Handling systems with large CPU affinity masks"). */
int wi_os_affinity(struct wi_arena *arena, unsigned **cpus, size_t *count, struct wi_err *err) {
    enum { CPUS_MAX = 1 << 16 };
    *count = 0;
    for (size_t n = 1024; n <= CPUS_MAX; n *= 2) {
        cpu_set_t *set = CPU_ALLOC(n);
        size_t bytes = CPU_ALLOC_SIZE(n);
        if (!set)
            break;
        CPU_ZERO_S(bytes, set);
        bool got = sched_getaffinity(0, bytes, set) == 0;
        bool small = !got && errno == EINVAL;
        if (got) {
            *cpus = WI_NEW_ARRAY(arena, unsigned, (size_t)CPU_COUNT_S(bytes, set) + 1);
            for (size_t i = 0; i < n; i++)
                if (CPU_ISSET_S(i, bytes, set))
                    (*cpus)[(*count)++] = (unsigned)i;
        }
        CPU_FREE(set);
        if (got)
            return WI_OK;
        if (!small)
            break;
    }
    return wi_fail(err, WI_UNAVAILABLE, "CPU affinity of this thread: %s", strerror(errno));
}

uint64_t wi_os_hwcap(unsigned which) {
    return getauxval(which == 2 ? AT_HWCAP2 : AT_HWCAP);
}

int wi_os_random(void *bytes, size_t n) {
    unsigned char *p = bytes;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno != EINTR)
            return WI_UNAVAILABLE;
        if (got > 0) {
            p += got;
            n -= (size_t)got;
        }
    }
    return WI_OK;
}

const char *wi_os_clock_sync(void) {
    struct timex state = {0}; /* modes 0: only asks */
    if (adjtimex(&state) < 0)
        return NULL;
    return state.status & STA_UNSYNC ? "no" : "yes";
}
