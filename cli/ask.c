/* ask.c: what check and fit are asked; ask.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"

#include <string.h>

int wi_cli_targets(const struct wi_args *args, const struct wi_model *model, struct wi_targets *t,
                   struct wi_err *err) {
    wi_targets_default(model, t);
    WI_TRY(wi_args_u32(args, "prompt", 1, 1u << 24, &t->prompt_tokens, err));
    WI_TRY(wi_args_u32(args, "output", 1, 1u << 24, &t->output_tokens, err));
    WI_TRY(wi_args_u32(args, "context", 1, 1u << 30, &t->context, err));
    if (wi_args_has(args, "kv-precision"))
        WI_TRY(wi_cli_precision("kv-precision", wi_args_get(args, "kv-precision"), false,
                                &t->kv_precision, err));
    WI_TRY(wi_args_f64(args, "min-decode", 0.001, 1e6, &t->usable_decode_tok_s, err));
    WI_TRY(wi_args_f64(args, "max-first-token", 0.001, 1e6, &t->usable_first_token_s, err));
    if (t->comfortable_decode_tok_s < t->usable_decode_tok_s)
        t->comfortable_decode_tok_s = t->usable_decode_tok_s;
    if (t->comfortable_first_token_s > t->usable_first_token_s)
        t->comfortable_first_token_s = t->usable_first_token_s;
    /* A longer conversation needs a longer context, unless the user fixed that too. */
    uint32_t need = t->prompt_tokens + t->output_tokens;
    if (t->context < need && model->arch == WI_ARCH_decoder) {
        if (wi_args_has(args, "context"))
            return wi_fail(
                err, WI_USAGE,
                "--context %u: prompt and output need %u tokens (--prompt %u --output %u)",
                t->context, need, t->prompt_tokens, t->output_tokens);
        t->context = need;
    }
    return WI_OK;
}
