/* list.c: `weighin list THING`: rows of named columns, as text and JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/json_parts.h"
#include "report/lay.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

static size_t column_count(const struct wi_list_view *view) {
    return strlen(view->numeric);
}

static const char *cell(const struct wi_list_view *view, size_t row, size_t col) {
    return view->cells[row * column_count(view) + col];
}

/* ---- JSON ---- */

static void put_number(struct wi_json *json, const char *key, const char *text) {
    uint64_t whole;
    double real;
    if (wi_parse_u64(text, 0, UINT64_MAX, &whole) == 0)
        wi_json_u64(json, key, whole);
    else if (wi_parse_f64(text, -HUGE_VAL, HUGE_VAL, &real) == 0)
        wi_json_f64(json, key, real);
    else
        wi_json_null(json, key);
}

static void put_cell(struct wi_json *json, const char *key, char kind, const char *text) {
    if (!text)
        wi_json_null(json, key);
    else if (kind == 'n')
        put_number(json, key, text);
    else if (kind == 'b')
        wi_json_bool(json, key, strcmp(text, "true") == 0);
    else
        wi_json_str(json, key, text);
}

void wi_report_list_json(const struct wi_list_view *view, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.list/1");
    wi_json_str(&json, "thing", view->thing);
    wi_json_array(&json, "items");
    for (size_t r = 0; r < view->row_count; r++) {
        wi_json_object(&json, NULL);
        for (size_t c = 0; c < column_count(view); c++)
            put_cell(&json, view->columns[c], view->numeric[c], cell(view, r, c));
        wi_json_object_end(&json);
    }
    wi_json_array_end(&json);
    wi_json_object_end(&json);
}

/* ---- text ---- */

static const char *words(char kind, const char *text) {
    if (!text)
        return "-";
    if (kind == 'b')
        return strcmp(text, "true") == 0 ? "yes" : "no";
    return text;
}

void wi_report_list_text(const struct wi_list_view *view, struct wi_buf *out) {
    if (view->row_count == 0) {
        wi_buf_printf(out, "No %s.\n", view->thing);
        return;
    }
    size_t n = column_count(view);
    struct wi_arena *arena = wi_arena_create();
    char *align = wi_arena_strdup(arena, view->numeric);
    for (size_t c = 0; c < n; c++)
        align[c] = view->numeric[c] == 'n' ? 'r' : c + 1 == n ? 'w' : 'l';
    struct wi_table table;
    wi_table_init(&table, arena, align);
    table.headed = true;
    for (size_t c = 0; c < n; c++)
        wi_table_add(&table, view->columns[c]);
    for (size_t r = 0; r < view->row_count; r++)
        for (size_t c = 0; c < n; c++)
            wi_table_add(&table, words(view->numeric[c], cell(view, r, c)));
    wi_table_text(&table, "", out);
    wi_arena_destroy(arena);
}
