/* fit.h: the best that a device can run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_REPORT_FIT_H
#define WI_REPORT_FIT_H

#include "report/report.h"

struct wi_fit_view {
    const char *goal; /* "largest", "fastest", "longest-context" */
    const char *device_id, *device_name, *looked_at;
    const char *engine, *claim;
    const struct wi_verdict *ranked; /* usable or comfortable, the best first */
    size_t ranked_count;
    const struct wi_verdict *no; /* not, with what limits */
    size_t no_count;
    const struct wi_verdict *unknown; /* too little evidence */
    size_t unknown_count;
    const char *advice; /* what to do next; NULL */
};
void wi_report_fit_json(const struct wi_fit_view *view, struct wi_buf *out);
void wi_report_fit_text(const struct wi_fit_view *view, struct wi_buf *out);

#endif
