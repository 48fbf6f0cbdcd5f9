/* model_file.h: the header of a model's file, with what it takes to hold it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_REPORT_MODEL_FILE_H
#define WI_REPORT_MODEL_FILE_H

#include "base/buf.h"
#include "models/model_file.h"

struct wi_model_file_view {
    const char *path;
    const struct wi_model_file *file;
    const struct wi_model *const *same; /* models of the catalogue with the same shape */
    size_t same_count;
    const struct wi_file_cache *cache;
};
void wi_report_model_file_json(const struct wi_model_file_view *view, struct wi_buf *out);
void wi_report_model_file_text(const struct wi_model_file_view *view, struct wi_buf *out);

#endif
