/* golden.h: holds a rendered answer against the file in tests/fixtures/reports.
 * SPDX-License-Identifier: Apache-2.0
 *
 * WEIGHIN_UPDATE_GOLDEN=1 rewrites the files instead; read the difference before committing it. */
#ifndef WI_GOLDEN_H
#define WI_GOLDEN_H

#include "base/buf.h"

/* Fails the running test with the first line that differs. */
void golden_check(const char *name, const struct wi_buf *got);
/* The same for an HTML page, less what is embedded in it and would bury the rest: styles, scripts
 * and their hashes. The whole page is left in build/tests/report, for those that read it. */
void golden_check_page(const char *name, const struct wi_buf *got);
/* Fails when a line is wider than `columns` or holds a control character. */
void golden_check_columns(const struct wi_buf *got, size_t columns);

#endif
