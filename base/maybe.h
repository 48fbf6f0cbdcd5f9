/* maybe.h: values that may be unknown, and answers that may be neither yes nor no.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A missing reading never becomes zero or a guess; code that wants the number has to look at
 * `known` first. */
#ifndef WI_MAYBE_H
#define WI_MAYBE_H

#include <stdbool.h>
#include <stdint.h>

#define WI_KNOWN_LIST(X)                                                                           \
    X(unknown) /* nothing answered */                                                              \
    X(known)                                                                                       \
    X(denied)         /* it exists, and we may not read it */                                      \
    X(not_applicable) /* this machine has no such thing */

enum wi_known {
#define WI_X(name) WI_KNOWN_##name,
    WI_KNOWN_LIST(WI_X)
#undef WI_X
};
const char *wi_known_name(enum wi_known known);

struct wi_maybe_u64 {
    enum wi_known known;
    uint64_t value; /* 0 unless known */
};
struct wi_maybe_f64 {
    enum wi_known known;
    double value;
};

static inline struct wi_maybe_u64 wi_some_u64(uint64_t value) {
    return (struct wi_maybe_u64){WI_KNOWN_known, value};
}
static inline struct wi_maybe_f64 wi_some_f64(double value) {
    return (struct wi_maybe_f64){WI_KNOWN_known, value};
}
static inline bool wi_has_u64(struct wi_maybe_u64 m) {
    return m.known == WI_KNOWN_known;
}
static inline bool wi_has_f64(struct wi_maybe_f64 m) {
    return m.known == WI_KNOWN_known;
}

enum wi_tri { WI_TRI_unknown, WI_TRI_no, WI_TRI_yes };

#endif
