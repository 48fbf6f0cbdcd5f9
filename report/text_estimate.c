/* text_estimate.c: how many bytes a model needs, for people.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/say.h"
#include "report/words.h"

/* 2506172416 -> "2.51 billion" */
static const char *parameters(struct wi_arena *arena, uint64_t n) {
    if (n == 0)
        return "an unknown number of";
    if (n >= 1000000000)
        return wi_arena_printf(arena, "%s billion", wi_say_g3(arena, (double)n / 1e9));
    return wi_arena_printf(arena, "%s million", wi_say_g3(arena, (double)n / 1e6));
}

static void put_items(const struct wi_footprint *f, struct wi_arena *arena, struct wi_buf *out) {
    struct wi_table table;
    wi_table_init(&table, arena, "lr");
    for (size_t i = 0; i < f->item_count; i++) {
        wi_table_add(&table, f->items[i].name);
        wi_table_add(&table, wi_say_mem(arena, f->items[i].bytes));
    }
    wi_table_text(&table, "  ", out);
}

void wi_report_estimate_text(const struct wi_estimate_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    const struct wi_footprint *f = view->footprint;
    const char *kv = wi_precision_label(view->kv_precision);
    wi_lay_wrap(
        out, "",
        wi_arena_printf(arena, "%s at %s: %s to run, %s to download (engine %s, context %u tokens)",
                        wi_model_label(view->model), wi_precision_label(view->precision),
                        f ? wi_say_mem(arena, f->total_bytes) : "unknown",
                        f ? wi_say_file(arena, f->file_bytes) : "unknown",
                        view->engine ? view->engine : "unknown", view->context));
    wi_lay_wrap(out, "",
                wi_arena_printf(arena,
                                "%s parameters, size class %s. Computed from the shapes; "
                                "no device was asked.",
                                parameters(arena, view->model->params),
                                view->model->size_class ? view->model->size_class : "unknown"));
    if (f) {
        struct wi_table table;
        wi_table_init(&table, arena, "lr");
        wi_say_footprint(&table, f, view->context, kv, wi_is_encoder(view->model));
        wi_buf_puts(out, "\nMemory\n");
        wi_table_text(&table, "  ", out);
        wi_buf_puts(out, "\nItem by item\n");
        put_items(f, arena, out);
        wi_buf_putc(out, '\n');
        wi_lay_wrap(out, "Largest tensor: ",
                    wi_arena_printf(arena, "%s, %s",
                                    f->largest_tensor ? f->largest_tensor : "unknown",
                                    wi_say_mem(arena, f->largest_tensor_bytes)));
        wi_say_download(arena, f->file_bytes, out);
    }
    wi_lay_wrap(out, "Next:        ",
                wi_arena_printf(arena, "can this device run it? weighin check %s --precision %s",
                                view->model->id, wi_precision_label(view->precision)));
    wi_arena_destroy(arena);
}
