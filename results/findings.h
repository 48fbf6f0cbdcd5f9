/* findings.h: what readings of a machine mean for measuring on it, what is missing, and the command
 * that brings it: `weighin doctor`.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_FINDINGS_H
#define WI_FINDINGS_H

#include "results/judge.h"

enum wi_finding_kind {
    WI_FINDING_ok,      /* as it should be */
    WI_FINDING_note,    /* worth knowing: it changes what is measured */
    WI_FINDING_missing, /* something could be measured and is not */
};
const char *wi_finding_kind_name(enum wi_finding_kind kind);

struct wi_finding {
    enum wi_finding_kind kind;
    const char *about;   /* "cpu0", "opencl", "memory": one word */
    const char *says;    /* sentences */
    const char *advice;  /* what to do; NULL: nothing */
    const char *command; /* to type, as it stands; NULL: none would do. Packages are Debian's */
};
struct wi_findings {
    struct wi_finding *items;
    size_t count, capacity;
};
/* Pure; texts in the arena. conditions: one reading; may be empty. */
void wi_findings_of(const struct wi_inventory *inventory, const struct wi_conditions *conditions,
                    struct wi_arena *arena, struct wi_findings *findings);

#endif
