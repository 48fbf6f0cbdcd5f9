/* units.h: numbers with their unit, as people read them (SEMANTICS "Units").
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory in MiB or GiB, files and downloads in MB or GB (1e9), bandwidth in GB/s (1e9), three
 * significant digits. All write at most `n` bytes including the NUL and return `out`. */
#ifndef WI_UNITS_H
#define WI_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define WI_KIB ((uint64_t)1 << 10)
#define WI_MIB ((uint64_t)1 << 20)
#define WI_GIB ((uint64_t)1 << 30)

char *wi_format_mem(char *out, size_t n, uint64_t bytes);  /* "2.10 GiB", "512 MiB" */
char *wi_format_file(char *out, size_t n, uint64_t bytes); /* "1.55 GB" */
char *wi_format_g3(char *out, size_t n, double value);     /* three significant digits */
char *wi_format_duration(char *out, size_t n,
                         double seconds);                  /* "850 ms", "12.9 s", "3 min 20 s" */
char *wi_format_utc(char *out, size_t n, int64_t unix_ns); /* "2026-11-24T01:02:03Z" */
int wi_parse_utc(const char *text, int64_t *unix_ns);      /* 0 or WI_USAGE */
/* Whole decimal number in [lo, hi]; anything else (signs, 1e9, blanks, overflow) is WI_USAGE. */
int wi_parse_u64(const char *text, uint64_t lo, uint64_t hi, uint64_t *out);
int wi_parse_f64(const char *text, double lo, double hi, double *out); /* locale-independent */

#endif
