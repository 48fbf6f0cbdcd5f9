/* doctor.h: one text for a bug report.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_DOCTOR_H
#define WI_DOCTOR_H

#include "report/report.h"
#include "results/findings.h"

struct wi_doctor_view {
    const char *version, *commit, *compiler, *flags;
    bool redacted;
    const struct wi_findings *findings;
    const struct wi_inventory *inventory;
    const struct wi_conditions *conditions;
    const char *readings;    /* the inventory as people read it */
    const char *environment; /* lines NAME=VALUE of what changes what is found */
    const char *database;    /* lines about the database, and about what failed in its newest run */
};
void wi_report_doctor_text(const struct wi_doctor_view *view, struct wi_buf *out);
void wi_report_doctor_json(const struct wi_doctor_view *view, struct wi_buf *out);

#endif
