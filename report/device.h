/* device.h: the devices of a database, and what people said about them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_REPORT_DEVICE_H
#define WI_REPORT_DEVICE_H

#include "report/report.h"

struct wi_device_entry {
    const struct wi_device_row *row;
    const struct wi_inventory *inventory;
    const struct wi_tier_result *tier; /* NULL: not derived */
    const struct wi_annotation_row *said;
    size_t said_count;
};
struct wi_device_view {
    const char *action; /* "list", "show", "name", "retire" */
    const struct wi_device_entry *entries;
    size_t count;
    const char *annotation_id; /* of what was just said; NULL: nothing was */
};
void wi_report_device_json(const struct wi_device_view *view, struct wi_buf *out);
void wi_report_device_text(const struct wi_device_view *view, struct wi_buf *out);

void wi_report_annotation_json(const struct wi_annotation_row *row, struct wi_buf *out);
void wi_report_annotation_text(const struct wi_annotation_row *row, struct wi_buf *out);

#endif
