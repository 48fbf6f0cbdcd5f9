/* ops.c: single ops of a run as tables; ops.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/ops.h"

#include "report/words.h"

#include <string.h>

const char *const wi_ops_legend =
    "share of this device's limit for the shape, m x n x k: of reading the weights (gemv) or of "
    "its arithmetic (gemm), whichever takes longer; *: with a doubt";

/* ---- distinct shapes, precisions, devices ---- */

struct grid {
    const struct wi_run_view *view;
    struct wi_arena *arena;
    const struct wi_case **shapes; /* of which each is the first of its kind */
    size_t shape_count;
    enum wi_format_id *precisions;
    size_t precision_count;
};

static const struct wi_case *key_at(const struct wi_run_view *view, size_t i) {
    return &view->ops[i].m.key;
}

static const char *where(const struct wi_case *key) {
    return key->compute_device_id ? key->compute_device_id : wi_backend_id_name(key->backend);
}

static bool is_on(const struct wi_case *key, const struct wi_case *device) {
    return key->backend == device->backend && strcmp(where(key), where(device)) == 0;
}

static void add_shape(struct grid *g, const struct wi_case *key) {
    for (size_t i = 0; i < g->shape_count; i++)
        if (wi_same_op(&g->shapes[i]->op, &key->op))
            return;
    g->shapes[g->shape_count++] = key;
}

static void add_precision(struct grid *g, enum wi_format_id precision) {
    for (size_t i = 0; i < g->precision_count; i++)
        if (g->precisions[i] == precision)
            return;
    g->precisions[g->precision_count++] = precision;
}

/* gemv before gemm, else as they came. */
static void collect(struct grid *g, const struct wi_case *device) {
    size_t n = g->view->op_count;
    g->shapes = WI_NEW_ARRAY(g->arena, const struct wi_case *, n);
    g->precisions = WI_NEW_ARRAY(g->arena, enum wi_format_id, n);
    for (unsigned many = 0; many < 2; many++)
        for (size_t i = 0; i < n; i++) {
            const struct wi_case *key = key_at(g->view, i);
            bool is_many = key->phase != WI_PHASE_decode;
            if (is_on(key, device) && is_many == (many == 1))
                add_shape(g, key);
        }
    for (size_t i = 0; i < n; i++)
        if (is_on(key_at(g->view, i), device))
            add_precision(g, key_at(g->view, i)->precision);
}

/* ---- cells ---- */

/* The newest, should a case have been asked twice. */
static const struct wi_measurement *find(const struct grid *g, const struct wi_case *shape,
                                         enum wi_format_id precision) {
    const struct wi_measurement *found = NULL;
    for (size_t i = 0; i < g->view->op_count; i++) {
        const struct wi_case *key = key_at(g->view, i);
        if (is_on(key, shape) && wi_same_op(&key->op, &shape->op) && key->precision == precision)
            found = &g->view->ops[i].m;
    }
    return found;
}

static const char *rate_of(const struct wi_measurement *m, struct wi_arena *arena) {
    return m->key.phase == WI_PHASE_decode
               ? wi_arena_printf(arena, "%s GB/s", wi_say_g3(arena, m->achieved_gb_per_s))
               : wi_arena_printf(arena, "%s GFLOP/s", wi_say_g3(arena, m->achieved_gflop_per_s));
}

static const char *cell_of(const struct wi_measurement *m, enum wi_ops_cell cell,
                           struct wi_arena *arena) {
    if (m == NULL)
        return "-";
    if (m->status != WI_CASE_ok)
        return wi_word_status(m->status);
    const char *doubt = m->doubts != 0 ? "*" : "";
    const char *rate = rate_of(m, arena);
    if (!wi_has_f64(m->roofline_fraction))
        return wi_arena_printf(arena, "%s%s", rate, doubt);
    double percent = 100 * m->roofline_fraction.value;
    return cell == WI_OPS_CELL_share
               ? wi_arena_printf(arena, "%.0f %%%s", percent, doubt)
               : wi_arena_printf(arena, "%.0f %% (%s)%s", percent, rate, doubt);
}

static void fill(const struct grid *g, enum wi_ops_cell cell, struct wi_table *table) {
    char label[64];
    char *align = wi_arena_strdup(g->arena, "lrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr");
    if (g->precision_count + 1 < strlen(align))
        align[g->precision_count + 1] = '\0';
    wi_table_init(table, g->arena, align);
    wi_table_add(table, "op");
    for (size_t p = 0; p < g->precision_count; p++)
        wi_table_add(table, wi_precision_label(g->precisions[p]));
    for (size_t s = 0; s < g->shape_count; s++) {
        wi_table_add(
            table, wi_arena_strdup(g->arena, wi_op_label(&g->shapes[s]->op, label, sizeof label)));
        for (size_t p = 0; p < g->precision_count; p++)
            wi_table_add(table, cell_of(find(g, g->shapes[s], g->precisions[p]), cell, g->arena));
    }
}

size_t wi_ops_tables(const struct wi_run_view *view, enum wi_ops_cell cell, struct wi_arena *arena,
                     const struct wi_ops_table **tables) {
    struct wi_ops_table *list = WI_NEW_ARRAY(arena, struct wi_ops_table, view->op_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < view->op_count; i++) {
        const struct wi_case *device = key_at(view, i);
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = is_on(key_at(view, k), device);
        if (seen)
            continue;
        struct grid g = {.view = view, .arena = arena};
        collect(&g, device);
        list[count].where = where(device);
        fill(&g, cell, &list[count++].table);
    }
    *tables = list;
    return count;
}
