/* shares.c: a tier's devices as one cell: counts of SKUs, the share, quantiles.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A SKU's units are put in order, from no over unknown to yes, and the lower of the two in the
 * middle answers: taking a unit's evidence away moves it to unknown, so it never makes a yes. */
#include "results/shares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From the worst answer to the best. What is near its limit (fast_enough unknown) is undecided. */
static int rank(const struct wi_verdict *v) {
    switch (v->verdict) {
    case WI_VERDICT_unsupported:
        return 0;
    case WI_VERDICT_does_not_fit:
        return 1;
    case WI_VERDICT_too_slow:
        return v->fast_enough == WI_TRI_no ? 2 : 3;
    case WI_VERDICT_unknown:
        return 3;
    case WI_VERDICT_usable:
        return 4;
    case WI_VERDICT_comfortable:
        break;
    }
    return 5;
}

static const enum wi_verdict_id of_rank[] = {WI_VERDICT_unsupported, WI_VERDICT_does_not_fit,
                                             WI_VERDICT_too_slow,    WI_VERDICT_unknown,
                                             WI_VERDICT_usable,      WI_VERDICT_comfortable};

static int compare_ints(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static int lower_median(int *ranks, size_t n) {
    qsort(ranks, n, sizeof(*ranks), compare_ints);
    return ranks[(n - 1) / 2];
}

static bool same_sku(const struct wi_share_unit *a, const struct wi_share_unit *b) {
    return a == b || (a->sku_id && b->sku_id && strcmp(a->sku_id, b->sku_id) == 0);
}

static void count_skus(const struct wi_share_unit *units, size_t count, struct wi_arena *arena,
                       struct wi_matrix_cell *cell) {
    int *skus = WI_NEW_ARRAY(arena, int, count), *own = WI_NEW_ARRAY(arena, int, count);
    for (size_t i = 0; i < count; i++) {
        size_t first = 0, n = 0;
        while (!same_sku(&units[first], &units[i]))
            first++;
        if (first < i)
            continue; /* counted with an earlier unit */
        for (size_t k = i; k < count; k++)
            if (same_sku(&units[i], &units[k]))
                own[n++] = rank(units[k].verdict);
        int r = lower_median(own, n);
        cell->feasible += r >= 4;
        cell->unknown += r == 3;
        cell->infeasible += r < 3;
        skus[cell->skus++] = r;
    }
    cell->verdict = of_rank[lower_median(skus, cell->skus)];
    cell->share = wi_stat_wilson(cell->feasible, cell->skus);
}

static void quantiles(const double *x, size_t n, double *p10, double *median) {
    *p10 = n ? wi_stat_quantile(x, n, 0.1) : (double)NAN;
    *median = n ? wi_stat_quantile(x, n, 0.5) : (double)NAN;
}

static void sum_up_speed(const struct wi_share_unit *units, size_t count, struct wi_arena *arena,
                         struct wi_matrix_cell *cell) {
    double *rates = WI_NEW_ARRAY(arena, double, count), *times = WI_NEW_ARRAY(arena, double, count);
    size_t rate_count = 0, time_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct wi_verdict *v = units[i].verdict;
        if (!isnan(v->decode_tok_s.mid))
            rates[rate_count++] = v->decode_tok_s.mid;
        if (!isnan(v->first_token_s.mid))
            times[time_count++] = v->first_token_s.mid;
    }
    quantiles(rates, rate_count, &cell->decode_p10, &cell->decode_median);
    quantiles(times, time_count, &cell->first_token_p10, &cell->first_token_median);
}

void wi_share_of(const struct wi_share_unit *units, size_t count, struct wi_arena *arena,
                 struct wi_matrix_cell *cell) {
    const struct wi_verdict *v = units[0].verdict;
    size_t n = 0;
    *cell = (struct wi_matrix_cell){.model = v->model,
                                    .precision = v->precision,
                                    .context = v->targets.context,
                                    .engine = v->engine,
                                    .claim = v->claim,
                                    .devices = (uint32_t)count};
    count_skus(units, count, arena, cell);
    sum_up_speed(units, count, arena, cell);
    for (size_t i = 0; i < count; i++)
        n += units[i].verdict->evidence_count;
    const char **ids = WI_NEW_ARRAY(arena, const char *, n + 1);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < units[i].verdict->evidence_count; k++)
            ids[cell->evidence_count++] = units[i].verdict->evidence[k];
    cell->evidence = ids;
}
