/* ok.h: calls that must succeed, in tests.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TEST_OK_H
#define WI_TEST_OK_H

#include "tests/test.h"

#include "base/status.h"

/* Fails with the sentence that the call left behind: ok(wi_store_open(path, mode, &store, err)) */
#define ok(call)                                                                                   \
    do {                                                                                           \
        struct wi_err ok_err = {0};                                                                \
        struct wi_err *err = &ok_err;                                                              \
        int ok_status = (call);                                                                    \
        if (ok_status != WI_OK)                                                                    \
            fail_msg("%s: %s: %s", #call, wi_status_name(ok_status), ok_err.message);              \
    } while (0)

#endif
