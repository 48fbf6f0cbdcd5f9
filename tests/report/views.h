/* views.h: hand-built devices, runs and matrices for the golden files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * no_gpu      a laptop, CPU only, one case noisy, one barred, nothing else wrong
 * two_gpus    a discrete GPU through two APIs and an integrated one, next to software devices
 * all_failed  every case ended in another status; a GPU on the bus that no API opens
 * hostile     names with markup, controls, right-to-left overrides, emoji, 200 characters */
#ifndef WI_VIEWS_H
#define WI_VIEWS_H

#include "report/report.h"

enum views_case { VIEWS_no_gpu, VIEWS_two_gpus, VIEWS_all_failed, VIEWS_hostile, VIEWS_COUNT };
const char *views_name(enum views_case c); /* "no_gpu" */

const struct wi_inventory *views_inventory(enum views_case c, struct wi_arena *arena);
void views_run(enum views_case c, struct wi_arena *arena, struct wi_run_view *view);
void views_check(enum views_case c, struct wi_arena *arena, struct wi_check_view *view);
void views_estimate(enum views_case c, struct wi_arena *arena, struct wi_estimate_view *view);
void views_matrix(enum views_case c, const char *by, struct wi_arena *arena,
                  struct wi_matrix_view *view);
void views_page(enum views_case c, struct wi_arena *arena, struct wi_page_view *view);

extern const char views_hostile_name[]; /* what a firmware could say */

#endif
