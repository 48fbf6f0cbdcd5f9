/* cmd_fit.c: what is the best that this device can run?
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"
#include "cli/subject.h"
#include "report/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct wi_option options[] = {
    {"goal", 0, "largest|fastest|longest-context", false, "what is best (default largest)"},
    {"precision", 0, "P", false, "only this one (default: every one that kernels run)"},
    WI_ASK_OPTIONS,
    {0},
};

enum goal { LARGEST, FASTEST, LONGEST };
static const char *const goals[] = {"largest", "fastest", "longest-context"};

struct verdict_list {
    struct wi_verdict *items;
    size_t count, capacity;
};
struct fitting {
    struct wi_cli *cli;
    struct wi_verdict_request request; /* but for model, precision, targets */
    enum goal goal;
    struct verdict_list ranked, no, unknown;
};

/* ---- asking ---- */

static bool feasible(const struct wi_verdict *v) {
    return v->verdict == WI_VERDICT_comfortable || v->verdict == WI_VERDICT_usable;
}

static int judge(struct fitting *f, const struct wi_targets *targets, struct wi_verdict *v,
                 struct wi_err *err) {
    f->request.targets = targets;
    return wi_verdict_derive(&f->request, f->cli->arena, v, err);
}

/* The longest context at which it still runs well enough, to 256 tokens: memory grows with it. */
static int stretch(struct fitting *f, struct wi_targets targets, struct wi_verdict *v,
                   struct wi_err *err) {
    uint32_t yes = targets.context, no = f->request.model->max_context + 1;
    struct wi_verdict longer = {0};
    if (no <= yes + 1)
        return WI_OK;
    targets.context = no - 1; /* often all of it fits */
    while (no > yes + 1) {
        WI_TRY(judge(f, &targets, &longer, err));
        if (feasible(&longer)) {
            yes = targets.context;
            *v = longer;
        } else {
            no = targets.context;
        }
        if (no - yes <= 256)
            break;
        targets.context = yes + (no - yes) / 2;
    }
    return WI_OK;
}

static int ask_one(struct fitting *f, const struct wi_targets *targets, struct wi_err *err) {
    struct wi_verdict v = {0};
    WI_TRY(judge(f, targets, &v, err));
    if (feasible(&v) && f->goal == LONGEST && !wi_args_has(&f->cli->args, "context"))
        WI_TRY(stretch(f, *targets, &v, err));
    *WI_PUSH(f->cli->arena,
             feasible(&v)                      ? &f->ranked
             : v.verdict == WI_VERDICT_unknown ? &f->unknown
                                               : &f->no,
             struct wi_verdict) = v;
    return WI_OK;
}

/* An encoder generates nothing: its best is another question. */
static bool is_asked(const struct wi_model *m) {
    return m->disclosed && !m->unrunnable && m->arch == WI_ARCH_decoder;
}

static int ask_all(struct fitting *f, const enum wi_format_id *only, struct wi_err *err) {
    const struct wi_catalogue *catalogue = f->request.catalogue;
    for (size_t i = 0; i < catalogue->model_count; i++) {
        struct wi_targets targets;
        f->request.model = catalogue->models[i];
        if (!is_asked(f->request.model))
            continue;
        WI_TRY(wi_cli_targets(&f->cli->args, f->request.model, &targets, err));
        for (unsigned k = 0; k < WI_FORMAT_COUNT; k++) {
            f->request.precision = (enum wi_format_id)k;
            if (only == NULL ? wi_format_get(f->request.precision)->kernel : k == *only)
                WI_TRY(ask_one(f, &targets, err));
        }
    }
    return WI_OK;
}

/* ---- ranking: what the goal asks for, then size, then how well it runs, then precision ---- */

static int compare(double a, double b) { /* the larger first, unknown last */
    return isnan(a) || isnan(b) ? isnan(a) - isnan(b) : (a < b) - (a > b);
}

static int by_size(const void *a, const void *b) {
    const struct wi_verdict *x = a, *y = b;
    int c = compare((double)x->model->params, (double)y->model->params);
    c = c ? c : (y->verdict == WI_VERDICT_comfortable) - (x->verdict == WI_VERDICT_comfortable);
    c = c ? c
          : compare(x->footprint ? (double)x->footprint->weights_bytes : (double)NAN,
                    y->footprint ? (double)y->footprint->weights_bytes : (double)NAN);
    c = c ? c : strcmp(x->model->id, y->model->id);
    return c ? c : (x->precision > y->precision) - (x->precision < y->precision);
}

static int by_speed(const void *a, const void *b) {
    const struct wi_verdict *x = a, *y = b;
    int c = compare(x->decode_tok_s.mid, y->decode_tok_s.mid);
    return c ? c : by_size(a, b);
}

static int by_context(const void *a, const void *b) {
    const struct wi_verdict *x = a, *y = b;
    int c = compare((double)x->targets.context, (double)y->targets.context);
    return c ? c : by_size(a, b);
}

static void rank(struct fitting *f) {
    static int (*const orders[])(const void *, const void *) = {by_size, by_speed, by_context};
    struct verdict_list *const lists[] = {&f->ranked, &f->no, &f->unknown};
    for (size_t i = 0; i < WI_COUNT(lists); i++)
        if (lists[i]->count > 0)
            qsort(lists[i]->items, lists[i]->count, sizeof *lists[i]->items,
                  i == 0 ? orders[f->goal] : by_size);
}

/* ---- what to do next ---- */

/* One step up from what is known to run: it says most about the rest, and takes the least time. */
static const struct wi_verdict *next_to_measure(const struct fitting *f) {
    uint64_t known = 0;
    const struct wi_verdict *next = NULL;
    for (size_t i = 0; i < f->ranked.count; i++)
        if (f->ranked.items[i].model->params > known)
            known = f->ranked.items[i].model->params;
    for (size_t i = f->unknown.count; i-- > 0;) { /* the smallest first */
        const struct wi_verdict *v = &f->unknown.items[i];
        if (v->fits == WI_TRI_yes && (next == NULL || v->model->params > known)) {
            next = v;
            if (v->model->params > known)
                break;
        }
    }
    return next;
}

static const char *advice(const struct fitting *f) {
    const char *db = wi_cli_db_path(f->cli);
    const struct wi_verdict *v = next_to_measure(f);
    if (f->request.evidence->count == 0)
        return wi_arena_printf(f->cli->arena, "weigh this device in: weighin run --db %s", db);
    return v == NULL
               ? NULL
               : wi_arena_printf(f->cli->arena,
                                 "measure the next larger: weighin run --models %s --precisions "
                                 "%s --db %s",
                                 v->model->id, wi_format_get(v->precision)->name, db);
}

/* ---- the command ---- */

static int read_goal(const struct wi_args *args, enum goal *goal, struct wi_err *err) {
    const char *word = wi_args_get(args, "goal");
    for (size_t i = 0; i < WI_COUNT(goals); i++) {
        *goal = (enum goal)i;
        if (word == NULL || strcmp(word, goals[i]) == 0)
            return WI_OK;
    }
    return wi_fail(err, WI_USAGE, "--goal %s: allowed are largest, fastest and longest-context",
                   word);
}

static int prepare(struct fitting *f, struct wi_subject *subject, const struct wi_engine **engine,
                   struct wi_err *err) {
    struct wi_cli *cli = f->cli;
    const char *word = wi_args_get(&cli->args, "engine");
    WI_TRY(read_goal(&cli->args, &f->goal, err));
    WI_TRY(wi_cli_catalogue(cli, &f->request.catalogue, err));
    WI_TRY(wi_catalogue_find_engine(f->request.catalogue, word == NULL ? "reference" : word, engine,
                                    err));
    WI_TRY(wi_cli_subject(cli, wi_args_get(&cli->args, "device"), subject, err));
    f->request.compute_device_id = wi_args_get(&cli->args, "compute");
    WI_TRY(wi_cli_known_compute(subject->inventory, f->request.compute_device_id, err));
    f->request.engine = (*engine)->id;
    f->request.inventory = subject->inventory;
    f->request.evidence = &subject->evidence;
    f->request.rooflines = subject->rooflines;
    f->request.roofline_count = subject->roofline_count;
    return wi_cli_rules(cli, &f->request.rules, err);
}

static int fit(struct wi_cli *cli, struct wi_err *err) {
    struct fitting f = {.cli = cli};
    struct wi_subject subject;
    const struct wi_engine *engine = NULL;
    enum wi_format_id only = WI_FORMAT_q4_0;
    bool one = wi_args_has(&cli->args, "precision");
    if (one)
        WI_TRY(
            wi_cli_precision("precision", wi_args_get(&cli->args, "precision"), false, &only, err));
    WI_TRY(prepare(&f, &subject, &engine, err));
    WI_TRY(ask_all(&f, one ? &only : NULL, err));
    rank(&f);
    const struct wi_fit_view view = {.goal = goals[f.goal],
                                     .device_id = subject.inventory->identity.device_id,
                                     .device_name = subject.inventory->name,
                                     .looked_at = subject.looked_at,
                                     .engine = engine->id,
                                     .claim = engine->claim,
                                     .ranked = f.ranked.items,
                                     .ranked_count = f.ranked.count,
                                     .no = f.no.items,
                                     .no_count = f.no.count,
                                     .unknown = f.unknown.items,
                                     .unknown_count = f.unknown.count,
                                     .advice = advice(&f)};
    (cli->json ? wi_report_fit_json : wi_report_fit_text)(&view, &cli->out);
    if (subject.probed_now && cli->json)
        wi_cli_warn("%s", subject.looked_at);
    cli->exit_code = f.ranked.count > 0 ? 0 : f.unknown.count > 0 ? 4 : 3;
    return WI_OK;
}

const struct wi_command wi_command_fit = {
    .name = "fit",
    .operands = "",
    .summary = "what is the best that this device can run? a ranked list",
    .details =
        "Asks of every model that generates text, at every precision that kernels run, what check\n"
        "asks of one. largest: by parameters; fastest: by decode speed; longest-context: by the\n"
        "longest context at which it still runs well enough, unless --context says one.\n"
        "Exit codes: 0 something runs, 3 nothing does, 4 nothing is known to and some are not\n"
        "known.\nExample: weighin fit --goal fastest --min-decode 20",
    .use = WI_USE_json | WI_USE_db | WI_USE_models,
    .options = options,
    .run = fit,
};
