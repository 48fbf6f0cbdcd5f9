/* check_limits.c: arithmetic loops, readers and copiers of every unit; check_limits.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "check_limits.h"

#include "kernels/cpu/peak.h"
#include "kernels/cpu/stream.h"
#include "kernels/cpu/units.h"
#include "results/record.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 16, LINES_MOST = 70 };

typedef void (*telling)(bool ok, const char *what, const char *text);

/* ---- arithmetic ---- */

#define PEAKS(unit, ...) extern const struct wi_peak wi_peaks__cpu_##unit[];
WI_CPU_DOT_UNITS(PEAKS, )
WI_CPU_BF16_UNITS(PEAKS, )

static bool peak_is_right(const struct wi_peak *p, size_t steps) {
    double each = p->settles != 0 ? p->settles : p->each * (double)steps;
    return p->run(steps) == each * p->lanes;
}

static void check_peaks(const struct wi_peak *p, telling result) {
    static const size_t steps[] = {WI_PEAK_STEPS_LEAST, 100, 4097};
    for (; p->how != NULL; p++) {
        char what[64], text[64];
        bool right = p->products > 0 && p->lanes > 0;
        for (size_t i = 0; i < WI_COUNT(steps); i++)
            right = right && peak_is_right(p, steps[i]);
        /* The last step is done, and none too many. */
        right = right && (p->settles != 0 || p->run(2) - p->run(1) == p->each * p->lanes);
        snprintf(what, sizeof what, "peak: %s", p->how);
        snprintf(text, sizeof text, "%s, %u products a step", p->arithmetic, p->products);
        result(right, what, text);
    }
}

/* ---- reading and copying ---- */

#define STREAMS(unit, ...)                                                                         \
    extern const struct wi_stream_reader wi_stream_readers__cpu_##unit[];                          \
    extern const struct wi_stream_copier wi_stream_copiers__cpu_##unit[];
WI_CPU_UNITS(STREAMS, )

static _Alignas(64) uint32_t from[LINES_MOST * LINE], to[(LINES_MOST + 1) * LINE];

static void fill(void) {
    for (size_t i = 0; i < LINES_MOST * LINE; i++)
        from[i] = (uint32_t)i * 2654435761u + 12345u;
}

/* Every word counts, whatever the number of lines is to the streams. */
static bool reads_all(wi_stream_read read) {
    for (size_t lines = 0; lines <= LINES_MOST; lines++) {
        uint32_t sum = 0;
        for (size_t i = 0; i < lines * LINE; i++)
            sum += from[i];
        if (read(from, lines) != sum)
            return false;
    }
    return true;
}

static bool copies_all(wi_stream_copy copy) {
    for (size_t lines = 0; lines <= LINES_MOST; lines += 7) {
        memset(to, 0x55, sizeof to);
        copy(to, from, lines, 99);
        for (size_t i = 0; i < (lines + 1) * LINE; i++)
            if (to[i] != (i < lines * LINE ? from[i] + 99 : 0x55555555))
                return false;
    }
    return true;
}

static void check_streams(const char *unit, const struct wi_stream_reader *r,
                          const struct wi_stream_copier *c, telling result) {
    char what[64];
    for (; r->how != NULL; r++) {
        snprintf(what, sizeof what, "read: %s %s", unit, r->how);
        result(reads_all(r->read), what, "sums of 0 to 70 lines");
    }
    for (; c->how != NULL; c++) {
        snprintf(what, sizeof what, "copy: %s %s", unit, c->how);
        result(copies_all(c->copy), what, "all of it and nothing behind it");
    }
}

void check_limits(uint64_t isa, telling result) {
    fill();
#define CHECK_PEAKS(unit, ...)                                                                     \
    if ((WI_CPU_NEEDS_##unit & ~isa) == 0)                                                         \
        check_peaks(wi_peaks__cpu_##unit, result);
    WI_CPU_DOT_UNITS(CHECK_PEAKS, )
    WI_CPU_BF16_UNITS(CHECK_PEAKS, )
#define CHECK_STREAMS(unit, ...)                                                                   \
    if ((WI_CPU_NEEDS_##unit & ~isa) == 0)                                                         \
        check_streams(#unit, wi_stream_readers__cpu_##unit, wi_stream_copiers__cpu_##unit, result);
    WI_CPU_UNITS(CHECK_STREAMS, )
}
