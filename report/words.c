/* words.c: numbers and names of the records as people read them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/words.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

/* ---- names ---- */

const char *wi_word_verdict(enum wi_verdict_id verdict) {
    switch (verdict) {
    case WI_VERDICT_too_slow:
        return "too slow";
    case WI_VERDICT_does_not_fit:
        return "does not fit";
    default:
        return wi_verdict_name(verdict);
    }
}

const char *wi_word_limit(enum wi_limit limit) {
    switch (limit) {
    case WI_LIMIT_load_peak:
        return "memory while loading";
    case WI_LIMIT_largest_buffer:
        return "largest buffer";
    case WI_LIMIT_largest_allocation:
        return "largest allocation";
    case WI_LIMIT_engine_limit:
        return "engine";
    case WI_LIMIT_bandwidth:
        return "memory bandwidth";
    case WI_LIMIT_first_token:
        return "first token";
    default:
        return wi_limit_name(limit);
    }
}

const char *wi_word_basis(enum wi_basis basis) {
    return basis == WI_BASIS_none ? "nothing to go by" : wi_basis_name(basis);
}

const char *wi_word_status(enum wi_case_status status) {
    switch (status) {
    case WI_CASE_too_big:
        return "too big";
    case WI_CASE_not_built:
        return "not built";
    case WI_CASE_wrong:
        return "wrong result";
    case WI_CASE_timeout:
        return "timed out";
    default:
        return wi_case_status_name(status);
    }
}

const char *wi_say_claim(struct wi_arena *arena, const char *engine, const char *claim) {
    if (engine && strcmp(engine, "reference") == 0)
        return "ceiling: weighin's own kernels";
    return wi_arena_printf(arena, "%s: %s", claim ? claim : "engine", engine ? engine : "unknown");
}

const char *wi_model_label(const struct wi_model *model) {
    if (!model)
        return "unknown";
    return model->name ? model->name : model->id ? model->id : "unknown";
}

const char *wi_precision_label(enum wi_format_id precision) {
    return (size_t)precision < WI_FORMAT_COUNT ? wi_format_get(precision)->name : "unknown";
}

const char *wi_say_case(struct wi_arena *arena, const struct wi_case *key) {
    const char *batch = key->batch > 1 ? wi_arena_printf(arena, ", batch %u", key->batch) : "";
    const char *cap = key->cap && *key->cap ? wi_arena_printf(arena, ", %s", key->cap) : "";
    if (key->phase == WI_PHASE_encode)
        return wi_arena_printf(arena, "encode %u%s%s", key->tokens, batch, cap);
    return wi_arena_printf(arena, "%s %u at depth %u%s%s", wi_phase_name(key->phase), key->tokens,
                           key->depth, batch, cap);
}

/* ---- numbers ---- */

const char *wi_say_g3(struct wi_arena *arena, double value) {
    char text[48];
    return wi_arena_strdup(arena, wi_format_g3(text, sizeof text, value));
}

const char *wi_say_setting(struct wi_arena *arena, double value) {
    return isnan(value) ? "unknown" : wi_arena_printf(arena, "%.6g", value);
}

const char *wi_say_mem(struct wi_arena *arena, uint64_t bytes) {
    char text[48];
    return wi_arena_strdup(arena, wi_format_mem(text, sizeof text, bytes));
}

const char *wi_say_maybe_mem(struct wi_arena *arena, struct wi_maybe_u64 bytes) {
    return wi_has_u64(bytes) ? wi_say_mem(arena, bytes.value) : "unknown";
}

const char *wi_say_file(struct wi_arena *arena, uint64_t bytes) {
    char text[48];
    return wi_arena_strdup(arena, wi_format_file(text, sizeof text, bytes));
}

const char *wi_say_seconds(struct wi_arena *arena, double seconds) {
    char text[48];
    return wi_arena_strdup(arena, wi_format_duration(text, sizeof text, seconds));
}

const char *wi_say_utc(struct wi_arena *arena, int64_t unix_ns) {
    char text[48];
    return unix_ns ? wi_arena_strdup(arena, wi_format_utc(text, sizeof text, unix_ns)) : "unknown";
}

const char *wi_say_maybe(struct wi_arena *arena, struct wi_maybe_f64 value, const char *unit) {
    if (!wi_has_f64(value) || isnan(value.value))
        return "unknown";
    return wi_arena_printf(arena, "%s%s%s", wi_say_g3(arena, value.value), *unit ? " " : "", unit);
}

const char *wi_say_interval(struct wi_arena *arena, struct wi_interval x, const char *unit) {
    if (isnan(x.mid))
        return "unknown";
    if (isnan(x.lo) || isnan(x.hi))
        return wi_arena_printf(arena, "%s %s (spread unknown)", wi_say_g3(arena, x.mid), unit);
    return wi_arena_printf(arena, "%s %s (%s to %s)", wi_say_g3(arena, x.mid), unit,
                           wi_say_g3(arena, x.lo), wi_say_g3(arena, x.hi));
}

const char *wi_say_interval_s(struct wi_arena *arena, struct wi_interval x) {
    if (isnan(x.mid))
        return "unknown";
    if (isnan(x.lo) || isnan(x.hi))
        return wi_arena_printf(arena, "%s (spread unknown)", wi_say_seconds(arena, x.mid));
    return wi_arena_printf(arena, "%s (%s to %s)", wi_say_seconds(arena, x.mid),
                           wi_say_seconds(arena, x.lo), wi_say_seconds(arena, x.hi));
}

struct wi_interval wi_rate_interval(const struct wi_measurement *m) {
    if (m->status != WI_CASE_ok || !(m->tokens_per_s.median > 0))
        return (struct wi_interval){NAN, NAN, NAN};
    return (struct wi_interval){m->tokens_per_s.lo, m->tokens_per_s.median, m->tokens_per_s.hi};
}
