/* request.c: `run`'s options as a request; request.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/request.h"

#include "base/units.h"
#include "kernels/null/null.h"
#include "kernels/session.h"

#include <stdlib.h>
#include <string.h>

const struct wi_option wi_run_options[] = {
    {"profile", 0, "P", false, "quick, standard or full (default standard)"},
    {"models", 0, "A,B", false, "models instead of the profile's (weighin list models)"},
    {"precisions", 0, "P,Q", false, "precisions instead of the profile's"},
    {"backends", 0, "B,C", false, "backends instead of all (weighin list backends)"},
    {"compute", 0, "ID,ID", false, "compute devices instead of all (weighin probe)"},
    {"prefill", 0, "N,M", false, "prompt lengths instead of the profile's, e.g. 128,512"},
    {"decode", 0, "N", false, "tokens to decode per case instead of as many as time allows"},
    {"depth", 0, "N,M", false, "tokens in the KV cache when decoding, e.g. 0,2048"},
    {"kv-precision", 0, "P", false, "how the KV cache is stored (default f16)"},
    {"batch", 0, "N", false, "sequences at once (default 1)"},
    {"isa", 0, "CAP", false, "leave out instruction sets above CAP: what an older chip would do"},
    {"full", 0, NULL, false, "run every layer instead of enough of each kind"},
    {"budget", 0, "S", false, "seconds that one case may measure"},
    {"seed", 0, "N", false, "of weights, order and resampling (default 1)"},
    {"dry-run", 0, NULL, false, "print the plan and measure nothing"},
    {"wait", 0, NULL, false, "wait while another run measures on this machine"},
    {"asset", 0, "ID", false, "the device's asset tag, as its identity (default $WEIGHIN_ASSET)"},
    {"label", 0, "KEY=VALUE", true, "a note stored with the run"},
    {0},
};

/* ---- lists ---- */

static int read_models(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const struct wi_catalogue *catalogue = NULL;
    const char **words = NULL;
    size_t n = 0;
    WI_TRY(wi_cli_catalogue(cli, &catalogue, err));
    WI_TRY(wi_args_words(&cli->args, "models", cli->arena, &words, &n, err));
    if (words == NULL)
        return WI_OK;
    const struct wi_model **models = WI_NEW_ARRAY(cli->arena, const struct wi_model *, n + 1);
    for (size_t i = 0; i < n; i++)
        WI_TRY(wi_catalogue_find(catalogue, words[i], &models[i], err));
    r->models = models;
    return WI_OK;
}

static int read_precisions(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char **words = NULL;
    size_t n = 0;
    WI_TRY(wi_args_words(&cli->args, "precisions", cli->arena, &words, &n, err));
    enum wi_format_id *list = WI_NEW_ARRAY(cli->arena, enum wi_format_id, n + 1);
    for (size_t i = 0; i < n; i++)
        WI_TRY(wi_cli_precision("precisions", words[i], true, &list[i], err));
    if (words != NULL) {
        r->precisions = list;
        r->precision_count = n;
    }
    return WI_OK;
}

static int backend_named(const char *word, enum wi_backend_id *backend, struct wi_err *err) {
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++) {
        if (strcmp(word, wi_backend_id_name((enum wi_backend_id)i)) == 0) {
            *backend = (enum wi_backend_id)i;
            return WI_OK;
        }
    }
    return wi_fail(err, WI_USAGE, "--backends %s: there are cpu, vulkan and opencl", word);
}

static int read_backends(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char **words = NULL;
    size_t n = 0;
    WI_TRY(wi_args_words(&cli->args, "backends", cli->arena, &words, &n, err));
    enum wi_backend_id *list = WI_NEW_ARRAY(cli->arena, enum wi_backend_id, n + 1);
    for (size_t i = 0; i < n; i++)
        WI_TRY(backend_named(words[i], &list[i], err));
    if (words != NULL) {
        r->backends = list;
        r->backend_count = n;
    }
    return WI_OK;
}

static int read_numbers(struct wi_cli *cli, const char *name, unsigned lo, const uint32_t **list,
                        size_t *count, struct wi_err *err) {
    const char **words = NULL;
    size_t n = 0;
    enum { MOST = 1 << 20 };
    WI_TRY(wi_args_words(&cli->args, name, cli->arena, &words, &n, err));
    if (words == NULL)
        return WI_OK;
    uint32_t *numbers = WI_NEW_ARRAY(cli->arena, uint32_t, n);
    for (size_t i = 0; i < n; i++) {
        uint64_t value;
        if (wi_parse_u64(words[i], lo, MOST, &value) != WI_OK)
            return wi_fail(err, WI_USAGE, "--%s %s: expected whole numbers from %u to %d", name,
                           words[i], lo, MOST);
        numbers[i] = (uint32_t)value;
    }
    *list = numbers;
    *count = n;
    return WI_OK;
}

/* ---- the request ---- */

static int read_profile(const struct wi_args *args, struct wi_run_request *r, struct wi_err *err) {
    static const char *const profiles[] = {"quick", "standard", "full"};
    const char *word = wi_args_get(args, "profile");
    r->profile = "standard";
    for (size_t i = 0; word != NULL && i < WI_COUNT(profiles); i++) {
        if (strcmp(word, profiles[i]) == 0) {
            r->profile = profiles[i];
            return WI_OK;
        }
    }
    return word == NULL
               ? WI_OK
               : wi_fail(err, WI_USAGE, "--profile %s: there are quick, standard and full", word);
}

static int read_seed(const struct wi_args *args, struct wi_run_request *r, struct wi_err *err) {
    const char *word = wi_args_get(args, "seed");
    r->seed = 1;
    if (word != NULL && wi_parse_u64(word, 0, INT64_MAX, &r->seed) != WI_OK)
        return wi_fail(err, WI_USAGE, "--seed %s: expected a whole number from 0 on", word);
    return WI_OK;
}

static int read_isa(const struct wi_args *args, struct wi_run_request *r, struct wi_err *err) {
    const char *cap = wi_args_get(args, "isa");
    struct wi_buf all = {0};
    for (const char *const *known = wi_isa_caps(); cap != NULL && *known != NULL; known++) {
        if (strcmp(cap, *known) == 0)
            r->isa_cap = cap;
        wi_buf_printf(&all, "%s%s", all.size == 0 ? "" : ", ", *known);
    }
    int status = cap == NULL || r->isa_cap != NULL
                     ? WI_OK
                     : wi_fail(err, WI_USAGE, "--isa %s: there are %s", cap, wi_buf_str(&all));
    wi_buf_fini(&all);
    return status;
}

static const char *const *compute_ids(struct wi_cli *cli, int *status, struct wi_err *err) {
    const char **words = NULL;
    size_t n = 0;
    *status = wi_args_words(&cli->args, "compute", cli->arena, &words, &n, err);
    return words;
}

int wi_request_read(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    int status = WI_OK;
    *r = (struct wi_run_request){.kv_precision = WI_FORMAT_f16,
                                 .batch = 1,
                                 .every_layer = wi_args_has(args, "full"),
                                 .beside = true,
                                 .try_threads = true,
                                 .null_script = getenv("WEIGHIN_NULL_SCRIPT")};
    WI_TRY(read_profile(args, r, err));
    WI_TRY(read_models(cli, r, err));
    WI_TRY(read_precisions(cli, r, err));
    WI_TRY(read_backends(cli, r, err));
    WI_TRY(read_numbers(cli, "prefill", 1, &r->prefill, &r->prefill_count, err));
    WI_TRY(read_numbers(cli, "depth", 0, &r->depths, &r->depth_count, err));
    WI_TRY(wi_args_u32(args, "decode", 1, 1u << 20, &r->decode_tokens, err));
    WI_TRY(wi_args_u32(args, "batch", 1, 64, &r->batch, err));
    WI_TRY(wi_args_f64(args, "budget", 0.01, 86400, &r->case_budget_s, err));
    if (wi_args_has(args, "kv-precision"))
        WI_TRY(wi_cli_precision("kv-precision", wi_args_get(args, "kv-precision"), true,
                                &r->kv_precision, err));
    WI_TRY(read_seed(args, r, err));
    WI_TRY(read_isa(args, r, err));
    if (r->null_script != NULL)
        WI_TRY(wi_null_script_check(r->null_script, err));
    r->compute = compute_ids(cli, &status, err);
    return status;
}

int wi_labels_read(struct wi_cli *cli, const struct wi_label **labels, size_t *count,
                   struct wi_err *err) {
    const struct wi_given *given = wi_args_all(&cli->args, "label");
    struct wi_label *list = WI_NEW_ARRAY(cli->arena, struct wi_label, given->count + 1);
    for (size_t i = 0; i < given->count; i++) {
        const char *equals = strchr(given->values[i], '=');
        if (equals == NULL || equals == given->values[i])
            return wi_fail(err, WI_USAGE, "--label %s: expected KEY=VALUE", given->values[i]);
        list[i].key =
            wi_arena_strndup(cli->arena, given->values[i], (size_t)(equals - given->values[i]));
        list[i].value = equals + 1;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(list[i].key, list[j].key) == 0)
                return wi_fail(err, WI_USAGE, "--label %s: the key was given before",
                               given->values[i]);
        }
    }
    *labels = list;
    *count = given->count;
    return WI_OK;
}
