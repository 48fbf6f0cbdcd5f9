/* gpu.h: which GPUs does this device have, through which APIs, and which can nobody open?
 * SPDX-License-Identifier: Apache-2.0
 *
 * The way of an answer:
 *   gpu_ask.c     parent: runs "weighin gpu-probe API", after a crash once per driver  -> text
 *   *_child.c     child: writes down what the drivers say
 *   gpu_decode.c  text -> API devices; nothing in it is believed unchecked
 *   gpu_merge.c   API devices -> chips: one chip through two APIs is one chip
 *   gpu_bus.c     what is on the bus and in no answer, and what to install */
#ifndef WI_GPU_H
#define WI_GPU_H

#include "probes/env.h"
#include "results/record.h"

struct wi_gpu_ask {
    enum wi_backend_id api; /* vulkan or opencl */
    const char *program;    /* takes "gpu-probe API"; NULL: this executable */
    const char *const *env; /* "K=V" for the child, NULL-terminated; NULL: none */
    unsigned timeout_ms;    /* for each child; 0: 10 s */
};

/* Asks the live machine; appends key=value lines that end with API.status = ok, not_built,
 * unavailable, crashed or timeout, and a reason. When a driver crashes or hangs, the others are
 * asked one by one, so that it does not hide them; API.icd.N tells which it was.
 * Fails (WI_INTERNAL, WI_NOMEM) only when nothing can be asked at all. */
int wi_gpu_ask(const struct wi_gpu_ask *ask, struct wi_buf *kv, struct wi_err *err);

/* Fills the inventory's gpus, unopened, the states of backends vulkan and opencl, and adds facts.
 * Memory from inventory->arena, which must exist; software.container, when known, makes the advice.
 * Whatever the drivers said, this succeeds; only Ctrl-C ends it (WI_INTERRUPTED). */
int wi_probe_gpus(struct wi_env *env, struct wi_inventory *inventory, struct wi_err *err);

/* As wi_probe_gpus for --no-gpu: both backends are `skipped`. */
void wi_probe_gpus_skipped(struct wi_inventory *inventory);

#endif
