/* cmd_snapshot.c: one closed file of this database, safe to copy.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Promises: what stands under the final name is whole, verified and on disk; nothing else is left
 * behind, and no file is replaced by another. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/os.h"
#include "base/units.h"
#include "cli/cli.h"
#include "report/lay.h"
#include "report/words.h"

#include <stdio.h>
#include <string.h>

static const struct wi_option options[] = {
    {"output", 'o', "DIR", false, "the folder for it; made when missing"},
    {0},
};

struct snapshot {
    const char *path; /* in the end */
    char sha256[65];
    uint64_t bytes;
    size_t devices;
    bool already; /* the same snapshot was there */
};

/* ---- its name ---- */

/* The asset's id as a part of a file name; a made one is cut short. */
static const char *asset_of(struct wi_arena *arena, const struct wi_device_row *rows, size_t n) {
    if (n != 1)
        return wi_arena_printf(arena, "%zu-devices", n);
    const char *id = rows[0].device_id;
    char *name = wi_arena_printf(arena, "%.*s", strlen(id) == 64 ? 12 : 40, id);
    for (char *p = name; *p != '\0'; p++) {
        bool plain = (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= 'a' && *p <= 'z') || *p == '_' || *p == '-' || (*p == '.' && p != name);
        *p = plain ? *p : '_';
    }
    return name;
}

static int hash_file(const char *path, struct snapshot *s, struct wi_err *err) {
    unsigned char chunk[1 << 16], digest[32];
    struct wi_sha256 hash;
    size_t n = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return wi_fail(err, WI_IO, "cannot read %s, just written", path);
    wi_sha256_init(&hash);
    for (s->bytes = 0; (n = fread(chunk, 1, sizeof chunk, file)) > 0; s->bytes += n)
        wi_sha256_update(&hash, chunk, n);
    bool broken = ferror(file) != 0;
    fclose(file);
    if (broken)
        return wi_fail(err, WI_IO, "cannot read %s, just written", path);
    wi_sha256_final(&hash, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(s->sha256 + 2 * i, 3, "%02x", digest[i]);
    return WI_OK;
}

/* ---- is it whole? ---- */

static int check_findings(const char *path, const struct wi_verify_finding *findings, size_t n,
                          struct wi_err *err) {
    return n == 0 ? WI_OK
                  : wi_fail(err, WI_CORRUPT, "%s is not whole, so there is no snapshot: %s", path,
                            findings[0].what);
}

static int verify(struct wi_cli *cli, const char *path, struct wi_err *err) {
    struct wi_store *store = NULL;
    struct wi_verify_finding *findings = NULL;
    size_t n = 0;
    WI_TRY(wi_store_open(path, WI_STORE_READ, &store, err));
    WI_TRY(wi_cli_close(store, wi_store_verify(store, cli->arena, &findings, &n, err), err));
    return check_findings(wi_cli_db_path(cli), findings, n, err);
}

/* ---- making it ---- */

static int name_it(struct wi_cli *cli, const char *folder, const char *asset, const char *temporary,
                   struct snapshot *s, struct wi_err *err) {
    char now[32];
    wi_format_utc(now, sizeof now, wi_utc_ns(&wi_clock_system));
    WI_TRY(hash_file(temporary, s, err));
    s->path = wi_arena_printf(cli->arena, "%s/%s-%.10s-%.12s.db", folder, asset, now, s->sha256);
    struct snapshot there = {0};
    if (wi_os_exists(s->path)) {
        WI_TRY(hash_file(s->path, &there, err));
        if (strcmp(there.sha256, s->sha256) != 0)
            return wi_fail(err, WI_USAGE, "%s is there already, with other content", s->path);
        s->already = true;
        return WI_OK;
    }
    return wi_os_publish(temporary, s->path, err);
}

static int take(struct wi_cli *cli, struct wi_store *store, const char *folder, struct snapshot *s,
                struct wi_err *err) {
    struct wi_device_row *rows = NULL;
    WI_TRY(wi_store_list_devices(store, cli->arena, &rows, &s->devices, err));
    WI_TRY(wi_os_mkdirs(folder, err));
    const char *temporary =
        wi_arena_printf(cli->arena, "%s/.snapshot-%d.tmp", folder, wi_os_process_id());
    (void)remove(temporary); /* of a process with our number that was killed */
    int status = wi_store_copy(store, temporary, err);
    if (status == WI_OK)
        status = verify(cli, temporary, err);
    if (status == WI_OK)
        status = name_it(cli, folder, asset_of(cli->arena, rows, s->devices), temporary, s, err);
    (void)remove(temporary); /* gone already when it has its name */
    return status;
}

/* ---- the answer ---- */

static void print_json(const struct snapshot *s, struct wi_buf *out) {
    struct wi_json json;
    wi_json_init(&json, out, true);
    wi_json_object(&json, NULL);
    wi_json_str(&json, "schema", "weighin.snapshot/1");
    wi_json_str(&json, "path", s->path);
    wi_json_u64(&json, "bytes", s->bytes);
    wi_json_str(&json, "sha256", s->sha256);
    wi_json_u64(&json, "devices", s->devices);
    wi_json_bool(&json, "already_there", s->already);
    wi_json_object_end(&json);
    wi_buf_putc(out, '\n');
}

static void print_text(const struct snapshot *s, struct wi_arena *arena, struct wi_buf *out) {
    wi_lay_wrap(out, s->already ? "There already: " : "Wrote ", s->path);
    wi_lay_wrap(out, "",
                wi_arena_printf(arena, "%s of %zu device%s, verified.",
                                wi_say_file(arena, s->bytes), s->devices,
                                s->devices == 1 ? "" : "s"));
    wi_lay_wrap(out, "SHA-256 ", s->sha256);
}

static int snapshot(struct wi_cli *cli, struct wi_err *err) {
    const char *folder = wi_args_get(&cli->args, "output");
    struct wi_store *store = NULL;
    struct snapshot s = {0};
    if (folder == NULL)
        return wi_fail(err, WI_USAGE, "snapshot: -o DIR is missing: the folder for it");
    WI_TRY(wi_cli_open(cli, WI_STORE_READ, &store, err));
    WI_TRY(wi_cli_close(store, take(cli, store, folder, &s, err), err));
    if (cli->json)
        print_json(&s, &cli->out);
    else
        print_text(&s, cli->arena, &cli->out);
    return WI_OK;
}

const struct wi_command wi_command_snapshot = {
    .name = "snapshot",
    .operands = "",
    .summary = "one closed file of this database, verified and safe to copy",
    .details = "The file is named ASSET-DATE-DIGEST.db, after the device, the day and its own "
               "content, and\n"
               "holds all rows of one moment, also while a weigh-in goes on.\n"
               "Example: weighin snapshot -o snapshots",
    .use = WI_USE_json | WI_USE_db,
    .options = options,
    .run = snapshot,
};
