/* lab.h: a lab that does not exist: its devices, what each weigh-in of them found.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything follows from the seed, the number of a device and the number of its run: a device is
 * the same in a lab of ten as in one of forty, and whatever the order in which its rows are stored.
 * Speeds are made of a type's bandwidth and peak by the cost of a pass, so that verdicts come out
 * of all kinds; what befalls real labs (throttling, crashes, updates, withdrawn rows) befalls this
 * one by the dice. */
#ifndef WI_LAB_H
#define WI_LAB_H

#include "base/rng.h"
#include "models/catalogue.h"
#include "results/store.h"

enum { LAB_DEVICES = 40, LAB_RUNS = 3, LAB_MODELS = 6 };

enum lab_gpu {
    LAB_GPU_none,
    LAB_GPU_integrated,
    LAB_GPU_discrete,
    LAB_GPU_software, /* says that it is fast; runs on the processor */
    LAB_GPU_unopened  /* on the bus, and no API opens it */
};
struct lab_type { /* one SKU */
    const char *name, *maker, *cpu, *arch;
    enum wi_form form;
    bool mains; /* false: it has none, as a phone */
    unsigned units;
    double memory_gib, gb_per_s, gflop_per_s;
    enum lab_gpu gpu;
    double gpu_gib, gpu_gb_per_s, gpu_gflop_per_s;
};
struct lab_device {
    const struct lab_type *type;
    unsigned number; /* in the lab */
    char id[24], sku[64];
    double luck; /* this unit against its type */
    uint64_t seed;
    bool retired, never_weighed, updated, upgraded; /* updated: another driver before its last run;
                                                       upgraded: more memory before its last run */
};
struct lab_case { /* what a run asks, the same in each run of a device */
    const struct wi_model *model;
    enum wi_format_id precision;
    enum wi_phase phase;
    uint32_t tokens, depth;
    enum wi_backend_id backend;
    const char *cap;
};
struct lab_cases {
    struct lab_case *items;
    size_t count, capacity;
};

/* Fails the program with a sentence: a generator has nobody to return to. */
_Noreturn void lab_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* shelf.c */
void lab_device_at(unsigned number, uint64_t seed, struct lab_device *device);
int64_t lab_run_utc_ns(const struct lab_device *device, unsigned run);
void lab_run_id(const struct lab_device *device, unsigned run, char id[33]);
/* As the probe before this run found it; its parts are in the arena. */
void lab_inventory(const struct lab_device *device, unsigned run, struct wi_arena *arena,
                   struct wi_inventory *inventory);

/* weigh.c */
void lab_list_cases(const struct lab_device *device, const struct wi_catalogue *catalogue,
                    struct wi_arena *arena, struct lab_cases *cases);
void lab_measure(const struct lab_device *device, unsigned run, size_t number,
                 const struct lab_case *c, struct wi_arena *arena, struct wi_measurement *m);
void lab_roofline(const struct lab_device *device, unsigned run, enum wi_backend_id backend,
                  struct wi_roofline *roofline);
/* Ids that sort by time and tell device, run and row. */
void lab_id(int64_t utc_ns, const struct lab_device *device, unsigned run, size_t number,
            char id[33]);
/* A number in [0, 1) that belongs to this device, run and row, and `what`. */
double lab_dice(const struct lab_device *device, unsigned run, size_t number, const char *what);

#endif
