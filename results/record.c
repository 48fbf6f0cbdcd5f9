/* record.c: the spellings of record.h's enumerations.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: the X-macro lists of record.h; enum, name and table come from the same line. */
#include "results/record.h"

#include <stdio.h>
#include <string.h>

#define NAMES(LIST, function, type)                                                                \
    const char *function(type value) {                                                             \
        static const char *const names[] = {LIST(NAME)};                                           \
        return (size_t)value < WI_COUNT(names) ? names[value] : "invalid";                         \
    }
#define NAME(name) #name,

NAMES(WI_BACKEND_LIST, wi_backend_id_name, enum wi_backend_id)
NAMES(WI_CASE_STATUS_LIST, wi_case_status_name, enum wi_case_status)
NAMES(WI_LIMIT_LIST, wi_limit_name, enum wi_limit)
NAMES(WI_VERDICT_LIST, wi_verdict_name, enum wi_verdict_id)
NAMES(WI_BASIS_LIST, wi_basis_name, enum wi_basis)
NAMES(WI_FORM_LIST, wi_form_name, enum wi_form)
NAMES(WI_GPU_TYPE_LIST, wi_gpu_type_name, enum wi_gpu_type)
NAMES(WI_GPU_FEATURE_LIST, wi_gpu_feature_name, enum wi_gpu_feature)
NAMES(WI_KIND_LIST, wi_kind_name, enum wi_kind)
NAMES(WI_SEGMENT_LIST, wi_segment_name, enum wi_segment_id)
NAMES(WI_BOUND_LIST, wi_bound_name, enum wi_bound)
NAMES(WI_CEILING_LIST, wi_ceiling_id_name, enum wi_ceiling_id)

/* ---- lists with further columns ---- */

const char *wi_isa_name(enum wi_isa isa) {
#define ISA_NAME(name, arch) #name,
    static const char *const names[] = {WI_ISA_LIST(ISA_NAME)};
#undef ISA_NAME
    return (size_t)isa < WI_COUNT(names) ? names[isa] : "invalid";
}

static const struct {
    const char *name, *advice;
    bool bars;
} doubts[] = {
#define WI_X(name, bars, advice) {#name, advice, bars},
    WI_DOUBT_LIST(WI_X)
#undef WI_X
};

const char *wi_doubt_name(enum wi_doubt doubt) {
    return (size_t)doubt < WI_COUNT(doubts) ? doubts[doubt].name : "invalid";
}

const char *wi_doubt_advice(enum wi_doubt doubt) {
    return (size_t)doubt < WI_COUNT(doubts) ? doubts[doubt].advice : "";
}

bool wi_doubt_bars(enum wi_doubt doubt) {
    return (size_t)doubt < WI_COUNT(doubts) && doubts[doubt].bars;
}

static const struct {
    const char *name, *differs;
} besides[] = {
#define WI_X(name, differs) {#name, differs},
    WI_BESIDE_LIST(WI_X)
#undef WI_X
};

const char *wi_beside_name(enum wi_beside_id id) {
    return (size_t)id < WI_COUNT(besides) ? besides[id].name : "invalid";
}

const char *wi_beside_differs(enum wi_beside_id id) {
    return (size_t)id < WI_COUNT(besides) ? besides[id].differs : "";
}

/* ---- single ops ---- */

bool wi_same_op(const struct wi_op_shape *a, const struct wi_op_shape *b) {
    return a->op != NULL && b->op != NULL && strcmp(a->op, b->op) == 0 && a->m == b->m &&
           a->n == b->n && a->k == b->k;
}

const char *wi_op_label(const struct wi_op_shape *op, char *out, size_t n) {
    snprintf(out, n, "%s %u x %u x %u", op->op, op->m, op->n, op->k);
    return out;
}
