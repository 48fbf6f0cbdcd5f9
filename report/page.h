/* page.h: the page's content is written once; a writer makes HTML or Markdown of it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_PAGE_H
#define WI_PAGE_H

#include "report/lay.h"
#include "report/report.h"

struct wi_page_writer {
    struct wi_buf *out;
    struct wi_arena *arena;
    void (*heading)(struct wi_buf *out, int level, const char *text);
    void (*paragraph)(struct wi_buf *out, const char *text);
    void (*list_begin)(struct wi_buf *out);
    void (*item)(struct wi_buf *out, const char *text);
    void (*list_end)(struct wi_buf *out);
    void (*card_begin)(struct wi_buf *out); /* rows of (what, value) */
    void (*row)(struct wi_buf *out, const char *what, const char *value);
    void (*card_end)(struct wi_buf *out);
    void (*table)(const struct wi_table *table, struct wi_buf *out);
    void (*matrix)(const struct wi_matrix_view *view, struct wi_buf *out);
};

/* Everything below the page's title. */
void wi_page_write(const struct wi_page_writer *w, const struct wi_page_view *view);
const char *wi_page_title(const struct wi_page_view *view, struct wi_arena *arena);
/* The device card of one run. */
void wi_page_device(const struct wi_page_writer *w, const struct wi_run_view *run);
/* Its rooflines, with every way in which each limit was measured; nothing when there are none. */
void wi_page_limits(const struct wi_page_writer *w, const struct wi_run_view *run);
/* Its single ops; nothing when there are none. */
void wi_page_ops(const struct wi_page_writer *w, const struct wi_run_view *run);

#endif
