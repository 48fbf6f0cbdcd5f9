/* test.h: cmocka with the headers that it needs in front; in a cross build, plain.h.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TEST_H
#define WI_TEST_H

#ifdef WI_PLAIN_TESTS
#include "tests/plain.h"
#else
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#endif

#endif
