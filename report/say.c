/* say.c: paragraphs of a terminal answer that several commands share.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/say.h"

#include "report/escape.h"
#include "report/words.h"

#include <string.h>

bool wi_is_encoder(const struct wi_model *model) {
    return model && model->disclosed && model->arch == WI_ARCH_encoder;
}

static void row(struct wi_table *table, const char *what, uint64_t bytes) {
    wi_table_add(table, what);
    wi_table_add(table, wi_say_mem(table->arena, bytes));
}

void wi_say_footprint(struct wi_table *table, const struct wi_footprint *f, uint32_t context,
                      const char *kv_precision, bool encoder) {
    row(table, "weights", f->weights_bytes);
    if (!encoder)
        row(table,
            wi_arena_printf(table->arena, "KV cache, %u tokens in %s", context, kv_precision),
            f->kv_cache_bytes);
    row(table, "activations", f->compute_bytes);
    row(table, "the engine itself", f->overhead_bytes);
    row(table, "total", f->total_bytes);
    if (f->load_peak_bytes != f->total_bytes)
        row(table, "peak while loading", f->load_peak_bytes);
    if (f->reclaimable_bytes > 0)
        row(table, "of it reclaimable", f->reclaimable_bytes);
}

void wi_say_download(struct wi_arena *arena, uint64_t file_bytes, struct wi_buf *out) {
    const struct wi_link *links = wi_report_links();
    struct wi_buf line = {0};
    wi_buf_printf(&line, "%s; about ", wi_say_file(arena, file_bytes));
    for (int i = 0; i < WI_LINK_COUNT; i++)
        wi_buf_printf(&line, "%s%s over %s (%s Mbit/s)", i ? ", " : "",
                      wi_say_seconds(arena, wi_report_download_s(&links[i], file_bytes)),
                      links[i].name, wi_say_setting(arena, links[i].mbit_per_s));
    wi_buf_puts(&line, ": rates are assumed");
    wi_lay_wrap(out, "Download:    ", wi_buf_str(&line));
    wi_buf_fini(&line);
}

void wi_say_advice(struct wi_buf *out, const char *first, const char *advice) {
    if (!advice)
        return;
    wi_buf_puts(out, first);
    wi_put_text(out, advice);
    wi_buf_putc(out, '\n');
}

size_t wi_say_count_reasons(struct wi_arena *arena, const struct wi_not_counted *items, size_t n,
                            struct wi_reason_count **counts) {
    struct wi_reason_count *list = WI_NEW_ARRAY(arena, struct wi_reason_count, n + 1);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const char *reason = items[i].reason ? items[i].reason : "no reason was stored";
        size_t at = 0;
        while (at < kept && strcmp(list[at].reason, reason) != 0)
            at++;
        if (at == kept)
            list[kept++] = (struct wi_reason_count){reason, 0, items[i].measurement_id};
        list[at].times++;
    }
    *counts = list;
    return kept;
}
