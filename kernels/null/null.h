/* null.h: a backend that computes nothing and answers with scripted times and faults, so that
 * everything above a session can be tested in milliseconds with known answers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Script (wi_session_params.null_script; NULL or "": all defaults):
 *
 *   script   = entry *(";" entry)            blanks around entries are ignored
 *   entry    = [ "case=" MODEL "/" PRECISION "/" PHASE ":" ] key "=" value
 *   value    = number *("," number)          a list is walked one value a pass, and cycles
 *                                            (layer_ns, global_ns, local_ns: one value a layer)
 *
 * "*" stands for any MODEL, PRECISION or PHASE; the MODEL of single ops is "op". An entry without
 * `case=` holds for every case; of several that match, the last one counts. Keys:
 *
 *   embed_ns, head_ns          time of the segment
 *   layer_ns                   time of each layer
 *   global_ns, local_ns        of each layer of one kind; they go before layer_ns
 *   gb_per_s, gflop_per_s      times not given above follow from the model's bytes and flops at
 *                              these rates (defaults 50 and 1000)
 *   gap_ns                     time between passes (default 1000); below 0: the clock goes back
 *   scale                      every time is multiplied by it, e.g. 1,1,1,8 for spikes,
 *                              1,1.01,1.02,... for a ramp
 *   crash_at_pass, hang_at_pass, exit_at_pass
 *                              that pass (from 1; passes of a matching case are counted) ends in
 *                              SIGSEGV, never, or with exit status 70
 *   error_at_pass              that pass answers WI_CRASHED
 *   wrong                      1: verification finds a wrong output
 *   crash_at_open, hang_at_open, exit_at_open
 *                              1: the same while opening (PHASE is not looked at)
 *   refuse                     too_big, unsupported, unavailable or not_built: open answers that
 *   memory_bytes               what the session claims to hold as weights
 *   canary_gb_per_s, canary_gflop_per_s
 *                              what the canary sees, one value a look (PHASE is not looked at);
 *                              without them there is no canary
 *   roof_gb_per_s, roof_gflop_per_s
 *                              what measuring the ceiling gives, one value a measuring of a worker
 *                              (the case is not looked at)
 *
 * Time is the script's own: start_ns begins at 1e9 and moves by the passes' times and gaps; nothing
 * is waited for. An unknown key, a bad number or a bad case is WI_USAGE and names the entry. */
#ifndef WI_NULL_H
#define WI_NULL_H

#include "kernels/backend.h"

extern const struct wi_backend wi_backend_null;

/* The nth measuring of the ceiling, from 0. WI_UNSUPPORTED: the script has none. */
int wi_null_roofline(const char *script, unsigned nth, struct wi_arena *arena,
                     struct wi_roofline *roofline, struct wi_err *err);

/* Checks a script without opening anything. */
int wi_null_script_check(const char *script, struct wi_err *err);

#endif
