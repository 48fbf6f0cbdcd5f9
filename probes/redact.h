/* redact.h: takes out of a recording who and which one it was, and leaves what it was.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_REDACT_H
#define WI_REDACT_H

#include "probes/recording.h"

/* Serials, MACs, DMI and GPU UUIDs, machine, boot and container ids, saved device ids, asset
 * ids, host and user names become hashes over `salt`, of the same form: what was equal stays equal
 * within the recording, a UUID stays a UUID, and values that makers leave blank ("Default string")
 * stay. */
void wi_redact(struct wi_recording *recording, const unsigned char salt[32]);

#endif
