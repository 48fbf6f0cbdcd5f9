/* fuzz_frames.c: any bytes as what a worker says, or as what it is told; nothing is believed that
 * does not read back the same. The first byte says how large the chunks are in which they come.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench/protocol.h"
#include "results/summary.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A row that was taken prints and reads back, and its samples are summarised or refused. */
static void look_at_row(const struct wi_kv *kv) {
    struct wi_measured first, second;
    struct wi_summary summary;
    struct wi_kv again;
    uint32_t number = 0, same = 0;
    if (wi_row_get(kv, &number, &first, NULL) != WI_OK)
        return;
    wi_kv_init(&again, kv->arena);
    wi_row_put(number, &first, &again);
    if (wi_row_get(&again, &same, &second, NULL) != WI_OK || same != number ||
        second.sample_count != first.sample_count || second.op_count != first.op_count)
        abort();
    const struct wi_summary_input in = {.samples = first.samples,
                                        .count = first.sample_count,
                                        .layer_count = {2, 0},
                                        .tokens_per_pass = 1,
                                        .draws = 20};
    (void)wi_summary_compute(&in, &summary, NULL);
}

static int look(void *state, enum wi_frame_type type, const struct wi_kv *kv, struct wi_err *err) {
    struct wi_job *job = NULL;
    struct wi_session_info info;
    struct wi_load load = {0};
    struct wi_roofline roofline = {0};
    struct wi_canary canary;
    enum wi_case_status status;
    const char *text = NULL;
    uint32_t number = 0;
    (void)state, (void)err;
    switch (type) {
    case WI_FRAME_request:
        (void)wi_job_get(kv, &job, NULL);
        break;
    case WI_FRAME_roofline:
        (void)wi_roofline_get(kv, &roofline, NULL);
        break;
    case WI_FRAME_canary:
        (void)wi_canary_get(kv, &canary, NULL);
        break;
    case WI_FRAME_opened:
        (void)wi_opened_get(kv, &info, &load, NULL);
        break;
    case WI_FRAME_refused:
        (void)wi_refused_get(kv, &status, &text, NULL);
        break;
    case WI_FRAME_step:
        (void)wi_step_get(kv, &number, &text, NULL);
        break;
    case WI_FRAME_row:
        look_at_row(kv);
        break;
    default:
        break;
    }
    return WI_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wi_frame_reader reader = {0};
    if (size < 1)
        return 0;
    size_t chunk = (size_t)data[0] + 1;
    const char *bytes = (const char *)data + 1;
    int status = WI_OK;
    size--;
    for (size_t at = 0; at < size && status == WI_OK; at += chunk)
        status = wi_frames_push(&reader, bytes + at, size - at < chunk ? size - at : chunk, look,
                                NULL, NULL);
    (void)wi_frames_end(&reader, NULL);
    wi_frames_fini(&reader);
    return 0;
}
