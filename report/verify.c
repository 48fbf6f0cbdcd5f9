/* verify.c: is this database whole? As text and JSON; says what the answer proves, and what not.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/json_parts.h"
#include "report/lay.h"

static const char proves[] = "The file is readable, every row obeys the schema, hashes belong to "
                             "their rows, and each rate is that of its samples.";
static const char does_not_prove[] = "That a device measured honestly, or that nothing is missing.";

static bool is_whole(const struct wi_verify_view *view) {
    return view->finding_count == 0 && view->schema_version > 0;
}

void wi_report_verify_json(const struct wi_verify_view *views, size_t count, struct wi_buf *out) {
    struct wi_json json;
    bool all = true;
    for (size_t i = 0; i < count; i++)
        all = all && is_whole(&views[i]);
    wi_json_begin(&json, out, "weighin.verify/1");
    wi_json_bool(&json, "whole", all);
    wi_json_array(&json, "files");
    for (size_t i = 0; i < count; i++) {
        wi_json_object(&json, NULL);
        wi_json_str(&json, "path", views[i].path);
        wi_json_bool(&json, "whole", is_whole(&views[i]));
        wi_json_count(&json, "schema_version", (uint64_t)views[i].schema_version);
        wi_json_array(&json, "findings");
        for (size_t f = 0; f < views[i].finding_count; f++)
            wi_json_str(&json, NULL, views[i].findings[f].what);
        wi_json_array_end(&json);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    wi_json_str(&json, "proves", proves);
    wi_json_str(&json, "does_not_prove", does_not_prove);
    wi_json_object_end(&json);
}

static void put_file(const struct wi_verify_view *view, struct wi_arena *arena,
                     struct wi_buf *out) {
    const char *schema = view->schema_version > 0
                             ? wi_arena_printf(arena, "schema %d", view->schema_version)
                             : "no weighin database that this program can read";
    wi_lay_wrap(out, "",
                wi_arena_printf(arena, "%s: %s (%s)", view->path,
                                is_whole(view) ? "whole" : "not whole", schema));
    for (size_t f = 0; f < view->finding_count; f++)
        wi_lay_wrap(out, "  - ", view->findings[f].what);
}

void wi_report_verify_text(const struct wi_verify_view *views, size_t count, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        put_file(&views[i], arena, out);
        any = any || is_whole(&views[i]);
    }
    if (any) {
        wi_lay_wrap(out, "proven when whole: ", proves);
        wi_lay_wrap(out, "not proven:        ", does_not_prove);
    }
    wi_arena_destroy(arena);
}
