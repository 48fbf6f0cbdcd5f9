/* test.h: cmocka with the headers that it needs in front.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TEST_H
#define WI_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif
