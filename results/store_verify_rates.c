/* store_verify_rates.c: is each stored rate that of its samples?
 * SPDX-License-Identifier: Apache-2.0
 *
 * A content hash shows that a row was changed after it was stored, not that it said what was
 * measured when it was. The samples do: the median follows from them by the segment formula, and
 * what is derived from the median by one multiplication. Intervals are only asked to lie around it:
 * they take a thousand times as long. Rows of cases alone: other kinds have no rate. */
#include "results/store_samples.h"
#include "results/store_verify.h"
#include "results/summary.h"

#include <math.h>

/* Stored and computed anew by the same sums; other compilers may round them otherwise. */
static const double close_enough = 1e-9;

enum { /* columns of the query */
       C_ID,
       C_COUNT,
       C_SAMPLES,
       C_TOKENS,
       C_GLOBAL,
       C_LOCAL,
       C_MEDIAN,
       C_LO,
       C_HI,
       C_BEST,
       C_BYTES,
       C_GB_PER_S,
       C_FLOPS,
       C_GFLOP_PER_S
};
static const char query[] =
    "SELECT measurement_id, sample_count, samples, tokens_per_sample, layers_global, layers_local, "
    "tokens_per_s_median, tokens_per_s_lo, tokens_per_s_hi, tokens_per_s_best, bytes_per_token, "
    "achieved_gb_per_s, flops_per_token, achieved_gflop_per_s FROM measurement "
    "WHERE kind = 'model' AND status = 'ok' AND length(samples) = 21 * sample_count "
    "ORDER BY measurement_id";

static bool differs(double a, double b) {
    return !(fabs(a - b) <= close_enough * fabs(b));
}

static void check_median(struct wi_verifying *v, sqlite3_stmt *stmt, const char *id,
                         struct wi_arena *arena) {
    size_t n = (size_t)sqlite3_column_int64(stmt, C_COUNT);
    struct wi_sample *samples = WI_NEW_ARRAY(arena, struct wi_sample, n + 1);
    double tokens = sqlite3_column_double(stmt, C_TOKENS), pass_ns = 0;
    double median = sqlite3_column_double(stmt, C_MEDIAN);
    struct wi_err why = {0};
    struct wi_summary_input in = {.samples = samples, .count = n};
    in.layer_count[WI_LAYER_global] = (uint32_t)sqlite3_column_int64(stmt, C_GLOBAL);
    in.layer_count[WI_LAYER_local] = (uint32_t)sqlite3_column_int64(stmt, C_LOCAL);
    wi_samples_unpack(sqlite3_column_blob(stmt, C_SAMPLES), n, samples);
    if (wi_summary_pass_ns(&in, &pass_ns, &why) != WI_OK)
        wi_verify_add(v, "measurement %s: its rate does not follow from its samples: %s", id,
                      why.message);
    else if (differs(median, tokens * 1e9 / pass_ns))
        wi_verify_add(v, "measurement %s says %.6g tokens per second, its samples say %.6g", id,
                      median, tokens * 1e9 / pass_ns);
}

/* `rate` follows from `work` of each token; NULL: nobody reckoned it. */
static void check_product(struct wi_verifying *v, sqlite3_stmt *stmt, const char *id, int work,
                          int rate, const char *unit) {
    double median = sqlite3_column_double(stmt, C_MEDIAN);
    double product = sqlite3_column_double(stmt, work) * median / 1e9;
    if (sqlite3_column_type(stmt, rate) != SQLITE_NULL &&
        differs(sqlite3_column_double(stmt, rate), product))
        wi_verify_add(v, "measurement %s says %.6g %s, its tokens per second say %.6g", id,
                      sqlite3_column_double(stmt, rate), unit, product);
}

static void on_rate(struct wi_verifying *v, sqlite3_stmt *stmt) {
    struct wi_arena *arena = wi_arena_create();
    const char *id = (const char *)sqlite3_column_text(stmt, C_ID);
    double lo = sqlite3_column_double(stmt, C_LO), median = sqlite3_column_double(stmt, C_MEDIAN);
    double hi = sqlite3_column_double(stmt, C_HI), best = sqlite3_column_double(stmt, C_BEST);
    id = id ? id : "NULL";
    if (sqlite3_column_int64(stmt, C_COUNT) > 0)
        check_median(v, stmt, id, arena);
    else
        wi_verify_add(v, "measurement %s says %.6g tokens per second and holds no samples", id,
                      median);
    if (!(lo <= median && median <= hi && median <= best))
        wi_verify_add(v, "measurement %s: a median of %.6g lies outside of %.6g to %.6g, best %.6g",
                      id, median, lo, hi, best);
    check_product(v, stmt, id, C_BYTES, C_GB_PER_S, "GB/s");
    check_product(v, stmt, id, C_FLOPS, C_GFLOP_PER_S, "Gflop/s");
    wi_arena_destroy(arena);
}

void wi_verify_rates(struct wi_verifying *v) {
    wi_verify_each(v, query, on_rate);
}
