/* null.c: the scripted backend; null.h has the grammar.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Relies on: wi_model_pass_cost for the times that the script leaves open. */
#include "kernels/null/null.h"

#include "base/buf.h"
#include "base/units.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*    key            kind: times and rates are lists, flags single numbers, refuse a word */
/* clang-format off */
#define KEY_LIST(X)                                                                                \
    X(embed_ns) X(head_ns) X(layer_ns) X(global_ns) X(local_ns) X(gb_per_s) X(gflop_per_s)         \
    X(gap_ns) X(scale) X(crash_at_pass) X(hang_at_pass) X(exit_at_pass) X(error_at_pass) X(wrong)  \
    X(crash_at_open) X(hang_at_open) X(exit_at_open) X(refuse) X(memory_bytes)                     \
    X(canary_gb_per_s) X(canary_gflop_per_s) X(roof_gb_per_s) X(roof_gflop_per_s)
/* clang-format on */
enum key {
#define X(name) KEY_##name,
    KEY_LIST(X)
#undef X
        KEY_COUNT
};
static const char *const key_names[] = {
#define X(name) #name,
    KEY_LIST(X)
#undef X
};

enum { MAX_ENTRIES = 256, EXIT_SCRIPTED = 70 };

struct entry {
    const char *model, *precision, *phase; /* "*": any */
    enum key key;
    const double *values;
    size_t count;
    int refuse; /* wi_status, for KEY_refuse */
};
struct script {
    struct entry *items;
    size_t count, capacity;
};

struct wi_device {
    struct wi_arena *arena;
    struct script script;
    struct wi_session_params own; /* a copy; strings and model are borrowed by contract */
    uint64_t now_ns;
    uint64_t passes, phase_passes[WI_PHASE_COUNT];
    uint64_t layers_done[WI_PHASE_COUNT];
    uint64_t looks; /* of the canary */
};

/* ---- parsing ---- */

static int parse_key(const char *text, enum key *key, struct wi_err *err) {
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(text, key_names[i]) == 0) {
            *key = (enum key)i;
            return WI_OK;
        }
    }
    return wi_fail(err, WI_USAGE, "null script: unknown key '%s'", text);
}

static int parse_refuse(const char *text, int *status, struct wi_err *err) {
    static const struct {
        const char *name;
        int status;
    } words[] = {{"too_big", WI_TOO_BIG},
                 {"unsupported", WI_UNSUPPORTED},
                 {"unavailable", WI_UNAVAILABLE},
                 {"not_built", WI_NOT_BUILT}};
    for (size_t i = 0; i < WI_COUNT(words); i++) {
        if (strcmp(text, words[i].name) == 0) {
            *status = words[i].status;
            return WI_OK;
        }
    }
    return wi_fail(err, WI_USAGE,
                   "null script: refuse=%s: use too_big, unsupported, unavailable or not_built",
                   text);
}

static int parse_numbers(struct wi_arena *arena, char *text, struct entry *e, struct wi_err *err) {
    size_t n = 1;
    for (const char *p = text; *p != '\0'; p++)
        n += *p == ',';
    double *values = WI_NEW_ARRAY(arena, double, n);
    char *save = NULL;
    size_t i = 0;
    for (char *word = strtok_r(text, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
        double least = e->key == KEY_gap_ns ? -1e18 : 0; /* clocks may go back */
        if (wi_parse_f64(word, least, 1e18, &values[i++]) != WI_OK)
            return wi_fail(err, WI_USAGE, "null script: %s: '%s' is no number from %g on",
                           key_names[e->key], word, least);
    }
    if (i != n)
        return wi_fail(err, WI_USAGE, "null script: %s: a number is missing", key_names[e->key]);
    e->values = values;
    e->count = n;
    return WI_OK;
}

/* "MODEL/PRECISION/PHASE:key=value": takes the case off, leaves the rest in *text. */
static int parse_case(char **text, struct entry *e, struct wi_err *err) {
    char *colon = strchr(*text, ':');
    char *slash = strchr(*text, '/');
    char *slash2 = slash == NULL ? NULL : strchr(slash + 1, '/');
    if (colon == NULL || slash2 == NULL || slash2 > colon)
        return wi_fail(err, WI_USAGE,
                       "null script: 'case=%s': expected case=MODEL/PRECISION/PHASE:key=value",
                       *text);
    *slash = *slash2 = *colon = '\0';
    e->model = *text;
    e->precision = slash + 1;
    e->phase = slash2 + 1;
    *text = colon + 1;
    return WI_OK;
}

static int parse_entry(struct wi_arena *arena, char *text, struct script *script,
                       struct wi_err *err) {
    struct entry *e = WI_PUSH(arena, script, struct entry);
    e->model = e->precision = e->phase = "*";
    if (strncmp(text, "case=", 5) == 0) {
        text += 5;
        WI_TRY(parse_case(&text, e, err));
    }
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return wi_fail(err, WI_USAGE, "null script: '%s' is not key=value", text);
    *equals = '\0';
    WI_TRY(parse_key(text, &e->key, err));
    if (e->key == KEY_refuse)
        return parse_refuse(equals + 1, &e->refuse, err);
    return parse_numbers(arena, equals + 1, e, err);
}

static char *trim(char *text) {
    text += strspn(text, " \t\n");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\n", text[n - 1]) != NULL)
        text[--n] = '\0';
    return text;
}

static int parse_script(struct wi_arena *arena, const char *text, struct script *script,
                        struct wi_err *err) {
    char *copy = wi_arena_strdup(arena, text == NULL ? "" : text), *save = NULL;
    for (char *part = strtok_r(copy, ";", &save); part != NULL; part = strtok_r(NULL, ";", &save)) {
        part = trim(part);
        if (*part == '\0')
            continue;
        if (script->count == MAX_ENTRIES)
            return wi_fail(err, WI_USAGE, "null script: more than %d entries", MAX_ENTRIES);
        WI_TRY(parse_entry(arena, part, script, err));
    }
    return WI_OK;
}

int wi_null_script_check(const char *text, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct script script = {0};
    int status = parse_script(arena, text, &script, err);
    wi_arena_destroy(arena);
    return status;
}

/* The last entry of a script that is about every case; NULL: it is silent. */
static const struct entry *find_general(const struct script *script, enum key key) {
    const struct entry *found = NULL;
    for (size_t i = 0; i < script->count; i++)
        if (script->items[i].key == key)
            found = &script->items[i];
    return found;
}

/* One pass of one second, in which as much was done as the script says of this measuring. */
static void add_ceiling(struct wi_roofline *r, const struct entry *e, unsigned nth,
                        struct wi_ceiling ceiling, struct wi_ceiling *to) {
    static const uint64_t second_ns[] = {UINT64_C(1000000000)};
    if (e == NULL)
        return;
    ceiling.how = "scripted";
    ceiling.threads = 1;
    ceiling.work = e->values[nth % e->count] * 1e9;
    ceiling.samples_ns = second_ns;
    ceiling.sample_count = 1;
    to[r->ceiling_count++] = ceiling;
}

int wi_null_roofline(const char *text, unsigned nth, struct wi_arena *arena,
                     struct wi_roofline *roofline, struct wi_err *err) {
    struct script script = {0};
    struct wi_ceiling *ceilings = WI_NEW_ARRAY(arena, struct wi_ceiling, 2);
    *roofline = (struct wi_roofline){.backend = WI_BACKEND_null, .ceilings = ceilings};
    WI_TRY(parse_script(arena, text, &script, err));
    const struct entry *gb = find_general(&script, KEY_roof_gb_per_s);
    const struct entry *gflop = find_general(&script, KEY_roof_gflop_per_s);
    if (gb == NULL && gflop == NULL)
        return wi_fail(err, WI_UNSUPPORTED, "null backend: the script has no roofline");
    add_ceiling(roofline, gb, nth, (struct wi_ceiling){.id = WI_CEILING_read}, ceilings);
    add_ceiling(roofline, gflop, nth,
                (struct wi_ceiling){.id = WI_CEILING_peak, .arithmetic = "f32"}, ceilings);
    wi_roofline_sum_up(roofline);
    return WI_OK;
}

/* ---- looking up ---- */

static bool matches(const char *pattern, const char *text) {
    return strcmp(pattern, "*") == 0 || strcmp(pattern, text) == 0;
}

/* phase WI_PHASE_COUNT: while opening, any phase will do. */
static const struct entry *find(const struct wi_device *d, enum key key, enum wi_phase phase) {
    const struct entry *found = NULL;
    for (size_t i = 0; i < d->script.count; i++) {
        const struct entry *e = &d->script.items[i];
        if (e->key == key && matches(e->model, d->own.model == NULL ? "op" : d->own.model->id) &&
            matches(e->precision, wi_format_get(d->own.precision)->name) &&
            (phase == WI_PHASE_COUNT || matches(e->phase, wi_phase_name(phase))))
            found = e;
    }
    return found;
}

/* The value for the `at`-th use, from 0; `otherwise` when the script is silent. */
static double value_at(const struct wi_device *d, enum key key, enum wi_phase phase, uint64_t at,
                       double otherwise) {
    const struct entry *e = find(d, key, phase);
    return e == NULL ? otherwise : e->values[at % e->count];
}

static bool flag(const struct wi_device *d, enum key key) {
    const struct entry *e = find(d, key, WI_PHASE_COUNT);
    return e != NULL && e->values[0] != 0;
}

/* Is this pass the one that the entry names? Counts passes of the entry's own phase. */
static bool is_pass(const struct wi_device *d, enum key key, enum wi_phase phase) {
    const struct entry *e = find(d, key, phase);
    if (e == NULL)
        return false;
    uint64_t n = strcmp(e->phase, "*") == 0 ? d->passes : d->phase_passes[phase];
    return (uint64_t)e->values[0] == n;
}

/* ---- faults ---- */

static void crash(void) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}
static void hang(void) {
    for (;;)
        pause();
}

/* ---- the backend ---- */

static void null_close(struct wi_device *d) {
    if (d != NULL)
        wi_arena_destroy(d->arena);
}

static int open_faults(const struct wi_device *d, struct wi_err *err) {
    if (flag(d, KEY_crash_at_open))
        crash();
    if (flag(d, KEY_hang_at_open))
        hang();
    if (flag(d, KEY_exit_at_open))
        _exit(EXIT_SCRIPTED);
    const struct entry *e = find(d, KEY_refuse, WI_PHASE_COUNT);
    if (e != NULL)
        return wi_fail(err, e->refuse, "null backend: the script refuses this case (%s)",
                       wi_status_text(e->refuse));
    return WI_OK;
}

static int null_open(const struct wi_session_params *params, struct wi_device **device,
                     struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_device *d = WI_NEW(arena, struct wi_device);
    d->arena = arena;
    d->own = *params;
    d->now_ns = 1000000000;
    int status = parse_script(arena, params->null_script, &d->script, err);
    if (status == WI_OK)
        status = open_faults(d, err);
    if (status != WI_OK) {
        null_close(d);
        return status;
    }
    *device = d;
    return WI_OK;
}

static void null_describe(const struct wi_device *d, struct wi_session_info *info) {
    info->arithmetic = "f32";
    info->kernel_prefill = info->kernel_decode = "scripted__null";
    info->threads = 1;
    info->weight_bytes_resident = (uint64_t)value_at(d, KEY_memory_bytes, WI_PHASE_COUNT, 0, 0);
}

/* ns of one segment whose cost is `c`, at the script's rates: the larger of moving and computing.
 */
static double cost_ns(const struct wi_device *d, enum wi_phase phase, const struct wi_cost *c) {
    double bytes = c->weight_bytes + c->kv_read_bytes + c->kv_write_bytes;
    double move = bytes / fmax(value_at(d, KEY_gb_per_s, phase, 0, 50), 1e-9);
    double compute = c->flops / fmax(value_at(d, KEY_gflop_per_s, phase, 0, 1000), 1e-9);
    return fmax(move, compute);
}

static double op_time(const struct wi_device *d, const struct wi_pass *pass) {
    const struct wi_op_shape *op = &pass->op;
    const struct wi_cost one = {
        .weight_bytes = (double)wi_format_bytes(wi_format_get(d->own.precision), op->n, op->k),
        .flops = 2.0 * op->m * op->n * op->k};
    return op->matrices * cost_ns(d, pass->phase, &one);
}

static double segment_time(struct wi_device *d, enum wi_phase phase, enum wi_segment_id id,
                           const struct wi_pass_cost *cost) {
    uint64_t at = d->phase_passes[phase] - 1;
    if (id == WI_SEGMENT_embed)
        return value_at(d, KEY_embed_ns, phase, at, cost_ns(d, phase, &cost->embed));
    if (id == WI_SEGMENT_head)
        return value_at(d, KEY_head_ns, phase, at, cost_ns(d, phase, &cost->head));
    bool global = id == WI_SEGMENT_global;
    const struct wi_cost *c = &cost->layer[global ? WI_LAYER_global : WI_LAYER_local];
    uint64_t layer = d->layers_done[phase]++;
    double any = value_at(d, KEY_layer_ns, phase, layer, cost_ns(d, phase, c));
    return value_at(d, global ? KEY_global_ns : KEY_local_ns, phase, layer, any);
}

static int null_run(struct wi_device *d, const struct wi_program *program,
                    const struct wi_pass *pass, uint64_t *segment_ns, uint64_t *start_ns,
                    struct wi_err *err) {
    struct wi_pass_cost cost = {0};
    bool single = d->own.model == NULL;
    if (!single)
        WI_TRY(wi_model_pass_cost(d->own.model, d->own.precision, d->own.kv_precision, pass->phase,
                                  pass->tokens, pass->depth, d->own.batch, &cost, err));
    d->passes++;
    uint64_t at = d->phase_passes[pass->phase]++;
    if (is_pass(d, KEY_crash_at_pass, pass->phase))
        crash();
    if (is_pass(d, KEY_hang_at_pass, pass->phase))
        hang();
    if (is_pass(d, KEY_exit_at_pass, pass->phase))
        _exit(EXIT_SCRIPTED);
    if (is_pass(d, KEY_error_at_pass, pass->phase))
        return wi_fail(err, WI_CRASHED, "null backend: the script loses the device in this pass");
    *start_ns = d->now_ns;
    double scale = value_at(d, KEY_scale, pass->phase, at, 1);
    for (size_t i = 0; i < program->segment_count; i++) {
        double ns = scale * (single ? op_time(d, pass)
                                    : segment_time(d, pass->phase, program->segments[i].id, &cost));
        segment_ns[i] = (uint64_t)llround(fmax(ns, 0));
        d->now_ns += segment_ns[i];
    }
    d->now_ns += (uint64_t)(int64_t)value_at(d, KEY_gap_ns, pass->phase, at, 1000);
    return WI_OK;
}

/* Says nothing that the script does not say. */
static int null_canary(struct wi_device *d, uint64_t budget_ns, struct wi_canary *look,
                       struct wi_err *err) {
    const struct entry *gb = find(d, KEY_canary_gb_per_s, WI_PHASE_COUNT);
    const struct entry *gflop = find(d, KEY_canary_gflop_per_s, WI_PHASE_COUNT);
    (void)budget_ns;
    if (gb == NULL && gflop == NULL)
        return wi_fail(err, WI_UNSUPPORTED, "null backend: the script has no canary");
    *look = (struct wi_canary){.at_ns = d->now_ns};
    if (gb != NULL)
        look->read_gb_per_s = wi_some_f64(gb->values[d->looks % gb->count]);
    if (gflop != NULL)
        look->f32_gflop_per_s = wi_some_f64(gflop->values[d->looks % gflop->count]);
    d->looks++;
    return WI_OK;
}

static int null_verify(struct wi_device *d, const struct wi_pass *pass, struct wi_op_note *note,
                       const char **wrong, struct wi_err *err) {
    (void)err;
    bool bad = value_at(d, KEY_wrong, pass->phase, 0, 0) != 0;
    *note = (struct wi_op_note){
        .op = "gemv", .kernel = "scripted__null", .error = bad ? 1 : 0, .tolerance = 1e-5};
    *wrong = bad ? "gemv: scripted__null is off by 1 (tolerance 1e-05), as the script says" : NULL;
    return WI_OK;
}

const struct wi_backend wi_backend_null = {
    .abi = WI_BACKEND_ABI,
    .id = WI_BACKEND_null,
    .name = "null",
    .computes = false,
    .open = null_open,
    .close = null_close,
    .describe = null_describe,
    .run = null_run,
    .canary = null_canary,
    .verify = null_verify,
};
