/* request.c: `run`'s options as a request; request.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/request.h"

#include "base/units.h"
#include "cli/run_how.h"
#include "kernels/null/null.h"
#include "kernels/session.h"

#include <stdlib.h>
#include <string.h>

const struct wi_option wi_run_options[] = {
    {"profile", 0, "quick|standard|full", false, "how much to measure (default standard)"},
    {"models", 0, "A,B", false, "models instead of the profile's (weighin list models)"},
    {"precisions", 0, "P,Q", false, "precisions instead of the profile's"},
    {"backends", 0, "B,C", false, "backends instead of all (weighin list backends)"},
    {"compute", 0, "ID,ID", false, "compute devices instead of all (weighin probe)"},
    {"plan", 0, "FILE", false, "take the options from a plan file; those given here come first"},
    {"prefill", 0, "N,M", false, "prompt lengths instead of the profile's, e.g. 128,512; or none"},
    {"decode", 0, "N", false, "tokens to decode per case instead of as many as time allows"},
    {"depth", 0, "N,M", false, "tokens in the KV cache when decoding, e.g. 0,2048; or none"},
    {"kv-precision", 0, "P", false, "how the KV cache is stored (default f16)"},
    {"batch", 0, "N", false, "sequences at once (default 1)"},
    {"isa", 0, "CAP", false, "leave out instruction sets above CAP: what an older chip would do"},
    {"full", 0, NULL, false, "run every layer instead of enough of each kind"},
    {"ops", 0, "yes|no", false,
     "single ops at the models' shapes, too, or not (default: the profile's)"},
    {"budget", 0, "S", false, "seconds that one case may measure"},
    {"seed", 0, "N", false, "of weights, order and resampling (default 1)"},
    {"dry-run", 0, NULL, false, "print the plan and its forecast, and measure nothing"},
    {"repeat", 0, "N", false, "runs, one after the other (default 1)"},
    {"gap", 0, "S", false, "seconds between those runs (default 0)"},
    {"resume", 0, NULL, false, "go on with the newest run of this device that did not end"},
    {"expect", 0, "last|FILE", false,
     "exit with 3 when a case that worked in the last run, or in a database, no longer does"},
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
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        WI_TRY(wi_catalogue_find(catalogue, words[i], &models[count], err));
        while (models[k] != models[count])
            k++;
        count += k == count; /* else it was asked for by another of its names */
    }
    models[count] = NULL;
    r->models = models;
    return WI_OK;
}

static int read_precisions(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char **words = NULL;
    size_t n = 0;
    WI_TRY(wi_args_words(&cli->args, "precisions", cli->arena, &words, &n, err));
    enum wi_format_id *list = WI_NEW_ARRAY(cli->arena, enum wi_format_id, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        WI_TRY(wi_cli_precision("precisions", words[i], true, &list[count], err));
        while (list[k] != list[count])
            k++;
        count += k == count; /* else it was asked for before */
    }
    if (words != NULL) {
        r->precisions = list;
        r->precision_count = count;
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
    static const char *const names[] = {"cpu", "vulkan", "opencl"}; /* null is for tests */
    return wi_cli_no_such("--backends", word, "no such backend", names, WI_COUNT(names), err);
}

static int read_backends(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char **words = NULL;
    size_t n = 0;
    WI_TRY(wi_args_words(&cli->args, "backends", cli->arena, &words, &n, err));
    enum wi_backend_id *list = WI_NEW_ARRAY(cli->arena, enum wi_backend_id, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        WI_TRY(backend_named(words[i], &list[count], err));
        while (list[k] != list[count])
            k++;
        count += k == count;
    }
    if (words != NULL) {
        r->backends = list;
        r->backend_count = count;
    }
    return WI_OK;
}

/* "none" is a list without members, which is not the profile's. */
static int read_numbers(struct wi_cli *cli, const char *name, unsigned lo, const uint32_t **list,
                        size_t *count, struct wi_err *err) {
    const char **words = NULL;
    size_t n = 0;
    enum { MOST = 1 << 20 };
    WI_TRY(wi_args_words(&cli->args, name, cli->arena, &words, &n, err));
    if (words == NULL)
        return WI_OK;
    uint32_t *numbers = WI_NEW_ARRAY(cli->arena, uint32_t, n);
    *list = numbers;
    *count = 0;
    if (n == 1 && strcmp(words[0], "none") == 0)
        return WI_OK;
    for (size_t i = 0; i < n; i++) {
        uint64_t value;
        if (wi_parse_u64(words[i], lo, MOST, &value) != WI_OK)
            return wi_fail(err, WI_USAGE, "--%s %s: expected whole numbers from %u to %d", name,
                           words[i], lo, MOST);
        numbers[i] = (uint32_t)value;
    }
    *count = n;
    return WI_OK;
}

static int read_prefill(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    return read_numbers(cli, "prefill", 1, &r->prefill, &r->prefill_count, err);
}

static int read_depths(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    return read_numbers(cli, "depth", 0, &r->depths, &r->depth_count, err);
}

/* ---- the request ---- */

static int read_profile(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    static const char *const names[] = {"quick", "standard", "full"};
    const char *word = wi_args_get(&cli->args, "profile");
    r->profile = word == NULL ? "standard" : NULL;
    for (size_t i = 0; r->profile == NULL && i < WI_COUNT(names); i++)
        if (strcmp(word, names[i]) == 0)
            r->profile = names[i];
    return r->profile != NULL
               ? WI_OK
               : wi_fail(err, WI_USAGE, "--profile %s: there are quick, standard and full", word);
}

static int read_seed(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char *word = wi_args_get(&cli->args, "seed");
    r->seed = 1;
    if (word != NULL && wi_parse_u64(word, 0, INT64_MAX, &r->seed) != WI_OK)
        return wi_fail(err, WI_USAGE, "--seed %s: expected a whole number from 0 on", word);
    return WI_OK;
}

static int read_isa(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char *cap = wi_args_get(&cli->args, "isa");
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

static int read_compute(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char **words = NULL;
    size_t n = 0;
    WI_TRY(wi_args_words(&cli->args, "compute", cli->arena, &words, &n, err));
    r->compute = words;
    return WI_OK;
}

static int read_decode(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    return wi_args_u32(&cli->args, "decode", 1, 1u << 20, &r->decode_tokens, err);
}

static int read_batch(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    return wi_args_u32(&cli->args, "batch", 1, 64, &r->batch, err);
}

static int read_budget(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    return wi_args_f64(&cli->args, "budget", 0.01, 86400, &r->case_budget_s, err);
}

static int read_kv_precision(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char *word = wi_args_get(&cli->args, "kv-precision");
    return word == NULL ? WI_OK
                        : wi_cli_precision("kv-precision", word, true, &r->kv_precision, err);
}

static int read_full(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    (void)err;
    r->every_layer = wi_args_has(&cli->args, "full");
    return WI_OK;
}

static int read_ops(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    const char *word = wi_args_get(&cli->args, "ops");
    if (word == NULL)
        return WI_OK;
    bool yes = strcmp(word, "yes") == 0, no = strcmp(word, "no") == 0;
    r->ops = yes ? WI_TRI_yes : WI_TRI_no;
    return yes || no ? WI_OK : wi_fail(err, WI_USAGE, "--ops %s: expected yes or no", word);
}

static const struct {
    const char *option;
    int (*read)(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err);
} readers[] = {
    {"profile", read_profile},   {"models", read_models},   {"precisions", read_precisions},
    {"backends", read_backends}, {"compute", read_compute}, {"prefill", read_prefill},
    {"depth", read_depths},      {"decode", read_decode},   {"kv-precision", read_kv_precision},
    {"batch", read_batch},       {"budget", read_budget},   {"seed", read_seed},
    {"isa", read_isa},           {"full", read_full},       {"ops", read_ops},
};

/* An option that came out of a plan file is found wrong there. */
static int read_option(struct wi_cli *cli, size_t i, struct wi_run_request *r, struct wi_err *err) {
    int status = readers[i].read(cli, r, err);
    return status == WI_OK ? WI_OK : wi_plan_blame(&cli->args, readers[i].option, status, err);
}

int wi_request_read(struct wi_cli *cli, struct wi_run_request *r, struct wi_err *err) {
    *r = (struct wi_run_request){.kv_precision = WI_FORMAT_f16,
                                 .batch = 1,
                                 .beside = true,
                                 .try_threads = true,
                                 .null_script = getenv("WEIGHIN_NULL_SCRIPT")};
    for (size_t i = 0; i < WI_COUNT(readers); i++)
        WI_TRY(read_option(cli, i, r, err));
    return r->null_script == NULL ? WI_OK : wi_null_script_check(r->null_script, err);
}
