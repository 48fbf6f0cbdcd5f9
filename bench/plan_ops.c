/* plan_ops.c: which single ops are asked of a device: the matrix products of the models asked for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A shape that several models, layers or tensors share is asked for once. */
#include "bench/plan_parts.h"

#include "kernels/op.h"
#include "kernels/transformer.h"

#include <string.h>

/* ---- what a profile asks ---- */

struct op_profile {
    const char *name;
    bool asks;
    size_t rows; /* counts into the list below */
    double budget_s;
};

/* Rows of gemm: the shortest prompt of `standard` in which a weight's way from memory does not
 * show; four times as many would take four times as long, for the same share of the peak. */
static const uint32_t gemm_rows[] = {128, 512};

/* Three passes of the largest shape and some dozens of the others, on two cores; 150 shapes in
 * `standard` are then to take less than a minute (test_forecast.c). */
static const struct op_profile profiles[] = {
    {"quick", false, 1, 0.12},
    {"standard", true, 1, 0.12},
    {"full", true, 2, 1},
};

static struct op_profile profile_named(const char *name) {
    for (size_t i = 0; name != NULL && i < WI_COUNT(profiles); i++)
        if (strcmp(profiles[i].name, name) == 0)
            return profiles[i];
    return (struct op_profile){0};
}

/* Prompts of so few tokens are run by gemv. */
static size_t many_rows(const uint32_t *list, size_t n, uint32_t *kept) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (list[i] > WI_FEW_ROWS)
            kept[count++] = list[i];
    return count;
}

void wi_ask_fill_ops(const struct wi_run_request *r, struct wi_arena *arena, struct wi_ask *ask) {
    const struct op_profile p = profile_named(r->profile);
    bool usual = p.asks && wi_ask_is_profile(r); /* who names cases gets those */
    ask->ops = r->ops == WI_TRI_unknown ? usual : r->ops == WI_TRI_yes;
    ask->op_budget_s = p.budget_s;
    if (r->case_budget_s > 0 && r->case_budget_s < p.budget_s)
        ask->op_budget_s = r->case_budget_s;
    ask->op_rows = gemm_rows;
    ask->op_row_count = p.rows;
    if (r->prefill == NULL)
        return;
    uint32_t *rows = WI_NEW_ARRAY(arena, uint32_t, r->prefill_count + 1);
    ask->op_rows = rows;
    ask->op_row_count = many_rows(r->prefill, r->prefill_count, rows);
}

void wi_ask_print_ops(const struct wi_ask *ask, struct wi_buf *text) {
    if (!ask->ops)
        return;
    wi_buf_printf(text, "ops %.17g", ask->op_budget_s);
    for (size_t i = 0; i < ask->op_row_count; i++)
        wi_buf_printf(text, " %u", ask->op_rows[i]);
    wi_buf_putc(text, '\n');
}

/* ---- the shapes ---- */

struct shapes {
    struct wi_op_shape *items;
    size_t count, capacity;
};

static void add_shape(struct wi_arena *arena, struct shapes *list, struct wi_op_shape shape) {
    for (size_t i = 0; i < list->count; i++)
        if (wi_same_op(&list->items[i], &shape))
            return;
    *WI_PUSH(arena, list, struct wi_op_shape) = shape;
}

static bool is_of_layer(const struct wi_tensor *t) {
    switch (t->role) {
    case WI_ROLE_attn_q:
    case WI_ROLE_attn_k:
    case WI_ROLE_attn_v:
    case WI_ROLE_attn_out:
    case WI_ROLE_mlp_gate:
    case WI_ROLE_mlp_up:
    case WI_ROLE_mlp_down:
        return t->layer >= 0;
    default:
        return false;
    }
}

/* The head works on one row of a sequence, whatever the length of the prompt. */
static bool is_head(const struct wi_model *model, const struct wi_tensor *t) {
    return t->role == (model->tie_embeddings ? WI_ROLE_embedding : WI_ROLE_lm_head);
}

static struct wi_op_shape shape_of(const struct wi_tensor *t, uint32_t rows) {
    return (struct wi_op_shape){.op = wi_op_name(rows > WI_FEW_ROWS ? WI_OP_gemm : WI_OP_gemv),
                                .m = rows,
                                .n = (uint32_t)t->rows,
                                .k = (uint32_t)t->k};
}

/* An encoder never works on one row alone. */
static void add_model(const struct wi_ask *ask, const struct wi_model *model,
                      struct wi_arena *arena, struct shapes *list) {
    struct wi_tensor *tensors = NULL;
    size_t n = 0;
    bool decodes = model->arch == WI_ARCH_decoder && ask->depth_count > 0;
    if (!model->disclosed || model->unrunnable != NULL ||
        wi_model_tensors(model, arena, &tensors, &n, NULL) != WI_OK)
        return;
    for (size_t i = 0; i < n; i++)
        if (decodes && (is_of_layer(&tensors[i]) || is_head(model, &tensors[i])))
            add_shape(arena, list, shape_of(&tensors[i], 1));
    for (size_t r = 0; r < ask->op_row_count; r++)
        for (size_t i = 0; i < n; i++)
            if (is_of_layer(&tensors[i]))
                add_shape(arena, list, shape_of(&tensors[i], ask->op_rows[r]));
}

void wi_ask_ops(const struct wi_ask *ask, struct wi_arena *arena, struct wi_op_shape **shapes,
                size_t *count) {
    struct shapes list = {0};
    for (size_t i = 0; ask->ops && i < ask->model_count; i++)
        add_model(ask, ask->models[i], arena, &list);
    *shapes = list.items;
    *count = list.count;
}
