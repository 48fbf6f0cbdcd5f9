/* progress.c: lines on stderr while something lasts; progress.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The terminal is asked for its width before each writing, so a resize needs no signal. */
#include "cli/progress.h"

#include "cli/terminal.h"
#include "base/os.h"
#include "report/escape.h"

#include <stdio.h>
#include <string.h>

void wi_progress_begin(struct wi_progress *p) {
    *p = (struct wi_progress){.live = wi_terminal_is_clever(WI_STDERR)};
}

static void put(const struct wi_buf *text) {
    fwrite(wi_buf_str(text), 1, text->size, stderr);
    fflush(stderr);
}

/* A terminal that became narrower since has broken the line into several: all of them go. */
static void erase(struct wi_progress *p, struct wi_buf *out) {
    size_t columns = wi_os_terminal_columns(WI_STDERR);
    size_t width = wi_lay_width(wi_buf_str(&p->shown));
    if (p->shown.size == 0)
        return;
    wi_buf_putc(out, '\r');
    if (columns > 0 && columns < p->columns && width > columns)
        wi_buf_printf(out, "\x1b[%zuA", (width - 1) / columns);
    wi_buf_puts(out, "\x1b[J");
}

/* The last column stays free: a cursor behind it is where terminals differ. */
static void draw(struct wi_progress *p, const char *text, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_buf line = {0};
    p->columns = wi_os_terminal_columns(WI_STDERR);
    if (p->columns == 0) /* gone meanwhile */
        p->columns = WI_LAY_COLUMNS;
    size_t most = p->columns > WI_LAY_COLUMNS ? WI_LAY_COLUMNS : p->columns;
    wi_put_text(&line, wi_lay_clip(arena, text, most > 1 ? most - 1 : 1));
    wi_buf_append(out, wi_buf_str(&line), line.size);
    wi_buf_fini(&p->shown);
    p->shown = line;
    wi_arena_destroy(arena);
}

void wi_progress_end(struct wi_progress *p) {
    struct wi_buf out = {0};
    erase(p, &out);
    put(&out);
    wi_buf_fini(&out);
    wi_buf_fini(&p->shown);
    p->live = false;
}

void wi_progress_say(struct wi_progress *p, const struct wi_buf *lines) {
    struct wi_buf out = {0};
    erase(p, &out);
    wi_buf_append(&out, wi_buf_str(lines), lines->size);
    if (p->shown.size > 0) {
        struct wi_buf again = p->shown;
        p->shown = (struct wi_buf){0};
        draw(p, wi_buf_str(&again), &out);
        wi_buf_fini(&again);
    }
    put(&out);
    wi_buf_fini(&out);
}

void wi_progress_status(struct wi_progress *p, const char *text) {
    struct wi_buf out = {0};
    if (!p->live || text[0] == '\0')
        return;
    erase(p, &out);
    draw(p, text, &out);
    put(&out);
    wi_buf_fini(&out);
}
