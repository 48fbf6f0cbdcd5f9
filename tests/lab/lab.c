/* lab.c: writes the database of a lab that does not exist.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   weighin_lab OUT.db [--devices N] [--only NUMBER] [--seed S] [--shuffle S]
 *
 * --devices: the first N of 40; --only: that one alone; --shuffle: the same rows, stored in another
 * order. Prints how many devices, runs and measurements it wrote. See lab.h. */
#include "tests/lab/lab.h"

#include "results/store_db.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void lab_die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("weighin_lab: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

#define DONE(call)                                                                                 \
    do {                                                                                           \
        struct wi_err done_err = {0};                                                              \
        struct wi_err *err = &done_err;                                                            \
        if ((call) != WI_OK)                                                                       \
            lab_die("%s: %s", #call, done_err.message);                                            \
    } while (0)

struct job { /* a run to begin, or a row of one */
    unsigned device, run;
    size_t number;
};
struct jobs {
    struct job *items;
    size_t count, capacity;
};
struct lab {
    struct wi_store *store;
    struct wi_catalogue *catalogue;
    struct wi_arena *arena;
    struct lab_device devices[LAB_DEVICES];
    struct lab_cases cases[LAB_DEVICES];
    unsigned from, to; /* devices */
    struct jobs runs, rows;
};

/* ---- what is to be stored, in which order ---- */

static void plan(struct lab *lab, uint64_t seed) {
    for (unsigned d = lab->from; d < lab->to; d++) {
        struct lab_device *device = &lab->devices[d];
        lab_device_at(d, seed, device);
        lab_list_cases(device, lab->catalogue, lab->arena, &lab->cases[d]);
        for (unsigned run = 0; run < LAB_RUNS; run++) {
            *WI_PUSH(lab->arena, &lab->runs, struct job) = (struct job){d, run, 0};
            for (size_t i = 0; !device->never_weighed && i < lab->cases[d].count; i++)
                *WI_PUSH(lab->arena, &lab->rows, struct job) = (struct job){d, run, i};
        }
    }
}

/* Fisher and Yates. */
static void shuffle(struct jobs *jobs, struct wi_rng *rng) {
    for (size_t i = jobs->count; i > 1; i--) {
        size_t k = (size_t)wi_rng_below(rng, i);
        struct job kept = jobs->items[k];
        jobs->items[k] = jobs->items[i - 1];
        jobs->items[i - 1] = kept;
    }
}

/* ---- storing ---- */

static void put_run(struct lab *lab, const struct job *job) {
    const struct lab_device *device = &lab->devices[job->device];
    static const struct wi_label label = {"site", "lab"};
    struct wi_arena *arena = wi_arena_create();
    struct wi_inventory inventory;
    struct wi_roofline roofline;
    int64_t utc_ns = lab_run_utc_ns(device, job->run);
    struct wi_run run = {.started_utc_ns = utc_ns,
                         .boot_id = device->id,
                         .clock_sync = "yes",
                         .profile = "standard",
                         .tool_version = "0.1.0",
                         .commit = "lab",
                         .tool_built_utc_ns = 1,
                         .suite_hash = "lab",
                         .plan_hash = "lab",
                         .seed = device->seed,
                         .labels = &label,
                         .label_count = 1,
                         .state = "open"};
    lab_run_id(device, job->run, run.id);
    lab_inventory(device, job->run, arena, &inventory);
    const char *belongs = device->never_weighed ? "" : run.id;
    DONE(wi_store_put_inventory(lab->store, &inventory, belongs, utc_ns, err));
    if (!device->never_weighed) {
        DONE(wi_store_put_run(lab->store, &run, device->id, err));
        lab_roofline(device, job->run, WI_BACKEND_cpu, &roofline);
        DONE(wi_store_put_roofline(lab->store, run.id, device->id, &roofline, err));
        if (inventory.gpu_count > 0) {
            lab_roofline(device, job->run, WI_BACKEND_vulkan, &roofline);
            DONE(wi_store_put_roofline(lab->store, run.id, device->id, &roofline, err));
        }
        run.finished_utc_ns = utc_ns + INT64_C(3600000000000);
        run.state = lab_dice(device, job->run, 0, "ended") < 0.1 ? "interrupted" : "finished";
        DONE(wi_store_finish_run(lab->store, &run, err));
    }
    wi_arena_destroy(arena);
}

static void put_row(struct lab *lab, const struct job *job) {
    const struct lab_device *device = &lab->devices[job->device];
    struct wi_arena *arena = wi_arena_create();
    struct wi_measurement m;
    char run_id[33];
    lab_run_id(device, job->run, run_id);
    lab_measure(device, job->run, job->number, &lab->cases[job->device].items[job->number], arena,
                &m);
    DONE(wi_store_put_measurement(lab->store, run_id, device->id, &m, err));
    wi_arena_destroy(arena);
}

static void annotate(struct lab *lab, const char *kind, const char *target, const char *action,
                     const char *detail) {
    const struct wi_annotation a = {
        kind, target, action, detail, "as the lab's plan says", "the generator", 1};
    DONE(wi_store_annotate(lab->store, &a, NULL, err));
}

/* Rows and runs that were withdrawn, devices that were renamed or given away. */
static void annotate_device(struct lab *lab, const struct lab_device *device) {
    char id[33];
    if (device->retired)
        annotate(lab, "device", device->id, "retire", NULL);
    if (device->number % 9 == 2)
        annotate(lab, "device", device->id, "relabel", "the one on the window sill");
    if (device->never_weighed)
        return;
    if (device->number % 13 == 5) {
        lab_run_id(device, 1, id);
        annotate(lab, "run", id, "exclude", NULL);
    }
    for (size_t i = 0; i < lab->cases[device->number].count; i += 50) {
        lab_id(lab_run_utc_ns(device, 2), device, 2, i + 1, id);
        annotate(lab, "measurement", id, "exclude", NULL);
    }
}

static void write_lab(struct lab *lab) {
    for (size_t i = 0; i < lab->runs.count; i++)
        put_run(lab, &lab->runs.items[i]);
    for (size_t i = 0; i < lab->rows.count; i++)
        put_row(lab, &lab->rows.items[i]);
    for (unsigned d = lab->from; d < lab->to; d++)
        annotate_device(lab, &lab->devices[d]);
}

/* ---- options ---- */

static uint64_t number_of(const char *option, const char *text) {
    char *end = NULL;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text || end == text || *end != '\0')
        lab_die("%s needs a number, not %s", option, text ? text : "nothing");
    return value;
}

int main(int argc, char **argv) {
    struct lab lab = {.arena = wi_arena_create(), .to = LAB_DEVICES};
    uint64_t seed = 1, order = 0;
    if (argc < 2 || argv[1][0] == '-')
        lab_die("usage: weighin_lab OUT.db [--devices N] [--only NUMBER] [--seed S] [--shuffle S]");
    for (int i = 2; i < argc; i += 2) {
        uint64_t value = number_of(argv[i], i + 1 < argc ? argv[i + 1] : NULL);
        if (strcmp(argv[i], "--devices") == 0 && value <= LAB_DEVICES)
            lab.to = (unsigned)value;
        else if (strcmp(argv[i], "--only") == 0 && value < LAB_DEVICES)
            lab.from = (unsigned)value, lab.to = lab.from + 1;
        else if (strcmp(argv[i], "--seed") == 0)
            seed = value;
        else if (strcmp(argv[i], "--shuffle") == 0)
            order = value;
        else
            lab_die("no such option: %s %s", argv[i], argv[i + 1]);
    }
    DONE(wi_catalogue_load(NULL, &lab.catalogue, err));
    plan(&lab, seed);
    if (order > 0) {
        struct wi_rng rng;
        wi_rng_seed(&rng, order);
        shuffle(&lab.runs, &rng);
        shuffle(&lab.rows, &rng);
    }
    if (unlink(argv[1]) == 0)
        fprintf(stderr, "weighin_lab: %s was there and is written anew\n", argv[1]);
    DONE(wi_store_open(argv[1], WI_STORE_WRITE, &lab.store, err));
    /* A lab that a power cut loses is generated again: nothing has to reach the disk. */
    DONE(wi_store_exec(lab.store, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY",
                       "set up", err));
    write_lab(&lab);
    DONE(wi_store_exec(lab.store, "PRAGMA journal_mode = DELETE", "close", err));
    DONE(wi_store_close(lab.store, err));
    printf("%u devices, %zu runs, %zu measurements\n", lab.to - lab.from, lab.runs.count,
           lab.rows.count);
    wi_catalogue_destroy(lab.catalogue);
    wi_arena_destroy(lab.arena);
    return 0;
}
