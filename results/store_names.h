/* store_names.h: the spellings of enumerations as tables, for columns. For results/store_*.c only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_NAMES_H
#define WI_STORE_NAMES_H

#include "results/record.h"
#include "results/store_row.h"

#define WI_STORE_NAME(name)               #name,
#define WI_STORE_NAME_2(name, second)     #name,
#define WI_STORE_NAME_3(name, b, c)       #name,
#define WI_STORE_NAMES(table, list, name) static const char *const table[] = {list(name)}

/* Not every file needs every table. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#pragma GCC diagnostic ignored "-Wunused-variable"
WI_STORE_NAMES(wi_backend_names, WI_BACKEND_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_case_status_names, WI_CASE_STATUS_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_limit_names, WI_LIMIT_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_verdict_names, WI_VERDICT_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_basis_names, WI_BASIS_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_form_names, WI_FORM_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_gpu_type_names, WI_GPU_TYPE_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_gpu_feature_names, WI_GPU_FEATURE_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_kind_names, WI_KIND_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_segment_names, WI_SEGMENT_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_bound_names, WI_BOUND_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_ceiling_names, WI_CEILING_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_phase_names, WI_PHASE_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_known_names, WI_KNOWN_LIST, WI_STORE_NAME);
WI_STORE_NAMES(wi_isa_names, WI_ISA_LIST, WI_STORE_NAME_2);
WI_STORE_NAMES(wi_doubt_names, WI_DOUBT_LIST, WI_STORE_NAME_3);
WI_STORE_NAMES(wi_beside_names, WI_BESIDE_LIST, WI_STORE_NAME_2);
static const char *const wi_format_names[] = {
#define WI_FORMAT(id, ...) #id,
#include "models/format.inc"
#undef WI_FORMAT
};
#pragma GCC diagnostic pop

extern const struct wi_col wi_fact_cols[]; /* of struct wi_fact; store_facts in store_run.c */
extern const size_t wi_fact_col_count;

#endif
