/* isa.h: what `--isa` takes, and which features a cap leaves.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_ISA_H
#define WI_ISA_H

#include "base/status.h"

#include <stdint.h>

/* Features (WI_ISA_BIT) that remain of `device` under `cap`; NULL: all of them. WI_USAGE lists the
 * caps of this architecture when `cap` is not one of them. A cap above what the device has is no
 * error: it takes nothing away. */
int wi_isa_apply_cap(const char *cap, uint64_t device, uint64_t *allowed, struct wi_err *err);
/* "avx2 fma f16c" into out; "-" when none. */
char *wi_isa_text(uint64_t isa, char *out, size_t n);

#endif
