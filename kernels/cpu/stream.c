/* stream.c: memory at most.
 *
 *   plain           one stream, whatever the core looks ahead by itself
 *   non-temporal    one stream, asked for ahead of time and past the outer caches; copies write
 * past them, which saves reading what is overwritten 4, 8 streams    places that advance together,
 * each asked for ahead of time, as gemv.c reads weights: one stream a core leaves memory waiting on
 * cores that look ahead little SPDX-License-Identifier: Apache-2.0 */
#include "kernels/cpu/stream.h"

#include "kernels/cpu/vec.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

extern const struct wi_stream_reader OF_UNIT(wi_stream_readers)[];
extern const struct wi_stream_copier OF_UNIT(wi_stream_copiers)[];

/* AHEAD: lines; 1 KiB as in gemv.c, where one stream asks for more since it is alone. */
enum { LINE = 16, PER_LINE = LINE / LANES, STREAMS_MOST = 8, AHEAD = 16, AHEAD_ALONE = 64 };

/* A line's vectors go to sums of their own, so that adds never wait for each other. */
INLINE void add_line(const uint32_t *line, vu *sums) {
#pragma GCC unroll 4
    for (int i = 0; i < PER_LINE; i++) {
        vu v;
        memcpy(&v, line + (size_t)i * LANES, sizeof v);
        sums[i] += v;
    }
}
INLINE uint32_t sum_of(const vu *sums, int n) {
    uint32_t sum = 0;
    for (int i = 0; i < n; i++)
        for (int l = 0; l < LANES; l++)
            sum += sums[i][l];
    return sum;
}

/* ---- reading ---- */

enum ask { ASK_nothing, ASK_nontemporal };

INLINE uint32_t read_one(const uint32_t *words, size_t lines, enum ask ask) {
    vu sums[4 * PER_LINE] = {{0}};
    size_t i = 0;
    for (; i + 4 <= lines; i += 4) {
#pragma GCC unroll 4
        for (size_t j = 0; j < 4; j++) {
            const uint32_t *line = words + (i + j) * LINE;
            if (ask == ASK_nontemporal) /* a hint: past the end it does no harm */
                __builtin_prefetch(line + (size_t)AHEAD_ALONE * LINE, 0, 0);
            add_line(line, sums + j * PER_LINE);
        }
    }
    for (; i < lines; i++)
        add_line(words + i * LINE, sums);
    return sum_of(sums, 4 * PER_LINE);
}

/* `streams` parts of equal length side by side, then what is left over. */
INLINE uint32_t read_many(const uint32_t *words, size_t lines, size_t streams) {
    vu sums[STREAMS_MOST * PER_LINE] = {{0}};
    size_t part = lines / streams;
    for (size_t i = 0; i < part; i++) {
#pragma GCC unroll 8
        for (size_t s = 0; s < streams; s++) {
            const uint32_t *line = words + (s * part + i) * LINE;
            __builtin_prefetch(line + (size_t)AHEAD * LINE);
            add_line(line, sums + s % 4 * PER_LINE);
        }
    }
    return sum_of(sums, STREAMS_MOST * PER_LINE) +
           read_one(words + streams * part * LINE, lines - streams * part, ASK_nothing);
}

static uint32_t read_plain(const uint32_t *words, size_t lines) {
    return read_one(words, lines, ASK_nothing);
}
static uint32_t read_nontemporal(const uint32_t *words, size_t lines) {
    return read_one(words, lines, ASK_nontemporal);
}
static uint32_t read_4_streams(const uint32_t *words, size_t lines) {
    return read_many(words, lines, 4);
}
static uint32_t read_8_streams(const uint32_t *words, size_t lines) {
    return read_many(words, lines, 8);
}
const struct wi_stream_reader OF_UNIT(wi_stream_readers)[] = {{"plain", read_plain},
                                                              {"non-temporal", read_nontemporal},
                                                              {"4 streams", read_4_streams},
                                                              {"8 streams", read_8_streams},
                                                              {NULL, NULL}};

/* ---- copying ---- */

static void copy_plain(uint32_t *to, const uint32_t *from, size_t lines, uint32_t more) {
    for (size_t i = 0; i < lines * LINE; i += LANES) {
        vu v;
        memcpy(&v, from + i, sizeof v);
        v += more;
        memcpy(to + i, &v, sizeof v);
    }
}

#if defined(__x86_64__) || defined(__aarch64__)
INLINE void store_line_past_caches(uint32_t *to, const vu *line) {
#if defined(WI_VEC_avx512)
    _mm512_stream_si512((__m512i *)(void *)to, (__m512i)line[0]);
#elif defined(WI_VEC_avx2)
    _mm256_stream_si256((__m256i *)(void *)to, (__m256i)line[0]);
    _mm256_stream_si256((__m256i *)(void *)(to + LANES), (__m256i)line[1]);
#elif defined(__x86_64__)
    for (size_t i = 0; i < PER_LINE; i++)
        _mm_stream_si128((__m128i *)(void *)(to + i * LANES), (__m128i)line[i]);
#else
    __asm__ volatile("stnp %q1, %q2, [%0]" : : "r"(to), "w"(line[0]), "w"(line[1]) : "memory");
    __asm__ volatile("stnp %q1, %q2, [%0]"
                     :
                     : "r"(to + 2 * LANES), "w"(line[2]), "w"(line[3])
                     : "memory");
#endif
}
static void copy_nontemporal(uint32_t *to, const uint32_t *from, size_t lines, uint32_t more) {
    for (size_t i = 0; i < lines; i++) {
        vu line[PER_LINE];
        memcpy(line, from + i * LINE, sizeof line);
        for (int j = 0; j < PER_LINE; j++)
            line[j] += more;
        store_line_past_caches(to + i * LINE, line);
    }
#if defined(__x86_64__)
    _mm_sfence(); /* such stores are not ordered by themselves */
#endif
}
const struct wi_stream_copier OF_UNIT(wi_stream_copiers)[] = {
    {"plain", copy_plain}, {"non-temporal", copy_nontemporal}, {NULL, NULL}};
#else
const struct wi_stream_copier OF_UNIT(wi_stream_copiers)[] = {{"plain", copy_plain}, {NULL, NULL}};
#endif
