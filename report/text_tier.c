/* text_tier.c: how a device came into its tier, step by step.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/steps.h"
#include "report/trail.h"
#include "report/words.h"

struct text {
    const struct wi_tier_steps *view;
    struct wi_arena *arena;
    struct wi_steps steps;
};

static void put_heads(struct wi_table *table, const char *const *heads) {
    for (; *heads != NULL; heads++)
        wi_table_add(table, *heads);
}

static const char *limit(struct text *t, struct wi_maybe_f64 value) {
    return wi_has_f64(value) ? wi_arena_printf(t->arena, "%.6g", value.value) : "-";
}

static void put_ruler(struct text *t) {
    static const char *const heads[] = {"tier", "memory MiB", "decode tok/s", "prefill tok/s",
                                        NULL};
    const struct wi_tier_file *f = t->view->tiers;
    struct wi_table table;
    wi_step(&t->steps, "The ruler");
    wi_step_say(&t->steps,
                wi_arena_printf(t->arena,
                                "%s at %s: decode at depth %u and prefill of %u tokens into an "
                                "empty cache, by the lower ends of their intervals. Tiers of "
                                "\"%s\":",
                                f->ruler->name, wi_precision_label(f->ruler_precision),
                                f->decode_depth, f->prefill_tokens, f->name));
    wi_table_init(&table, t->arena, "lrrr");
    put_heads(&table, heads);
    for (size_t i = 0; i < f->tier_count; i++) {
        wi_table_add(&table, f->tiers[i].id);
        wi_table_add(&table, limit(t, f->tiers[i].usable_memory_mib));
        wi_table_add(&table, limit(t, f->tiers[i].decode_tok_s));
        wi_table_add(&table, limit(t, f->tiers[i].prefill_tok_s));
    }
    wi_step_table(&t->steps, &table);
}

static const char *lower(struct text *t, const struct wi_figure *f) {
    return f ? wi_say_g3(t->arena, f->tok_s.lo) : "-";
}

static const char *reached(const struct wi_tier_place *p) {
    return p->known == WI_TRI_yes ? p->tier->id : "not sure";
}

static void put_places(struct text *t) {
    static const char *const heads[] = {"",       "where",   "through", "memory MiB",
                                        "decode", "prefill", "reaches", NULL};
    const struct wi_tier_trail *trail = t->view->trail;
    struct wi_table table;
    wi_step(&t->steps, "What each part reaches");
    wi_table_init(&table, t->arena, "lllrrrl");
    put_heads(&table, heads);
    for (size_t i = 0; i < trail->place_count; i++) {
        const struct wi_tier_place *p = &trail->places[i];
        wi_table_add(&table, i == trail->chosen ? ">" : "");
        wi_table_add(&table, p->place.compute_device_id);
        wi_table_add(&table, wi_backend_id_name(p->place.backend));
        wi_table_add(&table, wi_has_f64(p->memory_mib)
                                 ? wi_arena_printf(t->arena, "%.0f", p->memory_mib.value)
                                 : "unknown");
        wi_table_add(&table, lower(t, p->decode));
        wi_table_add(&table, lower(t, p->prefill));
        wi_table_add(&table, reached(p));
    }
    wi_step_table(&t->steps, &table);
    wi_step_say(&t->steps,
                "Memory is the budget; speeds are lower ends in tok/s. A number that is "
                "missing meets no limit; where it might lift the part, nothing is sure.");
}

static void put_budget(struct text *t, const struct wi_tier_place *p) {
    wi_step_line(&t->steps, p->place.compute_device_id,
                 wi_arena_printf(t->arena, "%s of %s: %s",
                                 wi_say_maybe_mem(t->arena, p->budget.bytes), p->budget.pool,
                                 p->budget.because ? p->budget.because : "unknown"));
}

static void put_history(struct text *t, const struct wi_tier_place *p) {
    static const char *const heads[] = {"run of", "decode", "prefill", "numbers say", "tier", NULL};
    struct wi_table table;
    wi_step(&t->steps, "Run by run");
    wi_step_say(&t->steps,
                wi_arena_printf(t->arena,
                                "Each run is judged with those before it. A tier is left only when "
                                "its limit is cleared by %g %%, up or down.",
                                100 * t->view->rules->tier_leave_margin));
    wi_table_init(&table, t->arena, "lrrll");
    put_heads(&table, heads);
    for (size_t i = 0; i < p->step_count; i++) {
        const struct wi_tier_step *s = &p->steps[i];
        wi_table_add(&table, wi_say_utc(t->arena, s->run->run_utc_ns));
        wi_table_add(&table, lower(t, s->decode));
        wi_table_add(&table, lower(t, s->prefill));
        wi_table_add(&table, s->plain->id);
        wi_table_add(&table, s->kept ? s->kept->id : "not sure");
    }
    if (p->step_count > 0)
        wi_step_table(&t->steps, &table);
    else
        wi_step_say(&t->steps, "No run has rows of the ruler on this part.");
    for (size_t i = 0; i < p->bars.count; i++)
        wi_step_line(&t->steps, "not counted",
                     wi_arena_printf(t->arena, "%.12s: %s", p->bars.items[i].measurement_id,
                                     p->bars.items[i].reason));
}

static void put_tier(struct text *t) {
    const struct wi_tier_result *r = t->view->result;
    wi_step(&t->steps, "The tier");
    wi_step_line(&t->steps, "tier",
                 wi_arena_printf(t->arena, "%s%s", r->id, r->borderline ? ", borderline" : ""));
    wi_step_line(&t->steps, "because", r->because);
    for (size_t i = 0; i < r->evidence_count; i++)
        wi_step_line(&t->steps, i == 0 ? "evidence" : "", r->evidence[i]);
    if (r->evidence_count == 0)
        wi_step_line(&t->steps, "evidence", "none");
}

void wi_report_tier_steps_text(const struct wi_tier_steps *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct text t = {view, arena, {arena, out, 0}};
    const struct wi_tier_trail *trail = view->trail;
    wi_lay_wrap(
        out, "",
        wi_arena_printf(arena, "%s: tier %s%s%s",
                        view->device_name ? view->device_name : "unknown device", view->result->id,
                        view->result->compute_device_id ? ", on " : "",
                        view->result->compute_device_id ? view->result->compute_device_id : ""));
    put_ruler(&t);
    if (trail->place_count > 0) {
        put_places(&t);
        for (size_t i = 0; i < trail->place_count; i++)
            put_budget(&t, &trail->places[i]);
        put_history(&t, &trail->places[trail->chosen]);
    }
    put_tier(&t);
    wi_arena_destroy(arena);
}
