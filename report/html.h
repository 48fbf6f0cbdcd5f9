/* html.h: the frame of every HTML page: one file, no request, no script but those it names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_HTML_H
#define WI_HTML_H

#include "base/buf.h"

#include <stddef.h>

struct wi_html_script {
    const char *text; /* borrowed; must not hold "</script" */
    size_t size;
};

/* Doctype, head with policy and style, body up to the heading. */
void wi_html_begin(struct wi_buf *out, const char *title);
void wi_html_end(struct wi_buf *out);
/* The same with scripts: the policy names the hash of each, the end carries them. `data` is JSON
 * that they read, escaped here; NULL: none. */
void wi_html_begin_with(struct wi_buf *out, const char *title, const struct wi_html_script *scripts,
                        size_t count);
void wi_html_end_with(struct wi_buf *out, const char *data, const struct wi_html_script *scripts,
                      size_t count);

/* `id`: an anchor, a word of ours; NULL: none. */
void wi_html_heading(struct wi_buf *out, int level, const char *id, const char *text);
void wi_html_paragraph(struct wi_buf *out, const char *text);
void wi_html_item(struct wi_buf *out, const char *text); /* of an open list */

#endif
