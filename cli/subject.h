/* subject.h: the device that a question is about: out of the database, else this one, probed now.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_SUBJECT_H
#define WI_SUBJECT_H

#include "cli/cli.h"

struct wi_subject {
    struct wi_inventory *inventory;
    struct wi_evidence_list evidence;    /* of the device; without samples */
    const struct wi_roofline *rooflines; /* the newest that still count */
    size_t roofline_count;
    const char *looked_at; /* "weighin.db: 12 measurements of 1 run" */
    bool probed_now;
};

/* The device that a word names: its id, the beginning of it, or its name. NULL: the database's only
 * one, or this machine. WI_USAGE lists the devices when the choice is not clear. */
int wi_cli_find_device(struct wi_cli *cli, struct wi_store *store, const char *device,
                       const struct wi_device_row **row, struct wi_err *err);
/* `device`: --device, an id (or its beginning) or a name; NULL: the database's only one, or this
 * machine. WI_USAGE lists the devices when the choice is not clear. Everything in cli->arena, but
 * for the inventory, which lives as long as the process. */
int wi_cli_subject(struct wi_cli *cli, const char *device, struct wi_subject *subject,
                   struct wi_err *err);

/* --compute: a part of the device, or NULL. WI_USAGE names those there are. */
int wi_cli_known_compute(const struct wi_inventory *inventory, const char *id, struct wi_err *err);

#endif
