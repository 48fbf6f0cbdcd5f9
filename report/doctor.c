/* doctor.c: one text for a bug report: what was read, what it means, what is missing; doctor.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/doctor.h"

#include "report/escape.h"
#include "report/json_parts.h"
#include "report/lay.h"

#include <string.h>

/* The next line of *text in the arena; NULL: no more. */
static const char *next_line(struct wi_arena *arena, const char **text) {
    if (*text == NULL || **text == '\0')
        return NULL;
    size_t n = strcspn(*text, "\n");
    const char *line = wi_arena_strndup(arena, *text, n);
    *text += n + ((*text)[n] == '\n');
    return line;
}

/* ---- text ---- */

static void put_finding(const struct wi_finding *f, struct wi_arena *arena, struct wi_buf *out) {
    wi_lay_wrap(out,
                wi_arena_printf(arena, "  %-8s %-9s ", wi_finding_kind_name(f->kind), f->about),
                f->says);
    if (f->advice != NULL)
        wi_lay_wrap(out, "                     What to do: ", f->advice);
    if (f->command != NULL) { /* not wrapped: people copy it */
        wi_buf_puts(out, "                     $ ");
        wi_put_text(out, f->command);
        wi_buf_putc(out, '\n');
    }
}

static void put_findings(const struct wi_doctor_view *view, struct wi_arena *arena,
                         struct wi_buf *out) {
    static const enum wi_finding_kind order[] = {WI_FINDING_missing, WI_FINDING_note,
                                                 WI_FINDING_ok};
    size_t missing = 0;
    wi_buf_puts(out, "\nWhat it means\n");
    for (size_t k = 0; k < WI_COUNT(order); k++)
        for (size_t i = 0; i < view->findings->count; i++) {
            const struct wi_finding *f = &view->findings->items[i];
            missing += k == 0 && f->kind == WI_FINDING_missing;
            if (f->kind == order[k])
                put_finding(f, arena, out);
        }
    if (missing == 0)
        wi_buf_puts(out, "  Nothing that could be installed is missing.\n");
}

static void put_lines(const char *title, const char *text, struct wi_arena *arena,
                      struct wi_buf *out) {
    wi_buf_printf(out, "\n%s\n", title);
    if (text == NULL || *text == '\0')
        wi_buf_puts(out, "  nothing\n");
    for (const char *line; (line = next_line(arena, &text)) != NULL;)
        wi_lay_wrap(out, "  ", line);
}

static void put_facts(const char *title, const struct wi_facts *facts, struct wi_arena *arena,
                      struct wi_buf *out) {
    wi_buf_printf(out, "\n%s\n", title);
    for (size_t i = 0; i < facts->count; i++) {
        const struct wi_fact *f = &facts->items[i];
        bool known = f->known == WI_KNOWN_known;
        const char *unit = known && f->unit && *f->unit ? f->unit : "";
        wi_lay_wrap(out, wi_arena_printf(arena, "  %s ", f->key),
                    wi_arena_printf(arena, "%s%s%s (%s)",
                                    known ? f->value : wi_known_name(f->known), *unit ? " " : "",
                                    unit, f->source ? f->source : "no source"));
    }
}

void wi_report_doctor_text(const struct wi_doctor_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    wi_lay_wrap(out, "",
                wi_arena_printf(arena, "weighin %s (%s), %s, %s", view->version, view->commit,
                                view->compiler, view->flags));
    wi_lay_wrap(out, "",
                view->redacted
                    ? "For a bug report. Serials, addresses, host and user names in it are "
                      "stand-ins; --raw shows them."
                    : "With serials, addresses, host and user names (--raw): not for strangers.");
    put_findings(view, arena, out);
    wi_buf_puts(out, "\nWhat was read\n\n");
    wi_buf_puts(out, view->readings); /* has been made printable */
    put_facts("What the device is doing now", &view->conditions->facts, arena, out);
    put_lines("Environment that matters", view->environment, arena, out);
    put_lines("Database", view->database, arena, out);
    put_facts("Every reading, with its source", &view->inventory->facts, arena, out);
    wi_arena_destroy(arena);
}

/* ---- JSON ---- */

static void json_lines(struct wi_json *json, const char *key, const char *text,
                       struct wi_arena *arena) {
    wi_json_array(json, key);
    for (const char *line; (line = next_line(arena, &text)) != NULL;)
        wi_json_str(json, NULL, line);
    wi_json_array_end(json);
}

void wi_report_doctor_json(const struct wi_doctor_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.doctor/1");
    wi_json_object(&json, "weighin");
    wi_json_str(&json, "version", view->version);
    wi_json_str(&json, "commit", view->commit);
    wi_json_str(&json, "compiler", view->compiler);
    wi_json_str(&json, "flags", view->flags);
    wi_json_object_end(&json);
    wi_json_bool(&json, "redacted", view->redacted);
    wi_json_array(&json, "findings");
    for (size_t i = 0; i < view->findings->count; i++) {
        const struct wi_finding *f = &view->findings->items[i];
        wi_json_object(&json, NULL);
        wi_json_str(&json, "kind", wi_finding_kind_name(f->kind));
        wi_json_str(&json, "about", f->about);
        wi_json_str(&json, "says", f->says);
        wi_json_str(&json, "advice", f->advice);
        wi_json_str(&json, "command", f->command);
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    wi_json_device(&json, "device", view->inventory, view->conditions);
    json_lines(&json, "environment", view->environment, arena);
    json_lines(&json, "database", view->database, arena);
    wi_json_object_end(&json);
    wi_arena_destroy(arena);
}
