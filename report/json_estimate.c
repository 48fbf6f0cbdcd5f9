/* json_estimate.c: estimate's answer for programs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/json_parts.h"

void wi_report_estimate_json(const struct wi_estimate_view *view, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.estimate/1");
    wi_json_str(&json, "model", view->model->id);
    wi_json_str(&json, "model_name", view->model->name);
    wi_json_str(&json, "size_class", view->model->size_class);
    wi_json_str(&json, "precision", wi_format_get(view->precision)->name);
    wi_json_str(&json, "kv_precision", wi_format_get(view->kv_precision)->name);
    wi_json_u64(&json, "context", view->context);
    wi_json_str(&json, "engine", view->engine);
    wi_json_count(&json, "parameters", view->model->params);
    wi_json_object(&json, "memory");
    wi_json_footprint(&json, view->footprint);
    wi_json_object_end(&json);
    wi_json_array(&json, "items");
    for (size_t i = 0; view->footprint && i < view->footprint->item_count; i++) {
        wi_json_object(&json, NULL);
        wi_json_str(&json, "name", view->footprint->items[i].name);
        wi_json_u64(&json, "bytes", view->footprint->items[i].bytes);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    if (view->footprint)
        wi_json_u64(&json, "file_bytes", view->footprint->file_bytes);
    else
        wi_json_null(&json, "file_bytes");
    wi_json_download(&json, view->footprint);
    wi_json_object_end(&json);
}
