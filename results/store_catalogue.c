/* store_catalogue.c: the models, size classes and precision families that derived rows refer to.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Not evidence: the tables show the catalogue that was put last. A model whose hyper-parameters
 * changed keeps its older row beside the new one, since measurements name the hash they ran with.
 */
#include "results/store_db.h"
#include "results/store_row.h"

#include <math.h>

static const char *arch_name(enum wi_arch arch) {
    return arch == WI_ARCH_encoder ? "encoder" : "decoder";
}

static void number(struct wi_row *row, const char *column, uint64_t value) {
    if (value)
        wi_row_integer(row, column, (int64_t)value);
    else
        wi_row_null(row, column);
}

static void put_shape(struct wi_row *row, const struct wi_model *m) {
    if (!m->disclosed)
        return;
    number(row, "params", m->params);
    number(row, "params_published", m->params_published);
    number(row, "layers", m->n_layer);
    wi_row_integer(row, "layers_global", wi_model_layer_count(m, WI_LAYER_global));
    wi_row_integer(row, "layers_local", wi_model_layer_count(m, WI_LAYER_local));
    number(row, "d_model", m->d_model);
    number(row, "n_head", m->n_head);
    number(row, "n_kv_head", m->n_kv_head);
    number(row, "head_dim", m->head_dim);
    number(row, "d_ff", m->d_ff);
    number(row, "vocab", m->vocab);
    number(row, "max_context", m->max_context);
    number(row, "window", m->window);
}

static int put_model(struct wi_store *store, const struct wi_model *m, size_t position,
                     const char *catalogue_hash, struct wi_arena *arena, struct wi_err *err) {
    struct wi_row row;
    wi_row_init(&row, "model", arena);
    wi_row_text(&row, "model", m->id);
    wi_row_text(&row, "model_hash", m->hash);
    wi_row_integer(&row, "position", (int64_t)position);
    wi_row_text(&row, "name", m->name);
    wi_row_text(&row, "vendor", m->vendor);
    wi_row_text(&row, "family", m->family);
    wi_row_text(&row, "license", m->license);
    wi_row_text(&row, "released", m->released);
    wi_row_integer(&row, "disclosed", m->disclosed);
    wi_row_text(&row, "arch", arch_name(m->arch));
    wi_row_text(&row, "size_class", m->size_class);
    put_shape(&row, m);
    wi_row_text(&row, "unrunnable", m->unrunnable);
    wi_row_text(&row, "catalogue_hash", catalogue_hash);
    int status = wi_row_replace(store, &row, err);
    wi_row_fini(&row);
    return status;
}

static int put_class(struct wi_store *store, const struct wi_size_class *c, size_t position,
                     const char *catalogue_hash, struct wi_arena *arena, struct wi_err *err) {
    struct wi_row row;
    wi_row_init(&row, "size_class", arena);
    wi_row_text(&row, "size_class", c->id);
    wi_row_integer(&row, "position", (int64_t)position);
    wi_row_real(&row, "params_below", isinf(c->params_below) ? (double)NAN : c->params_below);
    wi_row_text(&row, "representative", c->representative);
    wi_row_text(&row, "catalogue_hash", catalogue_hash);
    int status = wi_row_insert(store, &row, err);
    wi_row_fini(&row);
    return status;
}

static int put_family(struct wi_store *store, const struct wi_precision_family *f,
                      const char *catalogue_hash, struct wi_arena *arena, struct wi_err *err) {
    int status = WI_OK;
    for (size_t i = 0; status == WI_OK && f->members[i]; i++) {
        struct wi_row row;
        wi_row_init(&row, "precision_family", arena);
        wi_row_text(&row, "family", f->id);
        wi_row_integer(&row, "position", (int64_t)i);
        wi_row_text(&row, "precision", f->members[i]);
        wi_row_text(&row, "catalogue_hash", catalogue_hash);
        status = wi_row_insert(store, &row, err);
        wi_row_fini(&row);
    }
    return status;
}

static int put_all(struct wi_store *store, const struct wi_catalogue *c, struct wi_arena *arena,
                   struct wi_err *err) {
    WI_TRY(wi_store_exec(store, "DELETE FROM size_class; DELETE FROM precision_family",
                         "replace the catalogue", err));
    for (size_t i = 0; i < c->model_count; i++)
        WI_TRY(put_model(store, c->models[i], i, c->hash, arena, err));
    for (size_t i = 0; i < c->class_count; i++)
        WI_TRY(put_class(store, &c->classes[i], i, c->hash, arena, err));
    for (size_t i = 0; i < c->family_count; i++)
        WI_TRY(put_family(store, &c->families[i], c->hash, arena, err));
    return WI_OK;
}

int wi_store_put_catalogue(struct wi_store *store, const struct wi_catalogue *catalogue,
                           struct wi_err *err) {
    WI_TRY(wi_store_begin(store, err));
    struct wi_arena *arena = wi_arena_create();
    int status = put_all(store, catalogue, arena, err);
    wi_arena_destroy(arena);
    if (status != WI_OK) {
        wi_store_rollback(store);
        return status;
    }
    return wi_store_commit(store, err);
}
