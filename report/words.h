/* words.h: numbers and names of the records as people read them; for text, Markdown and HTML.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function returns text of the arena or a constant; what is not known is "unknown". */
#ifndef WI_WORDS_H
#define WI_WORDS_H

#include "results/record.h"

const char *wi_word_verdict(enum wi_verdict_id verdict); /* "does not fit" */
const char *wi_word_limit(enum wi_limit limit);          /* "largest buffer" */
const char *wi_word_basis(enum wi_basis basis);          /* "not measured" for none */
const char *wi_word_status(enum wi_case_status status);  /* "too big" */
/* "ceiling: weighin's own kernels", "engine: llama.cpp" */
const char *wi_say_claim(struct wi_arena *arena, const char *engine, const char *claim);

const char *wi_say_g3(struct wi_arena *arena, double value);
const char *wi_say_setting(struct wi_arena *arena, double value); /* as it was given: "5", "0.2" */
const char *wi_say_mem(struct wi_arena *arena, uint64_t bytes);
const char *wi_say_maybe_mem(struct wi_arena *arena, struct wi_maybe_u64 bytes);
const char *wi_say_file(struct wi_arena *arena, uint64_t bytes);
const char *wi_say_seconds(struct wi_arena *arena, double seconds);
const char *wi_say_utc(struct wi_arena *arena, int64_t unix_ns); /* 0: "unknown" */
const char *wi_say_maybe(struct wi_arena *arena, struct wi_maybe_f64 value, const char *unit);

/* "14.1 tok/s (13.8 to 14.5)"; "14.1 tok/s (spread unknown)" */
const char *wi_say_interval(struct wi_arena *arena, struct wi_interval x, const char *unit);
/* The same for seconds: "905 ms (880 ms to 930 ms)". */
const char *wi_say_interval_s(struct wi_arena *arena, struct wi_interval seconds);
struct wi_interval wi_rate_interval(const struct wi_measurement *m); /* NANs unless ok */

/* "decode 32 at depth 512", "prefill 512 at depth 0", "encode 128" */
const char *wi_say_case(struct wi_arena *arena, const struct wi_case *key);
const char *wi_model_label(const struct wi_model *model); /* name, else id, else "unknown" */
const char *wi_precision_label(enum wi_format_id precision);

#endif
