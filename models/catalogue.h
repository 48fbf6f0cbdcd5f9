/* catalogue.h: the models, size classes and precision families that weighin knows: data, not code.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The built-in data files are embedded in the binary; users' files
 * ($XDG_CONFIG_HOME/weighin/models/
 * *.yaml, each file given with --models-file) add to them. Same id with other content is
 * an error that names both files and lines. */
#ifndef WI_CATALOGUE_H
#define WI_CATALOGUE_H

#include "models/model.h"

struct wi_size_class {
    const char *id;             /* "2B" */
    double params_below;        /* total parameters, exclusive; INFINITY for the last */
    const char *representative; /* model id that answers for the class; NULL: none */
};
struct wi_precision_family {
    const char *id;             /* "int4" */
    const char *const *members; /* NULL-terminated format names, also ones no kernel runs */
};
struct wi_engine {  /* what would run a model: data/engines.yaml */
    const char *id; /* "reference" */
    const char *name;
    const char *claim; /* "ceiling" or "engine" */
    const char *loads; /* "resident": the load peak is the steady state */
    uint64_t overhead_bytes;
};

struct wi_catalogue {
    struct wi_arena *arena;         /* owned */
    const struct wi_model **models; /* in data order */
    size_t model_count;
    const struct wi_size_class *classes; /* ascending */
    size_t class_count;
    const struct wi_precision_family *families;
    size_t family_count;
    const struct wi_engine *engines;
    size_t engine_count;
    char hash[65]; /* over everything loaded */
};

/* extra_files: NULL-terminated paths or NULL. WI_USAGE with file and line for a bad file. */
int wi_catalogue_load(const char *const *extra_files, struct wi_catalogue **catalogue,
                      struct wi_err *err);
void wi_catalogue_destroy(struct wi_catalogue *catalogue);
/* By id or alias, forgiving about case, blanks and dashes. WI_USAGE: says what is near or allowed.
 */
int wi_catalogue_find(const struct wi_catalogue *catalogue, const char *text,
                      const struct wi_model **model, struct wi_err *err);
/* By id, forgiving about case. WI_USAGE: says what is near or allowed. */
int wi_catalogue_find_engine(const struct wi_catalogue *catalogue, const char *text,
                             const struct wi_engine **engine, struct wi_err *err);
/* "int4" for "q4_0"; NULL when no family has it. */
const char *wi_catalogue_family(const struct wi_catalogue *catalogue, const char *precision);
const char *wi_catalogue_size_class(const struct wi_catalogue *catalogue, uint64_t params);

#endif
