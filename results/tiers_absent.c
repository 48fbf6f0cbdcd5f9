/* tiers_absent.c: the reader of tier files in a build without libcyaml.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tiers_load.h"

int wi_tiers_read(struct wi_tier_file *tiers, const char *where, const char *text, size_t size,
                  const struct wi_catalogue *catalogue, struct wi_err *err) {
    (void)tiers;
    (void)text;
    (void)size;
    (void)catalogue;
    return wi_fail(err, WI_NOT_BUILT,
                   "%s: this weighin was built without libcyaml and cannot read it (Debian: "
                   "install libcyaml-dev and build again)",
                   where);
}
