/* json_parts.h: objects that several JSON answers share, written once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every key is there in every answer; what is not known is null. */
#ifndef WI_JSON_PARTS_H
#define WI_JSON_PARTS_H

#include "base/json.h"
#include "report/report.h"

void wi_json_begin(struct wi_json *json, struct wi_buf *out, const char *schema);
/* Of probe and run; conditions NULL: null. */
void wi_json_device(struct wi_json *json, const char *key, const struct wi_inventory *inventory,
                    const struct wi_conditions *conditions);
void wi_json_facts(struct wi_json *json, const char *key, const struct wi_facts *facts);
void wi_json_interval(struct wi_json *json, const char *key, struct wi_interval interval);
void wi_json_strings(struct wi_json *json, const char *key, const char *const *items, size_t n);
/* The nine item keys of a footprint; NULL: each null. Into an open object. */
void wi_json_footprint(struct wi_json *json, const struct wi_footprint *footprint);
void wi_json_download(struct wi_json *json, const struct wi_footprint *footprint);
/* The members of a check object, into an open object. */
void wi_json_check_members(struct wi_json *json, const struct wi_check_view *view);
/* Of a measurement, into an open object: "beside", "ops". */
void wi_json_beside_members(struct wi_json *json, const struct wi_measurement *m);
void wi_json_op_members(struct wi_json *json, const struct wi_measurement *m);
void wi_json_bound(struct wi_json *json, const char *key, enum wi_bound bound); /* unknown: null */
/* Members that rows of models and of ops share: kernel, threads, seed; samples_ns with what went
 * before them; doubts with what was seen; error, tolerance; rates and roofline. */
void wi_json_how(struct wi_json *json, const struct wi_measurement *m);
void wi_json_passes(struct wi_json *json, const struct wi_measurement *m);
void wi_json_doubts(struct wi_json *json, const struct wi_measurement *m);
void wi_json_verification(struct wi_json *json, const struct wi_measurement *m);
void wi_json_reached(struct wi_json *json, const struct wi_measurement *m);
/* "ops" of a run: its single ops. */
void wi_json_single_ops(struct wi_json *json, const char *key, const struct wi_run_view *view);
/* 0 counts as unknown where zero cannot be. */
void wi_json_count(struct wi_json *json, const char *key, uint64_t count);

#endif
