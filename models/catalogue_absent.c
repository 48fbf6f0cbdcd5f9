/* catalogue_absent.c: the catalogue's reader in a build without libcyaml.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/catalogue_load.h"

#define ABSENT(what)                                                                               \
    int wi_catalogue_read_##what(struct wi_catalogue_builder *builder, const char *where,          \
                                 const char *text, size_t size, struct wi_err *err) {              \
        (void)builder;                                                                             \
        (void)text;                                                                                \
        (void)size;                                                                                \
        return wi_fail(err, WI_NOT_BUILT,                                                          \
                       "%s: this weighin was built without libcyaml and cannot read it (Debian: "  \
                       "install libcyaml-dev and build again)",                                    \
                       where);                                                                     \
    }

ABSENT(models)
ABSENT(classes)
ABSENT(families)
ABSENT(engines)
