/* text_explain.c: how one measurement came about, step by step, for a reader with a calculator.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"
#include "report/digest.h"
#include "report/explain.h"
#include "report/say.h"
#include "report/steps.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

struct text {
    const struct wi_explain_view *view;
    const struct wi_measurement *m;
    struct wi_arena *arena;
    struct wi_buf *out;
    struct wi_steps steps;
};

/* Enough digits for a calculator to come to the same result. */
static const char *exact(struct text *t, double value) {
    return isnan(value) ? "unknown" : wi_arena_printf(t->arena, "%.7g", value);
}

/* ---- what was asked ---- */

/* A row of an op takes the place of a token. */
static bool is_op(const struct text *t) {
    return t->m->key.op.op != NULL;
}
static const char *unit(const struct text *t) {
    return is_op(t) ? "rows/s" : "tok/s";
}
static const char *one(const struct text *t) {
    return is_op(t) ? "row" : "token";
}

static void put_head(struct text *t) {
    wi_lay_wrap(t->out, "", wi_arena_printf(t->arena, "Measurement %s", t->m->id));
    wi_lay_wrap(t->out, "",
                wi_arena_printf(t->arena, "%s: %s", wi_digest_case(t->arena, t->m),
                                t->m->status == WI_CASE_ok
                                    ? wi_say_interval(t->arena, wi_rate_interval(t->m), unit(t))
                                    : wi_word_status(t->m->status)));
    if (t->m->reason)
        wi_lay_wrap(t->out, "", t->m->reason);
}

static void put_model(struct text *t) {
    const struct wi_case *k = &t->m->key;
    wi_step_line(&t->steps, "model",
                 wi_arena_printf(t->arena, "%s (hyper-parameters %.12s)", k->model->id,
                                 k->model->hash[0] ? k->model->hash : "unknown"));
    wi_step_line(&t->steps, "precision",
                 wi_arena_printf(t->arena, "%s, KV cache %s", wi_precision_label(k->precision),
                                 wi_precision_label(k->kv_precision)));
    wi_step_line(&t->steps, "phase",
                 wi_arena_printf(t->arena, "%s, %u tokens, depth %u, batch %u",
                                 wi_phase_name(k->phase), k->tokens, k->depth, k->batch));
}

static void put_op(struct text *t) {
    const struct wi_case *k = &t->m->key;
    wi_step_line(&t->steps, "op",
                 wi_arena_printf(t->arena, "%s: %u row%s times a matrix of %u x %u, as in %s",
                                 k->op.op, k->op.m, k->op.m == 1 ? "" : "s", k->op.n, k->op.k,
                                 wi_phase_name(k->phase)));
    wi_step_line(&t->steps, "precision", wi_precision_label(k->precision));
}

static void put_case(struct text *t) {
    const struct wi_case *k = &t->m->key;
    const struct wi_run *r = t->view->run;
    wi_step(&t->steps, "The case");
    if (is_op(t))
        put_op(t);
    else
        put_model(t);
    wi_step_line(&t->steps, "where",
                 wi_arena_printf(t->arena, "%s on %s of %s", wi_backend_id_name(k->backend),
                                 k->compute_device_id ? k->compute_device_id : "unknown",
                                 t->view->device_name ? t->view->device_name : "unknown device"));
    wi_step_line(&t->steps, "cap", k->cap && *k->cap ? k->cap : "none");
    wi_step_line(&t->steps, "run",
                 wi_arena_printf(t->arena, "%s, %s, weighin %s", r->id,
                                 wi_say_utc(t->arena, r->started_utc_ns),
                                 r->tool_version ? r->tool_version : "of unknown version"));
    wi_step_line(&t->steps, "kernel",
                 wi_arena_printf(t->arena, "%s, arithmetic %s, generation %u",
                                 t->m->kernel ? t->m->kernel : "unknown",
                                 t->m->arithmetic ? t->m->arithmetic : "unknown",
                                 t->m->kernel_generation));
    wi_step_line(&t->steps, "threads",
                 wi_arena_printf(t->arena, "%u, on processors %s", t->m->threads,
                                 t->m->thread_cpus ? t->m->thread_cpus : "unknown"));
}

/* ---- from samples to a rate ---- */

static void put_parts(struct text *t, const struct wi_summary *s) {
    struct wi_table table;
    wi_table_init(&table, t->arena, "lrrrr");
    table.headed = true;
    static const char *const heads[] = {"segment", "timings", "median ns", "in the model",
                                        "product ns"};
    for (size_t i = 0; i < WI_COUNT(heads); i++)
        wi_table_add(&table, heads[i]);
    for (unsigned i = 0; i < WI_SEGMENT_COUNT; i++) {
        const struct wi_summary_part *p = &s->parts[i];
        if (p->timings == 0)
            continue;
        wi_table_add(&table, wi_segment_name((enum wi_segment_id)i));
        wi_table_add(&table, wi_arena_printf(t->arena, "%zu", p->timings));
        wi_table_add(&table, wi_arena_printf(t->arena, "%.1f", p->median_ns));
        wi_table_add(&table, wi_arena_printf(t->arena, "x %u", p->times));
        wi_table_add(&table, wi_arena_printf(t->arena, "%.1f", p->median_ns * p->times));
    }
    wi_step_table(&t->steps, &table);
}

static void put_rate(struct text *t) {
    const struct wi_summary *s = t->view->summary;
    wi_step(&t->steps, "Time of a pass");
    const char *ran =
        is_op(t) ? wi_arena_printf(t->arena, "went through %u matri%s", t->m->key.op.matrices,
                                   t->m->key.op.matrices == 1 ? "x" : "ces")
                 : wi_arena_printf(t->arena, "ran %u of %u layers", t->m->layers_run,
                                   t->m->layers_total);
    wi_step_line(&t->steps, "passes",
                 wi_arena_printf(t->arena, "%u, after %u to warm up; each %s", t->m->passes,
                                 t->m->warmups, ran));
    if (s == NULL) {
        wi_step_say(&t->steps, t->view->no_summary ? t->view->no_summary : "There are no samples.");
        return;
    }
    put_parts(t, s);
    wi_step_line(&t->steps, "sum", wi_arena_printf(t->arena, "%.1f ns", s->pass_ns));
    wi_step_line(&t->steps, "rate",
                 wi_arena_printf(t->arena, "%u %s%s x 1e9 / %.1f ns = %s %s",
                                 t->m->tokens_per_sample, one(t),
                                 t->m->tokens_per_sample == 1 ? "" : "s", s->pass_ns,
                                 exact(t, s->rate.median), unit(t)));
    wi_step_line(&t->steps, "best",
                 wi_arena_printf(t->arena, "%s %s in the fastest pass: a bound, not a result",
                                 exact(t, s->rate.best), unit(t)));
}

static void put_beside(struct text *t) {
    for (size_t i = 0; i < t->m->beside_count; i++) {
        const struct wi_beside *b = &t->m->beside[i];
        wi_step_line(&t->steps, wi_beside_name(b->what),
                     wi_arena_printf(t->arena, "with %s, in the same run: %s (%s to %s) tok/s",
                                     wi_beside_differs(b->what), exact(t, b->tokens_per_s.median),
                                     exact(t, b->tokens_per_s.lo), exact(t, b->tokens_per_s.hi)));
    }
}

static void put_interval(struct text *t) {
    const struct wi_summary *s = t->view->summary;
    const struct wi_rate *stored = &t->m->tokens_per_s;
    wi_step(&t->steps, "The interval");
    wi_step_say(&t->steps, wi_explain_interval(t->view, t->arena));
    if (s != NULL)
        wi_step_line(&t->steps, "now",
                     wi_arena_printf(t->arena, "%s to %s %s", exact(t, s->rate.lo),
                                     exact(t, s->rate.hi), unit(t)));
    if (t->m->status == WI_CASE_ok)
        wi_step_line(&t->steps, "stored",
                     wi_arena_printf(t->arena, "%s (%s to %s) %s", exact(t, stored->median),
                                     exact(t, stored->lo), exact(t, stored->hi), unit(t)));
    enum wi_tri agrees = wi_explain_agrees(t->view);
    if (agrees == WI_TRI_yes)
        wi_step_say(&t->steps, "What is stored is what the stored samples give.");
    if (agrees == WI_TRI_no)
        wi_step_say(&t->steps,
                    "What is stored is not what this program makes of the stored samples: the row "
                    "was summed up by other rules (see the run's version), or the catalogue's "
                    "model differs.");
    if (t->m->status == WI_CASE_ok && !is_op(t))
        wi_step_say(&t->steps, wi_explain_widening(t->view, t->arena));
    put_beside(t);
}

/* ---- roofline ---- */

static const char *share_of_limit(struct text *t, struct wi_explain_term term, const char *rate) {
    if (isnan(term.limit))
        return "that limit was not measured";
    if (isnan(term.fraction))
        return wi_arena_printf(t->arena, "the limit is %s %s", exact(t, term.limit), rate);
    return wi_arena_printf(t->arena, "%.1f %% of the %s %s measured", 100 * term.fraction,
                           exact(t, term.limit), rate);
}

static void put_term(struct text *t, const char *name, struct wi_explain_term term,
                     const char *amount, const char *rate) {
    wi_step_line(&t->steps, name,
                 wi_arena_printf(t->arena, "%s %s a %s x %s %s / 1e9 = %s %s: %s",
                                 exact(t, term.per_token), amount, one(t),
                                 exact(t, t->m->tokens_per_s.median), unit(t),
                                 exact(t, term.achieved), rate, share_of_limit(t, term, rate)));
}

static void put_roofline(struct text *t) {
    wi_step(&t->steps, "Against the device's limits");
    if (t->m->status != WI_CASE_ok) {
        wi_step_say(&t->steps, "Nothing was measured.");
        return;
    }
    if (t->view->roofline == NULL)
        wi_step_say(&t->steps, "No limits of this compute device were measured in the run.");
    put_term(t, "memory", wi_explain_memory(t->view), "bytes", "GB/s");
    put_term(t, "compute", wi_explain_compute(t->view), "operations", "GFLOP/s");
    if (t->m->bound == WI_BOUND_unknown)
        wi_step_say(&t->steps,
                    "The row names no bound: a limit was not measured, or the model may live in "
                    "cache, where the memory's limit says nothing.");
    else
        wi_step_line(
            &t->steps, "bound",
            wi_arena_printf(t->arena,
                            "%s, then %s; the least time by the limits is %s of the time taken "
                            "(stored; what may stay in cache is not counted as read)",
                            wi_bound_name(t->m->bound), wi_bound_name(t->m->second),
                            wi_say_maybe(t->arena, t->m->roofline_fraction, "")));
}

/* ---- may it be believed ---- */

static void put_ops(struct text *t) {
    struct wi_table table;
    wi_table_init(&table, t->arena, "llrr");
    table.headed = true;
    static const char *const heads[] = {"op", "kernel", "error", "tolerance"};
    for (size_t i = 0; i < WI_COUNT(heads); i++)
        wi_table_add(&table, heads[i]);
    for (size_t i = 0; i < t->m->op_count; i++) {
        const struct wi_op_note *o = &t->m->ops[i];
        wi_table_add(&table, o->op);
        wi_table_add(&table, o->kernel ? wi_lay_clip(t->arena, o->kernel, 30) : NULL);
        wi_table_add(&table, exact(t, o->error));
        wi_table_add(&table, exact(t, o->tolerance));
    }
    wi_step_table(&t->steps, &table);
}

static void put_verification(struct text *t) {
    bool looked = t->m->status == WI_CASE_ok || t->m->status == WI_CASE_wrong;
    wi_step(&t->steps, "Verification");
    if (!looked || t->m->worst_op == NULL) {
        wi_step_say(&t->steps, "No error of an op is stored.");
        return;
    }
    wi_step_say(&t->steps,
                "Each op against the reference in double precision: error = max |y - ref| / "
                "sum |w x| over the outputs that were checked.");
    if (t->m->op_count > 0)
        put_ops(t);
    wi_step_line(&t->steps, "worst",
                 wi_arena_printf(t->arena, "%s: %s, allowed %s", t->m->worst_op,
                                 exact(t, t->m->error), exact(t, t->m->tolerance)));
}

static void put_doubts(struct text *t) {
    wi_step(&t->steps, "Doubts");
    if (t->m->doubts == 0)
        wi_step_say(&t->steps, "None.");
    for (unsigned d = 0; d < WI_DOUBT_COUNT; d++) {
        enum wi_doubt doubt = (enum wi_doubt)d;
        const char *seen = wi_explain_seen(t->view, doubt);
        if ((t->m->doubts & WI_DOUBT_BIT(d)) != 0)
            wi_step_line(&t->steps, wi_doubt_name(doubt),
                         wi_arena_printf(t->arena, "%s. Advice: %s (%s)",
                                         seen ? seen : "What was seen is not stored",
                                         wi_doubt_advice(doubt),
                                         wi_doubt_bars(doubt) ? "does not count because of it"
                                                              : "counts even so"));
    }
    if (t->view->summary != NULL)
        wi_step_line(
            &t->steps, "seen now",
            wi_arena_printf(t->arena,
                            "half width %.2f %%, scatter of passes (10 %% to 90 %%) %.2f %%, trend "
                            "from first to last %.2f %%",
                            100 * t->view->summary->half_width, 100 * t->view->summary->scatter,
                            100 * t->view->summary->drift));
}

static void put_eligibility(struct text *t) {
    wi_step(&t->steps, "Does it count as evidence?");
    wi_step_say(&t->steps, t->view->barred ? wi_arena_printf(t->arena, "No: %s", t->view->barred)
                                           : "Yes, until it is too old for whoever asks.");
}

/* ---- around it ---- */

static const char *reading(struct text *t, const struct wi_fact *f) {
    double value = 0;
    if (f == NULL)
        return "-";
    if (f->known != WI_KNOWN_known)
        return wi_known_name(f->known);
    bool fraction =
        strchr(f->value, '.') != NULL && wi_parse_f64(f->value, -1e300, 1e300, &value) == WI_OK;
    const char *unit = f->unit ? f->unit : "";
    return wi_lay_clip(t->arena,
                       wi_arena_printf(t->arena, "%s%s%s",
                                       fraction ? wi_say_g3(t->arena, value) : f->value,
                                       *unit ? " " : "", unit),
                       22);
}

static void put_conditions(struct text *t) {
    const struct wi_explain_reading *readings = NULL;
    size_t n = wi_explain_readings(t->view, t->arena, &readings);
    struct wi_table table;
    wi_step(&t->steps, "Conditions around it");
    if (n == 0) {
        wi_step_say(&t->steps, "No reading was stored.");
        return;
    }
    wi_table_init(&table, t->arena, "lll");
    table.headed = true;
    wi_table_add(&table, "reading");
    wi_table_add(&table, "last before");
    wi_table_add(&table, "first after");
    for (size_t i = 0; i < n; i++) {
        wi_table_add(&table, wi_lay_clip(t->arena, readings[i].key, 28));
        wi_table_add(&table, reading(t, readings[i].before));
        wi_table_add(&table, reading(t, readings[i].after));
    }
    wi_step_table(&t->steps, &table);
}

void wi_report_explain_text(const struct wi_explain_view *view, struct wi_buf *out) {
    struct text t = {view, &view->evidence->m, wi_arena_create(), out, {0}};
    t.steps = (struct wi_steps){t.arena, out, 0};
    put_head(&t);
    put_case(&t);
    put_rate(&t);
    put_interval(&t);
    put_roofline(&t);
    put_verification(&t);
    put_doubts(&t);
    put_eligibility(&t);
    put_conditions(&t);
    wi_step(&t.steps, "Again, in SQL");
    wi_buf_printf(out, "%s\n", wi_explain_sql(view, t.arena)); /* nothing foreign but hex digits */
    wi_arena_destroy(t.arena);
}
