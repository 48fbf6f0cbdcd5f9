/* topics.h: the words that weighin uses, each with its text: `weighin explain TOPIC`.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Texts stand in topics/ *.inc, one line a topic; every member of record.h's enumerations has one,
 * which a test holds. "{name}" in a text stands for a constant of results/constants.h. Advice about
 * doubts is not written again: it is that of record.h, which `run` prints. */
#ifndef WI_TOPICS_H
#define WI_TOPICS_H

#include "base/buf.h"
#include "results/constants.h"
#include "results/judge.h"

/* name, plural, heading. The last four come from data files and are made by whoever loads them. */
#define WI_TOPIC_FAMILY_LIST(X)                                                                    \
    X(term, "terms", "Words")                                                                      \
    X(verdict, "verdicts", "Verdicts")                                                             \
    X(limit, "limits", "Binding limits")                                                           \
    X(basis, "bases", "Bases of a figure")                                                         \
    X(claim, "claims", "Claims")                                                                   \
    X(status, "statuses", "Statuses of a case")                                                    \
    X(doubt, "doubts", "Doubts")                                                                   \
    X(beside, "besides", "Figures beside a row")                                                   \
    X(bound, "bounds", "Bounds of a pass")                                                         \
    X(ceiling, "ceilings", "Limits that a roofline measures")                                      \
    X(phase, "phases", "Phases")                                                                   \
    X(segment, "segments", "Segments of a pass")                                                   \
    X(kind, "kinds", "Kinds of rows")                                                              \
    X(known, "knowns", "What is known of a reading")                                               \
    X(backend, "backends", "Backends")                                                             \
    X(form, "forms", "Form factors")                                                               \
    X(gpu, "gpus", "Kinds of GPUs")                                                                \
    X(gpu_feature, "gpu_features", "Features of GPUs")                                             \
    X(isa, "isas", "Instruction sets")                                                             \
    X(unit, "units", "Units")                                                                      \
    X(tier, "tiers", "Tiers")                                                                      \
    X(size_class, "size_classes", "Size classes")                                                  \
    X(precision, "precisions", "Precisions")                                                       \
    X(engine, "engines", "Engines")
enum wi_topic_family {
#define WI_X(name, plural, heading) WI_TOPIC_##name,
    WI_TOPIC_FAMILY_LIST(WI_X)
#undef WI_X
        WI_TOPIC_FAMILY_COUNT
};
const char *wi_topic_family_name(enum wi_topic_family family);
const char *wi_topic_family_plural(enum wi_topic_family family);

struct wi_topic {
    enum wi_topic_family family;
    const char *name; /* as answers spell it: "too_slow", "GB/s" */
    const char *text; /* sentences */
};
struct wi_topics {
    struct wi_topic *items;
    size_t count, capacity;
};
/* Those that are written here, into an arena's list. */
void wi_topics_add_written(struct wi_topics *topics, struct wi_arena *arena);
/* Topics of that name, "too slow" for too_slow; of "doubts" all of that family; of "limit memory"
 * that member of that family. As many as found into `found`, which has room for all. */
size_t wi_topics_find(const struct wi_topics *topics, const char *asked,
                      const struct wi_topic **found);
/* With the constants' values in their places; one that is not listed (a build without bench/) is "a
 * set limit". */
const char *wi_topic_text(const struct wi_topic *topic, const struct wi_constants *constants,
                          struct wi_arena *arena);

struct wi_topics_view {
    const char *asked; /* NULL: the list of all */
    const struct wi_topic *const *found;
    size_t found_count;
    const struct wi_constants *constants;
};
void wi_report_topics_text(const struct wi_topics_view *view, struct wi_buf *out);
void wi_report_topics_json(const struct wi_topics_view *view, struct wi_buf *out);

struct wi_defaults_view {
    const struct wi_constants *constants;
    const struct wi_targets *targets;
    const struct wi_tier_file *tiers;
    const struct wi_engine *engines;
    size_t engine_count;
};
void wi_report_defaults_text(const struct wi_defaults_view *view, struct wi_buf *out);
void wi_report_defaults_json(const struct wi_defaults_view *view, struct wi_buf *out);

#endif
