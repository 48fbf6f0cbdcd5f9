/* recording.h: what one probing read, in memory; env.h describes its folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Filled by env_record.c, changed by redact.c, answered from by env_replay.c. Each thing is there
 * once: a second look within one recording sees what the first saw, so that a replay, which sees
 * the same, prints the same. */
#ifndef WI_RECORDING_H
#define WI_RECORDING_H

#include "probes/env.h"

struct wi_rec_entry {  /* a file, value or GPU answer */
    const char *name;  /* path, value's canonical name, API */
    int status;        /* of the hook: WI_OK, WI_NOT_FOUND, WI_UNAVAILABLE, WI_IO */
    const char *bytes; /* NUL-terminated; "" unless WI_OK */
    size_t size;
};
struct wi_rec_entries {
    struct wi_rec_entry *items;
    size_t count, capacity;
};
struct wi_rec_dir {
    const char *path;
    int status;
    char **names; /* NULL-terminated */
    size_t count;
};
struct wi_rec_dirs {
    struct wi_rec_dir *items;
    size_t count, capacity;
};
struct wi_recording { /* the arena owns all, the struct too */
    struct wi_arena *arena;
    const char *folder;   /* in front of names in messages; "" when it came from none */
    struct wi_kv machine; /* machine.kv */
    struct wi_rec_entries files, values, answers;
    struct wi_rec_dirs dirs;
    struct wi_rec_entry xml; /* name NULL: nobody looked */
};

struct wi_recording *wi_recording_create(void);
void wi_recording_destroy(struct wi_recording *recording);

/* "storage:/home/x" -> "storage:"; the name under which a value is recorded. */
const char *wi_recording_value_name(const char *name);
struct wi_rec_entry *wi_recording_find(const struct wi_rec_entries *entries, const char *name);
struct wi_rec_dir *wi_recording_find_dir(const struct wi_rec_dirs *dirs, const char *path);
struct wi_rec_entry *wi_recording_add(struct wi_recording *recording,
                                      struct wi_rec_entries *entries, const char *name, int status,
                                      const char *bytes, size_t size);
struct wi_rec_dir *wi_recording_add_dir(struct wi_recording *recording, const char *path,
                                        int status, char *const *names, size_t count);

/* Into an empty or missing folder; machine.kv comes last and marks the recording as whole. */
int wi_recording_save(const struct wi_recording *recording, const char *folder, struct wi_err *err);
/* Nothing in the folder is trusted: one sentence names the file, and the line, that is wrong. */
int wi_recording_load(const char *folder, struct wi_recording **recording, struct wi_err *err);
/* One file of such a folder by its name there, "/values.kv"; for load and for fuzzing. */
int wi_recording_take(struct wi_recording *recording, const char *name, const char *bytes,
                      size_t size, struct wi_err *err);

#endif
