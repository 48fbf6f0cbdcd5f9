/* model_file.c: the header of a model's file, with what it takes to hold it; text and JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/model_file.h"

#include "report/json_parts.h"
#include "report/say.h"
#include "report/words.h"

#include <inttypes.h>

/* ---- JSON ---- */

static void put_types(struct wi_json *json, const struct wi_model_file *f) {
    wi_json_array(json, "types");
    for (size_t i = 0; i < f->types.count; i++) {
        const struct wi_file_type *t = &f->types.items[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "type", t->name);
        wi_json_u64(json, "tensors", t->tensors);
        wi_json_u64(json, "parameters", t->params);
        wi_json_u64(json, "bytes", t->bytes);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_metadata(struct wi_json *json, const struct wi_model_file *f) {
    wi_json_object(json, "metadata");
    wi_json_str(json, "name", f->name);
    wi_json_str(json, "architecture", f->architecture);
    wi_json_maybe_u64(json, "layers", f->layers);
    wi_json_maybe_u64(json, "d_model", f->d_model);
    wi_json_maybe_u64(json, "heads", f->heads);
    wi_json_maybe_u64(json, "kv_heads", f->kv_heads);
    wi_json_maybe_u64(json, "head_dim", f->key_dim);
    wi_json_maybe_u64(json, "d_ff", f->d_ff);
    wi_json_maybe_u64(json, "vocab", f->vocab);
    wi_json_maybe_u64(json, "max_context", f->max_context);
    wi_json_maybe_u64(json, "window", f->window);
    wi_json_object_end(json);
}

static void put_footprint(struct wi_json *json, const struct wi_model_file_view *view) {
    const struct wi_file_tensor *largest = view->file->largest;
    wi_json_object(json, "footprint");
    wi_json_u64(json, "weights_bytes", view->file->weight_bytes);
    wi_json_str(json, "largest_tensor", largest == NULL ? NULL : largest->name);
    wi_json_count(json, "largest_tensor_bytes", largest == NULL ? 0 : largest->bytes);
    wi_json_maybe_u64(json, "kv_cache_bytes", view->cache->bytes);
    wi_json_str(json, "kv_precision", wi_precision_label(WI_FORMAT_f16));
    wi_json_count(json, "context", view->cache->context);
    wi_json_str(json, "kv_cache_because", view->cache->because);
    wi_json_object_end(json);
}

void wi_report_model_file_json(const struct wi_model_file_view *view, struct wi_buf *out) {
    const struct wi_model_file *f = view->file;
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.models/1");
    wi_json_str(&json, "subject", "inspect");
    wi_json_str(&json, "path", view->path);
    wi_json_str(&json, "format", f->format);
    wi_json_count(&json, "version", f->version);
    wi_json_u64(&json, "file_bytes", f->file_bytes);
    wi_json_u64(&json, "header_bytes", f->header_bytes);
    wi_json_u64(&json, "parts", wi_has_u64(f->parts) && f->parts.value > 1 ? f->parts.value : 1);
    put_metadata(&json, f);
    wi_json_u64(&json, "parameters", f->params);
    wi_json_u64(&json, "tensors", f->tensors.count);
    put_types(&json, f);
    put_footprint(&json, view);
    wi_json_array(&json, "same_shape");
    for (size_t i = 0; i < view->same_count; i++)
        wi_json_str(&json, NULL, view->same[i]->id);
    wi_json_array_end(&json);
    wi_json_object_end(&json);
}

/* ---- text ---- */

static void row(struct wi_table *table, const char *what, const char *is) {
    if (is == NULL)
        return;
    wi_table_add(table, what);
    wi_table_add(table, is);
}

static void number(struct wi_table *table, struct wi_arena *arena, const char *what,
                   struct wi_maybe_u64 n) {
    if (wi_has_u64(n))
        row(table, what, wi_arena_printf(arena, "%" PRIu64, n.value));
}

static void put_said(struct wi_table *table, struct wi_arena *arena,
                     const struct wi_model_file *f) {
    row(table, "name", f->name);
    row(table, "architecture", f->architecture);
    number(table, arena, "layers", f->layers);
    number(table, arena, "width", f->d_model);
    number(table, arena, "heads", f->heads);
    number(table, arena, "heads of keys and values", f->kv_heads);
    number(table, arena, "dimensions of a head", f->key_dim);
    number(table, arena, "MLP", f->d_ff);
    number(table, arena, "vocabulary", f->vocab);
    number(table, arena, "context", f->max_context);
    number(table, arena, "window", f->window);
}

static const char *same(struct wi_arena *arena, const struct wi_model_file_view *view) {
    const char *text = NULL;
    for (size_t i = 0; i < view->same_count; i++)
        text = text == NULL ? view->same[i]->id
                            : wi_arena_printf(arena, "%s, %s", text, view->same[i]->id);
    return text != NULL ? wi_arena_printf(arena, "same shape as %s", text)
                        : "none of the catalogue has this shape";
}

static const char *cache(struct wi_arena *arena, const struct wi_file_cache *c) {
    if (!wi_has_u64(c->bytes))
        return wi_arena_printf(arena, "unknown: %s", c->because);
    if (c->bytes.value == 0)
        return wi_arena_printf(arena, "none: %s", c->because);
    return wi_arena_printf(arena, "%s in f16 at %" PRIu64 " tokens, %s",
                           wi_say_mem(arena, c->bytes.value), c->context, c->because);
}

static void put_type_table(const struct wi_model_file *f, struct wi_arena *arena,
                           struct wi_buf *out) {
    struct wi_table table;
    wi_table_init(&table, arena, "lrrr");
    table.headed = true;
    const char *const heads[] = {"stored as", "tensors", "parameters", "bytes"};
    for (size_t i = 0; i < WI_COUNT(heads); i++)
        wi_table_add(&table, heads[i]);
    for (size_t i = 0; i < f->types.count; i++) {
        const struct wi_file_type *t = &f->types.items[i];
        wi_table_add(&table, t->name);
        wi_table_addf(&table, "%" PRIu64, t->tensors);
        wi_table_addf(&table, "%" PRIu64, t->params);
        wi_table_add(&table, wi_say_mem(arena, t->bytes));
    }
    wi_buf_putc(out, '\n');
    wi_table_text(&table, "  ", out);
}

void wi_report_model_file_text(const struct wi_model_file_view *view, struct wi_buf *out) {
    const struct wi_model_file *f = view->file;
    struct wi_arena *arena = wi_arena_create();
    struct wi_table table;
    const char *version = f->version > 0 ? wi_arena_printf(arena, " %u", f->version) : "";
    wi_lay_wrap(out, "",
                wi_arena_printf(arena, "%s: %s%s, %" PRIu64 " parameters in %zu tensors",
                                view->path, f->format, version, f->params, f->tensors.count));
    if (wi_has_u64(f->parts) && f->parts.value > 1)
        wi_lay_wrap(out, "  ",
                    wi_arena_printf(arena,
                                    "One of the %" PRIu64 " files of its model: all counts below "
                                    "are of this file alone.",
                                    f->parts.value));
    wi_table_init(&table, arena, "lw");
    put_said(&table, arena, f);
    row(&table, "catalogue", same(arena, view));
    row(&table, "file",
        wi_arena_printf(arena, "%s, of which %s are no weights", wi_say_file(arena, f->file_bytes),
                        wi_say_file(arena, f->header_bytes)));
    row(&table, "weights", wi_say_mem(arena, f->weight_bytes));
    if (f->largest != NULL)
        row(&table, "largest tensor",
            wi_arena_printf(arena, "%s, %s", f->largest->name,
                            wi_say_mem(arena, f->largest->bytes)));
    row(&table, "KV cache", cache(arena, view->cache));
    wi_table_text(&table, "  ", out);
    if (f->types.count > 0)
        put_type_table(f, arena, out);
    if (view->same_count > 0)
        wi_say_advice(
            out, "\nNext: ",
            wi_arena_printf(arena, "can this device run it? weighin check %s", view->same[0]->id));
    wi_arena_destroy(arena);
}
