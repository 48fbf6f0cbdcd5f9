/* plan_file.h: a plan file: what `weighin run` is asked, written down.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every key is an option of `run`; docs/run.md lists them. So a file is a list of options with the
 * lines on which they stand, and whoever reads options checks their values. */
#ifndef WI_PLAN_FILE_H
#define WI_PLAN_FILE_H

#include "base/arena.h"
#include "base/status.h"

struct wi_plan_setting {
    const char *option; /* "models" */
    const char *value;  /* as on the command line, "gemma-2b,gemma-7b"; NULL: a flag */
    unsigned line;      /* 0: not found again */
};
struct wi_plan_file {
    struct wi_plan_setting *items; /* an option that repeats: one each */
    size_t count, capacity;
};

/* Everything in `arena`. WI_USAGE with file and line; WI_NOT_BUILT without libcyaml. */
int wi_plan_file_read(const char *where, const char *text, size_t size, struct wi_arena *arena,
                      struct wi_plan_file *file, struct wi_err *err);

#endif
