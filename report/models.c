/* models.c: a model of the catalogue, in full; text and JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/models.h"

#include "report/json_parts.h"
#include "report/say.h"
#include "report/words.h"

#include <inttypes.h>

/* The one thing that an undisclosed model can be asked is why. */
static const char *why_not_run(const struct wi_model *m) {
    return m->disclosed ? m->unrunnable : "its maker never disclosed the shapes";
}

/* ---- JSON ---- */

static void put_shape(struct wi_json *json, const struct wi_model *m) {
    if (!m->disclosed) {
        wi_json_null(json, "shape");
        return;
    }
    wi_json_object(json, "shape");
    wi_json_str(json, "architecture", wi_arch_name(m->arch));
    wi_json_u64(json, "layers", m->n_layer);
    wi_json_u64(json, "global_layers", wi_model_layer_count(m, WI_LAYER_global));
    wi_json_u64(json, "local_layers", wi_model_layer_count(m, WI_LAYER_local));
    wi_json_count(json, "window", m->window);
    wi_json_u64(json, "d_model", m->d_model);
    wi_json_u64(json, "heads", m->n_head);
    wi_json_u64(json, "kv_heads", m->n_kv_head);
    wi_json_u64(json, "head_dim", m->head_dim);
    wi_json_u64(json, "d_ff", m->d_ff);
    wi_json_u64(json, "vocab", m->vocab);
    wi_json_u64(json, "max_context", m->max_context);
    wi_json_str(json, "mlp", wi_mlp_name(m->mlp));
    wi_json_str(json, "norm", wi_norm_name(m->norm));
    wi_json_u64(json, "norms_per_layer", m->norms_per_layer);
    wi_json_bool(json, "tie_embeddings", m->tie_embeddings);
    wi_json_bool(json, "parallel_block", m->parallel_block);
    wi_json_count(json, "rotary_dim", m->rotary_dim);
    wi_json_count(json, "learned_positions", m->learned_positions);
    wi_json_bool(json, "qkv_bias", m->qkv_bias);
    wi_json_bool(json, "attn_out_bias", m->attn_out_bias);
    wi_json_bool(json, "ffn_bias", m->ffn_bias);
    wi_json_bool(json, "lm_head_bias", m->lm_head_bias);
    wi_json_bool(json, "qk_norm", m->qk_norm);
    wi_json_object_end(json);
}

static void put_bytes(struct wi_json *json, const struct wi_model_bytes *b) {
    bool known = b->why_not == NULL;
    wi_json_object(json, NULL);
    wi_json_str(json, "precision", wi_precision_label(b->precision));
    wi_json_count(json, "weights_bytes", known ? b->footprint.weights_bytes : 0);
    if (known)
        wi_json_u64(json, "kv_cache_bytes", b->footprint.kv_cache_bytes);
    else
        wi_json_null(json, "kv_cache_bytes");
    wi_json_count(json, "total_bytes", known ? b->footprint.total_bytes : 0);
    wi_json_count(json, "file_bytes", known ? b->footprint.file_bytes : 0);
    wi_json_str(json, "why_not", b->why_not);
    wi_json_object_end(json);
}

void wi_report_model_json(const struct wi_model_view *view, struct wi_buf *out) {
    const struct wi_model *m = view->model;
    struct wi_json json;
    size_t n = 0;
    while (m->aliases != NULL && m->aliases[n] != NULL)
        n++;
    wi_json_begin(&json, out, "weighin.models/1");
    wi_json_str(&json, "subject", "show");
    wi_json_str(&json, "model", m->id);
    wi_json_str(&json, "model_name", m->name);
    wi_json_strings(&json, "aliases", m->aliases, n);
    wi_json_str(&json, "vendor", m->vendor);
    wi_json_str(&json, "family", m->family);
    wi_json_str(&json, "license", m->license);
    wi_json_str(&json, "released", m->released);
    wi_json_str(&json, "source", m->source);
    wi_json_bool(&json, "disclosed", m->disclosed);
    wi_json_count(&json, "parameters", m->params);
    wi_json_count(&json, "params_published", m->params_published);
    wi_json_str(&json, "size_class", m->size_class);
    wi_json_str(&json, "model_hash", m->hash);
    put_shape(&json, m);
    wi_json_bool(&json, "runnable", why_not_run(m) == NULL);
    wi_json_str(&json, "why_not", why_not_run(m));
    wi_json_count(&json, "context", view->context);
    wi_json_str(&json, "kv_precision", wi_precision_label(view->kv_precision));
    wi_json_array(&json, "precisions");
    for (size_t i = 0; i < view->byte_count; i++)
        put_bytes(&json, &view->bytes[i]);
    wi_json_array_end(&json);
    wi_json_object_end(&json);
}

/* ---- text ---- */

static void row(struct wi_table *table, const char *what, const char *is) {
    if (is == NULL || *is == '\0')
        return;
    wi_table_add(table, what);
    wi_table_add(table, is);
}

static const char *aliases(struct wi_arena *arena, const struct wi_model *m) {
    const char *text = NULL;
    for (const char *const *a = m->aliases; a != NULL && *a != NULL; a++)
        text = text == NULL ? *a : wi_arena_printf(arena, "%s, %s", text, *a);
    return text;
}

static const char *layers(struct wi_arena *arena, const struct wi_model *m) {
    uint32_t local = wi_model_layer_count(m, WI_LAYER_local);
    if (local == 0)
        return wi_arena_printf(arena, "%u, each of which sees the whole context", m->n_layer);
    return wi_arena_printf(arena, "%u: %u see the whole context, %u a window of %u tokens",
                           m->n_layer, m->n_layer - local, local, m->window);
}

static const char *positions(struct wi_arena *arena, const struct wi_model *m) {
    if (m->learned_positions > 0)
        return wi_arena_printf(arena, "a learned table of %u", m->learned_positions);
    if (m->rope)
        return wi_arena_printf(arena, "RoPE over %u of %u dimensions of a head", m->rotary_dim,
                               m->head_dim);
    return "none that cost memory";
}

static const char *biases(struct wi_arena *arena, const struct wi_model *m) {
    const char *text =
        wi_arena_printf(arena, "%s%s%s%s", m->qkv_bias ? ", queries keys values" : "",
                        m->attn_out_bias ? ", attention output" : "", m->ffn_bias ? ", MLP" : "",
                        m->lm_head_bias ? ", LM head" : "");
    return *text == '\0' ? "none" : text + 2;
}

static const char *parameters(struct wi_arena *arena, const struct wi_model *m) {
    const char *published =
        m->params_published == 0 ? "summed over its tensors; no published count to hold it against"
        : m->params_published == m->params
            ? "summed over its tensors, and published so"
            : wi_arena_printf(arena, "published: %" PRIu64, m->params_published);
    return wi_arena_printf(arena, "%" PRIu64 " (%s)", m->params, published);
}

static void put_shape_rows(struct wi_table *table, struct wi_arena *arena,
                           const struct wi_model *m) {
    row(table, "parameters", parameters(arena, m));
    row(table, "size class", m->size_class);
    row(table, "architecture", wi_arch_name(m->arch));
    row(table, "layers", layers(arena, m));
    row(table, "width", wi_arena_printf(arena, "%u", m->d_model));
    row(table, "heads",
        wi_arena_printf(arena, "%u of %u dimensions; of keys and values %u", m->n_head, m->head_dim,
                        m->n_kv_head));
    row(table, "MLP",
        wi_arena_printf(arena, "%s, %u wide%s", wi_mlp_name(m->mlp), m->d_ff,
                        m->parallel_block ? ", beside the attention" : ""));
    row(table, "norms",
        wi_arena_printf(arena, "%s, %u a layer%s", wi_norm_name(m->norm), m->norms_per_layer,
                        m->qk_norm ? ", and of queries and keys" : ""));
    row(table, "biases", biases(arena, m));
    row(table, "positions", positions(arena, m));
    row(table, "vocabulary", wi_arena_printf(arena, "%u tokens", m->vocab));
    if (m->arch == WI_ARCH_decoder)
        row(table, "LM head",
            m->tie_embeddings ? "tied: the embedding's table" : "a matrix of its own");
    row(table, "context", wi_arena_printf(arena, "at most %u tokens", m->max_context));
}

static void put_bytes_table(const struct wi_model_view *view, struct wi_arena *arena,
                            struct wi_buf *out) {
    struct wi_table table;
    bool cache = !wi_is_encoder(view->model);
    wi_lay_wrap(out, "\n",
                cache ? wi_arena_printf(arena, "Memory at %u tokens, KV cache in %s", view->context,
                                        wi_precision_label(view->kv_precision))
                      : wi_arena_printf(arena, "Memory at %u tokens", view->context));
    wi_table_init(&table, arena, "lrrr");
    table.headed = true;
    const char *const heads[] = {"precision", "weights", "KV cache", "in all"};
    for (size_t i = 0; i < WI_COUNT(heads); i++)
        wi_table_add(&table, heads[i]);
    for (size_t i = 0; i < view->byte_count; i++) {
        const struct wi_model_bytes *b = &view->bytes[i];
        bool known = b->why_not == NULL;
        wi_table_add(&table, wi_precision_label(b->precision));
        wi_table_add(&table, known ? wi_say_mem(arena, b->footprint.weights_bytes) : "-");
        wi_table_add(&table, known && cache ? wi_say_mem(arena, b->footprint.kv_cache_bytes) : "-");
        wi_table_add(&table, known ? wi_say_mem(arena, b->footprint.total_bytes) : "-");
    }
    wi_table_text(&table, "  ", out);
    for (size_t i = 0; i < view->byte_count; i++)
        if (view->bytes[i].why_not != NULL)
            wi_lay_wrap(out, "  ",
                        wi_arena_printf(arena, "No %s: %s",
                                        wi_precision_label(view->bytes[i].precision),
                                        view->bytes[i].why_not));
}

void wi_report_model_text(const struct wi_model_view *view, struct wi_buf *out) {
    const struct wi_model *m = view->model;
    struct wi_arena *arena = wi_arena_create();
    struct wi_table table;
    const char *why = why_not_run(m);
    wi_lay_wrap(out, "", wi_arena_printf(arena, "%s (%s)", m->name, m->id));
    wi_table_init(&table, arena, "lw");
    row(&table, "also called", aliases(arena, m));
    row(&table, "maker", m->vendor);
    row(&table, "family", m->family);
    row(&table, "released", m->released);
    row(&table, "licence", m->license);
    row(&table, "source", m->source);
    if (m->disclosed)
        put_shape_rows(&table, arena, m);
    row(&table, "runs here",
        why == NULL ? "yes, in the reference transformer, with random weights"
                    : wi_arena_printf(arena, "no: %s", why));
    wi_table_text(&table, "  ", out);
    if (view->byte_count > 0)
        put_bytes_table(view, arena, out);
    if (m->disclosed)
        wi_say_advice(out, "\nNext: ",
                      wi_arena_printf(arena, "what needs how much? weighin estimate %s", m->id));
    wi_arena_destroy(arena);
}
