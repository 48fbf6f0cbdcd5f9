/* catalogue.c: loads the embedded data and users' files, finds models by what people call them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/catalogue_load.h"

#include "base/hash.h"
#include "base/os.h"
#include "base/text.h"
#include "models/names.h"

#include <string.h>
#include <strings.h>

extern const unsigned char wi_data_models[], wi_data_size_classes[], wi_data_precision_families[],
    wi_data_engines[];
extern const size_t wi_data_models_size, wi_data_size_classes_size, wi_data_precision_families_size,
    wi_data_engines_size;

enum { USER_FILE_LIMIT = 4 << 20 };

/* ---- building ---- */

static int read_embedded(struct wi_catalogue_builder *b, struct wi_err *err) {
    WI_TRY(wi_catalogue_read_models(b, "models.yaml (built in)", (const char *)wi_data_models,
                                    wi_data_models_size, err));
    WI_TRY(wi_catalogue_read_classes(b, "size_classes.yaml (built in)",
                                     (const char *)wi_data_size_classes, wi_data_size_classes_size,
                                     err));
    WI_TRY(wi_catalogue_read_families(b, "precision_families.yaml (built in)",
                                      (const char *)wi_data_precision_families,
                                      wi_data_precision_families_size, err));
    return wi_catalogue_read_engines(b, "engines.yaml (built in)", (const char *)wi_data_engines,
                                     wi_data_engines_size, err);
}

static int read_extra(struct wi_catalogue_builder *b, const char *const *files,
                      struct wi_err *err) {
    for (size_t i = 0; files != NULL && files[i] != NULL; i++) {
        struct wi_buf text = {0};
        int status = wi_os_read_file(files[i], USER_FILE_LIMIT, &text, err);
        if (status == WI_OK)
            status = wi_catalogue_read_models(b, wi_arena_strdup(b->arena, files[i]),
                                              wi_buf_str(&text), text.size, err);
        wi_buf_fini(&text);
        WI_TRY(status);
    }
    return WI_OK;
}

static const char *class_of(const struct wi_size_class *classes, size_t n, uint64_t params) {
    for (size_t i = 0; i < n; i++)
        if ((double)params < classes[i].params_below)
            return classes[i].id;
    return n == 0 ? NULL : classes[n - 1].id;
}

/* Everything that derived rows depend on, in data order. */
static void hash_all(const struct wi_catalogue_builder *b, char out[65]) {
    struct wi_sha256 hash;
    unsigned char digest[32];
    struct wi_buf text = {0};
    for (size_t i = 0; i < b->models.count; i++)
        wi_buf_printf(&text, "model %s %s\n", b->models.items[i]->id, b->models.items[i]->hash);
    for (size_t i = 0; i < b->classes.count; i++)
        wi_buf_printf(&text, "class %s %.17g %s\n", b->classes.items[i].id,
                      b->classes.items[i].params_below,
                      b->classes.items[i].representative ? b->classes.items[i].representative : "");
    for (size_t i = 0; i < b->families.count; i++) {
        wi_buf_printf(&text, "family %s", b->families.items[i].id);
        for (const char *const *m = b->families.items[i].members; *m != NULL; m++)
            wi_buf_printf(&text, " %s", *m);
        wi_buf_putc(&text, '\n');
    }
    for (size_t i = 0; i < b->engines.count; i++)
        wi_buf_printf(&text, "engine %s %s %llu\n", b->engines.items[i].id,
                      b->engines.items[i].claim,
                      (unsigned long long)b->engines.items[i].overhead_bytes);
    wi_sha256_init(&hash);
    wi_sha256_update(&hash, wi_buf_str(&text), text.size);
    wi_sha256_final(&hash, digest);
    wi_buf_fini(&text);
    for (size_t i = 0; i < sizeof digest; i++) {
        static const char hex[] = "0123456789abcdef";
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[64] = '\0';
}

int wi_catalogue_load(const char *const *extra_files, struct wi_catalogue **catalogue,
                      struct wi_err *err) {
    *catalogue = NULL;
    struct wi_arena *arena = wi_arena_create();
    struct wi_catalogue_builder b = {.arena = arena};
    int status = read_embedded(&b, err);
    if (status == WI_OK)
        status = read_extra(&b, extra_files, err);
    if (status != WI_OK) {
        wi_arena_destroy(arena);
        return status;
    }
    for (size_t i = 0; i < b.models.count; i++) {
        /* The builder's own objects: const only for everybody else. */
        struct wi_model *m = (struct wi_model *)(uintptr_t)b.models.items[i];
        m->size_class = m->disclosed ? class_of(b.classes.items, b.classes.count, m->params) : NULL;
    }
    struct wi_catalogue *c = WI_NEW(arena, struct wi_catalogue);
    *c = (struct wi_catalogue){.arena = arena,
                               .models = b.models.items,
                               .model_count = b.models.count,
                               .classes = b.classes.items,
                               .class_count = b.classes.count,
                               .families = b.families.items,
                               .family_count = b.families.count,
                               .engines = b.engines.items,
                               .engine_count = b.engines.count};
    hash_all(&b, c->hash);
    *catalogue = c;
    return WI_OK;
}

void wi_catalogue_destroy(struct wi_catalogue *catalogue) {
    if (catalogue != NULL)
        wi_arena_destroy(catalogue->arena);
}

/* ---- finding ---- */

static int no_such(const char *kind, const char *text, const char *const *names, size_t n,
                   const char *list, struct wi_err *err) {
    const char *near = wi_text_closest(text, names, n);
    if (near != NULL)
        return wi_fail(err, WI_USAGE, "no %s is called \"%.100s\": did you mean %s? (%s)", kind,
                       text, near, list);
    return wi_fail(err, WI_USAGE, "no %s is called \"%.100s\" (%s)", kind, text, list);
}

int wi_catalogue_find(const struct wi_catalogue *catalogue, const char *text,
                      const struct wi_model **model, struct wi_err *err) {
    char folded[WI_NAME_MOST + 1];
    wi_name_fold(text, folded);
    for (size_t i = 0; i < catalogue->model_count; i++)
        if (wi_model_goes_by(catalogue->models[i], folded)) {
            *model = catalogue->models[i];
            return WI_OK;
        }
    struct wi_arena *arena = wi_arena_create();
    struct {
        const char **items;
        size_t count, capacity;
    } names = {0};
    for (size_t i = 0; i < catalogue->model_count; i++) {
        *WI_PUSH(arena, &names, const char *) = catalogue->models[i]->id;
        for (const char *const *a = catalogue->models[i]->aliases; a != NULL && *a != NULL; a++)
            *WI_PUSH(arena, &names, const char *) = *a;
    }
    int status =
        no_such("model", text, names.items, names.count, "`weighin list models` names all", err);
    wi_arena_destroy(arena);
    return status;
}

int wi_catalogue_find_engine(const struct wi_catalogue *catalogue, const char *text,
                             const struct wi_engine **engine, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    const char **names = WI_NEW_ARRAY(arena, const char *, catalogue->engine_count + 1);
    *engine = NULL;
    for (size_t i = 0; i < catalogue->engine_count; i++) {
        names[i] = catalogue->engines[i].id;
        if (strcasecmp(names[i], text) == 0)
            *engine = &catalogue->engines[i];
    }
    int status = *engine != NULL ? WI_OK
                                 : no_such("engine", text, names, catalogue->engine_count,
                                           "`weighin list engines` names all", err);
    wi_arena_destroy(arena);
    return status;
}

const char *wi_catalogue_family(const struct wi_catalogue *catalogue, const char *precision) {
    for (size_t i = 0; i < catalogue->family_count; i++)
        for (const char *const *m = catalogue->families[i].members; *m != NULL; m++)
            if (strcasecmp(*m, precision) == 0)
                return catalogue->families[i].id;
    return NULL;
}

const char *wi_catalogue_size_class(const struct wi_catalogue *catalogue, uint64_t params) {
    return class_of(catalogue->classes, catalogue->class_count, params);
}
