/* build_info.h: what this program was built from, and how.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_BUILD_INFO_H
#define WI_BUILD_INFO_H

#include <stdint.h>

struct wi_build_info {
    const char *version;  /* "0.1.0" */
    const char *commit;   /* 40 hex digits, "-dirty" when files differed; "unknown": no git */
    const char *compiler; /* "GNU 12.2.0" */
    const char *flags;    /* of C, without those of single files */
    int64_t built_utc_ns; /* when this commit was first built here, or SOURCE_DATE_EPOCH */
};
const struct wi_build_info *wi_build_info(void);

#endif
