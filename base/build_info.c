/* build_info.c: what this program was built from.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: build_commit.h, which build_info.cmake writes when the commit changes; the rest are
 * definitions that CMake gives to this file alone. */
#include "base/build_info.h"

#include "base/build_commit.h"

const struct wi_build_info *wi_build_info(void) {
    static const struct wi_build_info info = {
        .version = WI_BUILD_VERSION,
        .commit = WI_BUILD_COMMIT,
        .compiler = WI_BUILD_COMPILER,
        .flags = WI_BUILD_FLAGS,
        .built_utc_ns = WI_BUILD_UTC_S * INT64_C(1000000000),
    };
    return &info;
}
