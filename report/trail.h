/* trail.h: a verdict and a tier, step by step, as people and programs read them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_REPORT_TRAIL_H
#define WI_REPORT_TRAIL_H

#include "report/report.h"
#include "results/trail.h"

struct wi_verdict_steps {
    const struct wi_verdict *verdict;
    const struct wi_verdict_trail *trail;
    const struct wi_rules *rules;
    const char *device_name, *looked_at; /* "weighin.db: 12 measurements" */
};
void wi_report_verdict_steps_text(const struct wi_verdict_steps *view, struct wi_buf *out);
void wi_report_verdict_steps_json(const struct wi_verdict_steps *view, struct wi_buf *out);

struct wi_tier_steps {
    const struct wi_tier_result *result;
    const struct wi_tier_trail *trail;
    const struct wi_tier_file *tiers;
    const struct wi_rules *rules;
    const char *device_id, *device_name, *looked_at;
};
void wi_report_tier_steps_text(const struct wi_tier_steps *view, struct wi_buf *out);
void wi_report_tier_steps_json(const struct wi_tier_steps *view, struct wi_buf *out);

#endif
