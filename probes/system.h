/* system.h: what runs underneath, how much memory there is, and where a model would land.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_SYSTEM_H
#define WI_SYSTEM_H

#include "probes/probe.h"

/* Fills inventory->software and facts "software.*"; before wi_probe_gpus, whose advice depends on
 * the container. */
void wi_probe_software(struct wi_env *env, struct wi_inventory *inventory);

/* Fills inventory->memory but form, and facts "memory.*". */
void wi_probe_memory(struct wi_env *env, struct wi_inventory *inventory);

/* Fills memory.form and form_because: which reserve the budget of memory leaves (SEMANTICS
 * "Budget"). After wi_probe_software: a hypervisor and Android are forms of their own. */
void wi_probe_form(struct wi_env *env, struct wi_inventory *inventory);

/* Fills inventory->storage for options->model_dir (NULL: the current folder). */
void wi_probe_storage(struct wi_env *env, const struct wi_probe_options *options,
                      struct wi_inventory *inventory);

#endif
