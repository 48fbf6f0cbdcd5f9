/* identity.h: which device is this, of which kind, in which state? (SEMANTICS "Identity")
 * SPDX-License-Identifier: Apache-2.0
 *
 * device_id     the asset id as given; else 64 hex digits, saved at the first run, made as
 *               SHA-256 of "weighin-device-v1:SOURCE:VALUE", SOURCE being the first usable of
 *               dmi:product_uuid, dmi:product_serial, dmi:board_serial+nic, soc:serial, random;
 *               VALUE trimmed and in lower case.
 * hardware_id   SHA-256 over lines: CPU, memory class, each GPU.
 * sku_id        maker/model/cpu/gpus/memory in lower case, readable.
 * software_id   readable, one each backend: what an update changes. */
#ifndef WI_IDENTITY_H
#define WI_IDENTITY_H

#include "probes/probe.h"

/* maker, product and name from DMI or the device tree, and facts about them. Needs cpu.name. */
void wi_probe_product(struct wi_env *env, struct wi_inventory *inventory);

/* All of inventory->identity; comes last, for it is made of what the others found. A new id is
 * saved when options->save_identity says so; that it could not be is a fact. */
int wi_probe_identity(struct wi_env *env, const struct wi_probe_options *options,
                      struct wi_inventory *inventory, struct wi_err *err);

/* ---- between the identity files and their tests ---- */

void wi_identity_hardware(struct wi_inventory *inventory);
void wi_identity_sku(struct wi_inventory *inventory);
void wi_identity_software(struct wi_env *env, struct wi_inventory *inventory);
/* Memory as sold: rounded up to an eighth of the next power of two, since kernels and firmware
 * keep some of it. 0: unknown. */
uint64_t wi_identity_memory_mib(struct wi_maybe_u64 total_bytes);

#endif
