/* transformer.c: builds passes out of op calls.
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernels/transformer.h"

int wi_layers_pick(const struct wi_model *model, const uint32_t layers[WI_LAYER_KIND_COUNT],
                   uint32_t *index, size_t *count, struct wi_err *err) {
    uint32_t left[WI_LAYER_KIND_COUNT];
    for (unsigned kind = 0; kind < WI_LAYER_KIND_COUNT; kind++) {
        left[kind] = layers[kind];
        uint32_t has = wi_model_layer_count(model, (enum wi_layer_kind)kind);
        if (layers[kind] > has)
            return wi_fail(err, WI_USAGE, "%s has %u %s layers, %u were asked for", model->id, has,
                           wi_layer_kind_name((enum wi_layer_kind)kind), layers[kind]);
    }
    *count = 0;
    for (uint32_t i = 0; i < model->n_layer; i++) {
        enum wi_layer_kind kind = wi_model_layer_kind(model, i);
        if (left[kind] > 0) {
            left[kind]--;
            index[(*count)++] = i;
        }
    }
    return WI_OK;
}

int wi_program_outline(const struct wi_model *model, const uint32_t layers[WI_LAYER_KIND_COUNT],
                       struct wi_arena *arena, struct wi_program *program, struct wi_err *err) {
    uint32_t *index = WI_NEW_ARRAY(arena, uint32_t, model->n_layer + 1);
    size_t n = 0;
    WI_TRY(wi_layers_pick(model, layers, index, &n, err));
    *program = (struct wi_program){
        .segments = WI_NEW_ARRAY(arena, struct wi_program_segment, n + 2), .segment_count = n + 2};
    program->segments[0].id = WI_SEGMENT_embed;
    for (size_t i = 0; i < n; i++)
        program->segments[i + 1].id =
            wi_model_layer_kind(model, index[i]) == WI_LAYER_global ? WI_SEGMENT_global
                                                                    : WI_SEGMENT_local;
    program->segments[n + 1].id = WI_SEGMENT_head;
    return WI_OK;
}
