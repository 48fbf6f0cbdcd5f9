/* models.h: a model of the catalogue, in full.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_REPORT_MODELS_H
#define WI_REPORT_MODELS_H

#include "report/report.h"

struct wi_model_bytes { /* of one precision */
    enum wi_format_id precision;
    struct wi_footprint footprint; /* of the reference engine; its items are not shown */
    const char *why_not;           /* the model cannot be stored so; NULL: it can */
};
struct wi_model_view {
    const struct wi_model *model;
    enum wi_format_id kv_precision;
    uint32_t context;                   /* tokens that the caches below hold */
    const struct wi_model_bytes *bytes; /* none when the shape was never disclosed */
    size_t byte_count;
};
void wi_report_model_json(const struct wi_model_view *view, struct wi_buf *out);
void wi_report_model_text(const struct wi_model_view *view, struct wi_buf *out);

#endif
