/* escape.h: foreign words shown as text, whatever is in them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Device names, reasons and labels come from firmware, drivers and users. Nothing in them may act:
 * no terminal code, no markup, no spreadsheet formula, no character that turns the text around it.
 * Letters of every script and emoji stay what they are. NULL is written as "unknown". */
#ifndef WI_ESCAPE_H
#define WI_ESCAPE_H

#include "base/buf.h"

#include <stdint.h>

/* The code point at *p, which moves behind it; UINT32_MAX for a byte that is not UTF-8. */
uint32_t wi_escape_next(const char **p);
/* Controls, line and paragraph separators, bidirectional and other invisible format characters. */
int wi_escape_unsafe(uint32_t code);
/* Columns of a terminal: 0 for combining marks, 2 for wide East Asian letters and emoji. */
unsigned wi_escape_width(uint32_t code);
/* Columns that wi_put_text needs for it. */
unsigned wi_escape_shown(uint32_t code);

void wi_put_text(struct wi_buf *out, const char *s); /* unsafe -> "<U+202E>" */
void wi_put_html(struct wi_buf *out, const char *s); /* content and quoted attributes; U+FFFD */
void wi_put_md(struct wi_buf *out, const char *s);   /* inside a line or table cell; as text */
/* One field. Line ends stay, quoted. A first character that spreadsheets take for a formula gets
 * an apostrophe in front. NULL is an empty field: in CSV that is unknown. */
void wi_put_csv(struct wi_buf *out, const char *s);

#endif
