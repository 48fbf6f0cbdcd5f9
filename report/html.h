/* html.h: the frame of every HTML page: one file, no request, no script.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_HTML_H
#define WI_HTML_H

#include "base/buf.h"

/* Doctype, head with policy and style, body up to the heading. */
void wi_html_begin(struct wi_buf *out, const char *title);
void wi_html_end(struct wi_buf *out);
void wi_html_heading(struct wi_buf *out, int level, const char *text);
void wi_html_paragraph(struct wi_buf *out, const char *text);
void wi_html_item(struct wi_buf *out, const char *text); /* of an open list */

#endif
