/* fuzz_tiers.c: any bytes as a tier file; what is accepted classifies every device, and
 * consistently. SPDX-License-Identifier: Apache-2.0 */
#include "base/os.h"
#include "results/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct wi_tier_file *tiers) {
    const struct wi_maybe_f64 unknown = {WI_KNOWN_unknown, 0}, huge = wi_some_f64(1e300);
    enum wi_tri certain = WI_TRI_unknown;
    if (wi_tier_classify(tiers, huge, huge, huge, &certain) !=
            &tiers->tiers[tiers->tier_count - 1] ||
        certain != WI_TRI_yes)
        abort(); /* the last tier takes what meets everything */
    for (size_t i = 0; i < tiers->tier_count; i++) {
        const struct wi_tier *t = &tiers->tiers[i];
        const struct wi_tier *at = wi_tier_classify(
            tiers, wi_has_f64(t->usable_memory_mib) ? t->usable_memory_mib : unknown,
            wi_has_f64(t->decode_tok_s) ? t->decode_tok_s : unknown,
            wi_has_f64(t->prefill_tok_s) ? t->prefill_tok_s : unknown, NULL);
        if (at < t)
            abort(); /* a device just at a tier's limits is in it, or above */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[] = "/tmp/weighin-fuzz-XXXXXX.yaml";
    static struct wi_catalogue *catalogue;
    struct wi_err err = {0};
    if (!catalogue) {
        int fd = mkstemps(path, 5);
        if (fd < 0 || wi_catalogue_load(NULL, &catalogue, &err) != WI_OK)
            abort();
        close(fd);
    }
    if (wi_os_write_file(path, data, size, &err) != WI_OK)
        abort();
    struct wi_tier_file *tiers = NULL;
    int status = wi_tiers_load(path, catalogue, &tiers, &err);
    if (status == WI_OK)
        ask(tiers);
    else if (status == WI_USAGE && strstr(err.message, path) == NULL)
        abort(); /* a message that names no file */
    wi_tiers_destroy(tiers);
    return 0;
}
