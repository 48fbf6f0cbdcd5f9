/* verdict_say.c: a verdict in plain sentences, each with its numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/judge_parts.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

const char *wi_say_memory(struct wi_arena *arena, uint64_t bytes) {
    char text[32];
    return wi_arena_strdup(arena, wi_format_mem(text, sizeof text, bytes));
}

const char *wi_say_number(struct wi_arena *arena, double value) {
    char text[32];
    wi_format_g3(text, sizeof text, value);
    size_t n = strlen(text); /* "10.0" as people set it: "10" */
    if (strchr(text, '.') && !strchr(text, 'e'))
        while (n > 0 && (text[n - 1] == '0' || text[n - 1] == '.'))
            if (text[--n] == '.')
                break;
    return wi_arena_strndup(arena, text, n);
}

const char *wi_say_time(struct wi_arena *arena, double seconds) {
    char text[32];
    return wi_arena_strdup(arena, wi_format_duration(text, sizeof text, seconds));
}

static const char *percent(struct wi_arena *arena, double share) {
    return wi_arena_printf(arena, "%.0f %%", 100 * share);
}

/* ---- memory ---- */

static uint64_t need_of(const struct wi_footprint *f) {
    return f->load_peak_bytes > f->total_bytes ? f->load_peak_bytes : f->total_bytes;
}

static const char *say_too_big(const struct wi_verdict *v, const struct wi_budget *b,
                               struct wi_arena *arena) {
    const struct wi_footprint *f = v->footprint;
    if (v->binding_limit == WI_LIMIT_largest_buffer ||
        v->binding_limit == WI_LIMIT_largest_allocation)
        return wi_arena_printf(arena, "Its largest tensor (%s) takes %s, one %s may hold %s.",
                               f->largest_tensor, wi_say_memory(arena, f->largest_tensor_bytes),
                               v->binding_limit == WI_LIMIT_largest_buffer ? "buffer"
                                                                           : "allocation",
                               wi_say_memory(arena, b->largest_allowed_bytes.value));
    uint64_t need = need_of(f), most = b->most_bytes.value;
    return wi_arena_printf(
        arena, "%s are needed%s, %s of %s may be used: short by %s. The budget is %s.",
        wi_say_memory(arena, need),
        v->binding_limit == WI_LIMIT_load_peak ? " while it is loaded" : "",
        wi_say_memory(arena, most), b->pool, wi_say_memory(arena, need - most), b->because);
}

static const char *say_fit(const struct wi_verdict *v, const struct wi_budget *b,
                           struct wi_arena *arena) {
    if (v->fits == WI_TRI_unknown)
        return wi_arena_printf(arena, "Whether it fits is unknown: %s.", b->because);
    if (v->binding_limit == WI_LIMIT_paging)
        return wi_arena_printf(arena,
                               "%s are needed and %s may be used: it runs only by reading weights "
                               "again and again.",
                               wi_say_memory(arena, need_of(v->footprint)),
                               wi_say_memory(arena, b->most_bytes.value));
    return wi_arena_printf(arena, "It fits: %s of the %s that may be used.",
                           wi_say_memory(arena, need_of(v->footprint)),
                           wi_say_memory(arena, b->bytes.value));
}

/* ---- speed ---- */

/* One part of the speed: words differ, rules do not. */
struct part {
    const char *name; /* "decode at 14.1 tok/s" */
    const char *bare; /* "decode" */
    const char *usable, *comfortable;
    const char *measured, *possible; /* "4.1 tok/s", "at most 18 tok/s possible"; NULL: unknown */
    const char *range;               /* "4.8 to 5.4 tok/s" */
    const struct wi_estimate *e;
    const struct wi_answer *u, *c;
    double target_s; /* of `usable` */
    bool set_aside;  /* there are measurements, and none of them counts */
};

static const char *say_bound(enum wi_bound by) {
    return by == WI_BOUND_memory    ? "memory bandwidth"
           : by == WI_BOUND_compute ? "arithmetic"
           : by == WI_BOUND_unpack  ? "unpacking the weights"
           : by == WI_BOUND_launch  ? "launching work"
           : by == WI_BOUND_latency ? "latency"
                                    : "limit";
}

static const char *say_missing(const struct part *p, struct wi_arena *arena) {
    return p->set_aside ? wi_arena_printf(arena, "no measurement of %s counts", p->bare)
                        : wi_arena_printf(arena, "%s was not measured", p->bare);
}

/* The number that decided stands in the sentence: what is possible at all, where that misses. */
static const char *say_missed(const struct part *p, struct wi_arena *arena) {
    double share = wi_estimate_share(p->e);
    if (!p->measured)
        return wi_arena_printf(arena, "%s; with %s it misses %s", say_missing(p, arena),
                               p->possible, p->usable);
    if (p->e->at_least_s > p->target_s)
        return wi_arena_printf(arena, "%s misses %s: %s on this device", p->name, p->usable,
                               p->possible);
    if (isnan(share))
        return wi_arena_printf(arena, "%s misses %s", p->name, p->usable);
    return wi_arena_printf(arena, "%s misses %s, at %s of this device's limit", p->name, p->usable,
                           percent(arena, share));
}

static const char *say_unknown(const struct part *p, struct wi_arena *arena) {
    if (!p->measured)
        return say_missing(p, arena);
    if (p->u->borderline)
        return wi_arena_printf(arena, "%s (%s) may or may not meet %s: the interval spans it",
                               p->name, p->range, p->usable);
    if (!p->possible)
        return wi_arena_printf(arena,
                               "%s misses %s, but the limits of this device were not measured, so "
                               "that a better kernel might meet it",
                               p->name, p->usable);
    const char *of = p->e->least_by == WI_BOUND_memory    ? "bandwidth"
                     : p->e->least_by == WI_BOUND_compute ? "peak"
                                                          : "limit";
    return wi_arena_printf(arena, "%s: our kernel reaches %s of this device's %s: %s measured, %s",
                           p->bare, percent(arena, wi_estimate_share(p->e)), of, p->measured,
                           p->possible);
}

static const char *say_part(const struct part *p, struct wi_arena *arena) {
    if (p->u->met == WI_TRI_no)
        return say_missed(p, arena);
    if (p->u->met == WI_TRI_unknown)
        return say_unknown(p, arena);
    if (p->c->met == WI_TRI_yes)
        return wi_arena_printf(arena, "%s meets %s", p->name, p->comfortable);
    if (p->c->borderline)
        return wi_arena_printf(arena, "%s (%s) meets %s and may or may not meet %s", p->name,
                               p->range, p->usable, p->comfortable);
    return wi_arena_printf(arena, "%s meets %s, not %s", p->name, p->usable, p->comfortable);
}

static const char *rate(struct wi_arena *arena, double seconds) {
    return isnan(seconds) ? NULL
                          : wi_arena_printf(arena, "%s tok/s", wi_say_number(arena, 1 / seconds));
}

static struct part decode_part(const struct wi_speed *s, const struct wi_targets *t,
                               struct wi_arena *arena) {
    const struct wi_estimate *e = &s->decode;
    struct part p = {.bare = "decode", .e = e, .u = &s->decode_usable, .c = &s->decode_comfortable};
    p.measured = rate(arena, e->s.mid);
    if (!isnan(e->at_least_s))
        p.possible = wi_arena_printf(arena, "at most %s possible", rate(arena, e->at_least_s));
    p.target_s = 1 / t->usable_decode_tok_s;
    p.usable = rate(arena, p.target_s);
    p.comfortable = rate(arena, 1 / t->comfortable_decode_tok_s);
    if (p.measured) {
        p.name = wi_arena_printf(arena, "decode at %s", p.measured);
        p.range = wi_arena_printf(arena, "%s to %s", wi_say_number(arena, 1 / e->s.hi),
                                  rate(arena, e->s.lo));
    }
    return p;
}

static const char *time_or_null(struct wi_arena *arena, double seconds) {
    return isnan(seconds) ? NULL : wi_say_time(arena, seconds);
}

static struct part pass_part(const struct wi_speed *s, const struct wi_verdict *v,
                             struct wi_arena *arena) {
    const struct wi_estimate *e = &s->pass;
    const struct wi_targets *t = &v->targets;
    bool encoder = v->model->arch == WI_ARCH_encoder;
    struct part p = {.e = e, .u = &s->pass_usable, .c = &s->pass_comfortable};
    p.bare =
        encoder ? wi_arena_printf(arena, "a pass over %u tokens", s->tokens) : "the first token";
    p.measured = time_or_null(arena, e->s.mid);
    if (!isnan(e->at_least_s))
        p.possible =
            wi_arena_printf(arena, "at least %s needed", wi_say_time(arena, e->at_least_s));
    p.target_s = encoder ? t->usable_encode_s : t->usable_first_token_s;
    p.usable = wi_arena_printf(arena, "%s s", wi_say_number(arena, p.target_s));
    p.comfortable = wi_arena_printf(
        arena, "%s s",
        wi_say_number(arena, encoder ? t->comfortable_encode_s : t->comfortable_first_token_s));
    if (p.measured) {
        p.name = wi_arena_printf(arena, "%s %s %s", p.bare, encoder ? "in" : "after", p.measured);
        p.range = wi_arena_printf(arena, "%s to %s", wi_say_time(arena, e->s.lo),
                                  wi_say_time(arena, e->s.hi));
    }
    return p;
}

static const char *capital(struct wi_arena *arena, const char *sentence) {
    char *text = wi_arena_strdup(arena, sentence);
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
    return text;
}

/* Instead of that nothing was measured, which would not be so. */
static const char *say_not_counted(const struct wi_verdict *v, struct wi_arena *arena) {
    size_t n = v->not_counted_count;
    const char *reason = v->not_counted[n - 1].reason;
    if (n == 1)
        return wi_arena_printf(arena, "The one measurement does not count: %s.", reason);
    return wi_arena_printf(
        arena, "None of the %zu measurements counts, the newest for this reason: %s.", n, reason);
}

static const char *say_speed(const struct wi_speed *s, const struct wi_verdict *v,
                             struct wi_arena *arena) {
    struct part pass = pass_part(s, v, arena), decode = decode_part(s, &v->targets, arena);
    bool encoder = v->model->arch == WI_ARCH_encoder;
    bool nothing = !pass.measured && s->pass_usable.met == WI_TRI_unknown;
    pass.set_aside = decode.set_aside = v->not_counted_count > 0;
    if (s->not_asked)
        return s->not_asked;
    if (!encoder)
        nothing = nothing && !decode.measured && s->decode_usable.met == WI_TRI_unknown;
    if (nothing && v->not_counted_count > 0)
        return say_not_counted(v, arena);
    if (encoder)
        return wi_arena_printf(arena, "%s.", capital(arena, say_part(&pass, arena)));
    if (nothing)
        return "Its speed was not measured.";
    return wi_arena_printf(arena, "%s; %s.", capital(arena, say_part(&decode, arena)),
                           say_part(&pass, arena));
}

/* What holds the speed back, where something was measured. */
static const char *say_limit(const struct wi_speed *s, const struct wi_verdict *v,
                             struct wi_arena *arena) {
    bool encoder = v->model->arch == WI_ARCH_encoder;
    const struct wi_estimate *e = encoder ? &s->pass : &s->decode;
    const struct wi_answer *usable = encoder ? &s->pass_usable : &s->decode_usable;
    double share = wi_estimate_share(e);
    if (isnan(share) || e->by == WI_BOUND_unknown || usable->met != WI_TRI_yes)
        return ""; /* a no and an unknown have said it */
    return wi_arena_printf(arena, " %s is bound by %s, at %s of what this device can do.",
                           encoder ? "It" : "Decode", say_bound(e->by), percent(arena, share));
}

/* Where the figure comes from when that is not the very question. */
static const char *say_stretch(const struct wi_speed *s, struct wi_arena *arena) {
    const struct wi_figure *f = s->decode.from[0] ? s->decode.from[0] : s->decode.from[1];
    if (!f || s->decode.between)
        return "";
    return wi_arena_printf(arena, " Decode was measured at depth %u; the question is about %u.",
                           f->depth, s->depth);
}

static const char *say_full(const struct wi_speed *s, const struct wi_verdict *v,
                            struct wi_arena *arena) {
    if (!s->full.between || isnan(s->full.s.mid))
        return "";
    return wi_arena_printf(arena, " With a full context of %u tokens it decodes %s.",
                           v->targets.context, rate(arena, s->full.s.mid));
}

void wi_verdict_say(const struct wi_speed *speed, const struct wi_budget *budget,
                    struct wi_arena *arena, struct wi_verdict *v) {
    if (v->verdict == WI_VERDICT_does_not_fit) {
        v->because = say_too_big(v, budget, arena);
        return;
    }
    if (v->binding_limit == WI_LIMIT_paging) {
        v->because = say_fit(v, budget, arena);
        return;
    }
    bool say_memory = v->verdict == WI_VERDICT_unknown;
    v->because = wi_arena_printf(arena, "%s%s%s%s%s%s", say_memory ? say_fit(v, budget, arena) : "",
                                 say_memory ? " " : "", say_speed(speed, v, arena),
                                 say_limit(speed, v, arena), say_stretch(speed, arena),
                                 say_full(speed, v, arena));
}
