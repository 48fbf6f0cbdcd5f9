/* print_parts.h: between the print*.c files only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_PRINT_PARTS_H
#define WI_PRINT_PARTS_H

#include "base/buf.h"
#include "results/record.h"

/* "  label         text", broken at blanks before column 80, with its next lines below the text. */
void wi_print_row(struct wi_buf *out, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of its own above rows, with an empty line before it. */
void wi_print_title(struct wi_buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "1 core", "2 cores" */
void wi_print_count(struct wi_buf *out, uint64_t n, const char *what);
/* Why there is no value: "unknown", "may not be read", "none". */
const char *wi_print_known(enum wi_known known);
/* "15.0 GiB", or why not. */
const char *wi_print_mem(char out[32], struct wi_maybe_u64 bytes);

/* print_gpu.c: GPUs, software devices, those without a driver, and the backends. */
void wi_print_gpus(const struct wi_inventory *inventory, struct wi_buf *out);

#endif
