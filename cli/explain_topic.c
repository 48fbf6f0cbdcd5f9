/* explain_topic.c: `explain TOPIC` and `explain defaults`: words and numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "base/units.h"
#include "cli/explain.h"
#include "cli/values.h"
#include "report/topics.h"

#include <math.h>
#include <string.h>

static void list_constants(struct wi_cli *cli, struct wi_constants *list) {
    *list = (struct wi_constants){.arena = cli->arena};
    wi_constants_of_results(list);
    wi_cli_bench_constants(list);
}

/* ---- topics that are data ---- */

static void add(struct wi_cli *cli, struct wi_topics *topics, enum wi_topic_family family,
                const char *name, const char *text) {
    *WI_PUSH(cli->arena, topics, struct wi_topic) = (struct wi_topic){family, name, text};
}

static const char *asks(struct wi_arena *arena, const struct wi_tier *t) {
    const char *text = "";
    const struct {
        struct wi_maybe_f64 limit;
        const char *what;
    } limits[] = {{t->usable_memory_mib, "MiB of memory that may be used"},
                  {t->decode_tok_s, "tok/s of decode"},
                  {t->prefill_tok_s, "tok/s of prefill"}};
    for (size_t i = 0; i < WI_COUNT(limits); i++)
        if (wi_has_f64(limits[i].limit))
            text = wi_arena_printf(arena, "%s%s %g %s", text, *text ? "," : "",
                                   limits[i].limit.value, limits[i].what);
    return *text ? text : " nothing: every device is at least in this one";
}

static void add_tiers(struct wi_cli *cli, const struct wi_tier_file *file,
                      struct wi_topics *topics) {
    for (size_t i = 0; i < file->tier_count; i++)
        add(cli, topics, WI_TOPIC_tier, file->tiers[i].id,
            wi_arena_printf(cli->arena, "Of \"%s\": %s. Asks for%s (%s at %s).", file->name,
                            file->tiers[i].says, asks(cli->arena, &file->tiers[i]),
                            file->ruler->name, wi_format_get(file->ruler_precision)->name));
}

static const char *up_to(struct wi_arena *arena, const struct wi_size_class *c) {
    return isinf(c->params_below)
               ? "billion on"
               : wi_arena_printf(arena, "to below %g billion", c->params_below / 1e9);
}

static void add_catalogue(struct wi_cli *cli, const struct wi_catalogue *catalogue,
                          struct wi_topics *topics) {
    double from = 0;
    for (size_t i = 0; i < catalogue->class_count; i++) {
        const struct wi_size_class *c = &catalogue->classes[i];
        add(cli, topics, WI_TOPIC_size_class, c->id,
            wi_arena_printf(cli->arena, "Models from %g %s parameters. %s%s.", from / 1e9,
                            up_to(cli->arena, c),
                            c->representative ? "It answers by " : "No model answers for it",
                            c->representative ? c->representative : ""));
        from = c->params_below;
    }
    for (size_t i = 0; i < catalogue->engine_count; i++) {
        const struct wi_engine *e = &catalogue->engines[i];
        add(cli, topics, WI_TOPIC_engine, e->id,
            wi_arena_printf(
                cli->arena, "%s. Its verdicts claim: %s. Weights are %s; it needs %g MiB itself.",
                e->name, e->claim, e->loads, (double)e->overhead_bytes / (double)WI_MIB));
    }
}

static void add_precisions(struct wi_cli *cli, struct wi_topics *topics) {
    for (size_t i = 0; i < WI_FORMAT_COUNT; i++) {
        const struct wi_format *f = wi_format_get((enum wi_format_id)i);
        add(cli, topics, WI_TOPIC_precision, f->name,
            wi_arena_printf(cli->arena, "%g bits a weight, family %s: %s. %s.",
                            8.0 * f->block_bytes / f->block_weights, f->family, f->layout,
                            f->kernel ? "Kernels run it"
                                      : "Known to the arithmetic of memory; no kernel runs it"));
    }
}

static int list_topics(struct wi_cli *cli, const char *tier_file, struct wi_topics *topics,
                       struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_tier_file *tiers = NULL;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_cli_tiers(cli, tier_file, &tiers, err));
    wi_topics_add_written(topics, cli->arena);
    add_tiers(cli, tiers, topics);
    add_catalogue(cli, catalogue, topics);
    add_precisions(cli, topics);
    return WI_OK;
}

/* ---- topics ---- */

static int no_such(struct wi_cli *cli, const struct wi_topics *topics, const char *asked,
                   struct wi_err *err) {
    size_t n = topics->count + WI_TOPIC_FAMILY_COUNT;
    const char **names = WI_NEW_ARRAY(cli->arena, const char *, n);
    for (size_t i = 0; i < topics->count; i++)
        names[i] = topics->items[i].name;
    for (size_t i = topics->count; i < n; i++)
        names[i] = wi_topic_family_plural((enum wi_topic_family)(i - topics->count));
    const char *near = wi_text_closest(asked, names, n);
    return wi_fail(err, WI_USAGE, "explain %s: no such topic%s%s%s ('weighin explain' lists all)",
                   asked, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

int wi_explain_topic(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    struct wi_topics topics = {0};
    struct wi_constants constants;
    WI_TRY(list_topics(cli, wi_args_get(args, "tiers"), &topics, err));
    list_constants(cli, &constants);
    const struct wi_topic **found = WI_NEW_ARRAY(cli->arena, const struct wi_topic *, topics.count);
    struct wi_topics_view view = {.found = found, .constants = &constants};
    for (size_t i = 0; i < args->operand_count; i++)
        view.asked = i == 0 ? args->operands[0]
                            : wi_arena_printf(cli->arena, "%s %s", view.asked, args->operands[i]);
    for (size_t i = 0; view.asked == NULL && i < topics.count; i++)
        found[view.found_count++] = &topics.items[i];
    if (view.asked != NULL)
        view.found_count = wi_topics_find(&topics, view.asked, found);
    if (view.found_count == 0)
        return no_such(cli, &topics, view.asked, err);
    (cli->json ? wi_report_topics_json : wi_report_topics_text)(&view, &cli->out);
    return WI_OK;
}

static void add_word(struct wi_cli *cli, struct wi_words *words, const char *word) {
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return;
    *WI_PUSH(cli->arena, words, const char *) = word;
}

int wi_explain_words(struct wi_cli *cli, struct wi_words *words, struct wi_err *err) {
    static const char *const subjects[] = {"defaults", "verdict", "tier", "measurement"};
    struct wi_topics topics = {0};
    WI_TRY(list_topics(cli, NULL, &topics, err));
    for (size_t i = 0; i < WI_COUNT(subjects); i++)
        add_word(cli, words, subjects[i]);
    for (int f = 0; f < WI_TOPIC_FAMILY_COUNT; f++)
        add_word(cli, words, wi_topic_family_plural((enum wi_topic_family)f));
    for (size_t i = 0; i < topics.count; i++)
        add_word(cli, words, topics.items[i].name);
    return WI_OK;
}

/* ---- defaults ---- */

int wi_explain_defaults(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    const struct wi_tier_file *tiers = NULL;
    const struct wi_model any = {0};
    struct wi_constants constants;
    struct wi_targets targets;
    if (cli->args.operand_count > 1)
        return wi_fail(err, WI_USAGE, "explain defaults %s: it takes no further word",
                       cli->args.operands[1]);
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_cli_tiers(cli, wi_args_get(&cli->args, "tiers"), &tiers, err));
    list_constants(cli, &constants);
    wi_targets_default(&any, &targets);
    struct wi_defaults_view view = {.constants = &constants,
                                    .targets = &targets,
                                    .tiers = tiers,
                                    .engines = catalogue->engines,
                                    .engine_count = catalogue->engine_count};
    (cli->json ? wi_report_defaults_json : wi_report_defaults_text)(&view, &cli->out);
    return WI_OK;
}
