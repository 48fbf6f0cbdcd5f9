/* device.c: the devices of a database, and what people said about them; text and JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/device.h"

#include "report/json_parts.h"
#include "report/say.h"
#include "report/words.h"
#include "base/units.h"

#include <inttypes.h>
#include <string.h>

/* ---- JSON ---- */

static void put_utc(struct wi_json *json, const char *key, int64_t utc_ns) {
    char text[32];
    wi_json_str(json, key, utc_ns == 0 ? NULL : wi_format_utc(text, sizeof text, utc_ns));
}

static void put_annotation(struct wi_json *json, const struct wi_annotation_row *row) {
    wi_json_str(json, "annotation_id", row->id);
    wi_json_str(json, "kind", row->a.kind);
    wi_json_str(json, "target", row->a.target);
    wi_json_str(json, "action", row->a.action);
    wi_json_str(json, "detail", row->a.detail);
    wi_json_str(json, "reason", row->a.reason);
    wi_json_str(json, "author", row->a.author);
    put_utc(json, "utc", row->a.utc_ns);
}

static void put_compute(struct wi_json *json, const char *id, const char *name, const char *kind,
                        bool software) {
    wi_json_object(json, NULL);
    wi_json_str(json, "compute_device_id", id);
    wi_json_str(json, "name", name);
    wi_json_str(json, "kind", kind);
    wi_json_bool(json, "software", software);
    wi_json_object_end(json);
}

static void put_compute_devices(struct wi_json *json, const struct wi_inventory *inventory) {
    wi_json_array(json, "compute_devices");
    put_compute(json, inventory->cpu.compute_device_id, inventory->cpu.name, "cpu", false);
    for (size_t i = 0; i < inventory->gpu_count; i++) {
        const struct wi_gpu *gpu = &inventory->gpus[i];
        put_compute(json, gpu->compute_device_id, gpu->name, wi_gpu_type_name(gpu->type),
                    gpu->software);
    }
    wi_json_array_end(json);
}

static void put_entry(struct wi_json *json, const struct wi_device_entry *e) {
    const struct wi_device_row *row = e->row;
    wi_json_object(json, NULL);
    wi_json_str(json, "device_id", row->device_id);
    wi_json_str(json, "name", row->name);
    wi_json_str(json, "hardware_id", row->hardware_id);
    wi_json_str(json, "sku_id", row->sku_id);
    wi_json_str(json, "id_source", e->inventory->identity.source);
    wi_json_str(json, "id_strength", e->inventory->identity.strength);
    wi_json_str(json, "form", wi_form_name(e->inventory->memory.form));
    wi_json_str(json, "tier", e->tier ? e->tier->id : NULL);
    wi_json_str(json, "tier_because", e->tier ? e->tier->because : NULL);
    wi_json_bool(json, "retired", row->retired);
    wi_json_u64(json, "runs", row->runs);
    put_utc(json, "last_seen_utc", row->last_seen_utc_ns);
    put_compute_devices(json, e->inventory);
    wi_json_array(json, "annotations");
    for (size_t i = 0; i < e->said_count; i++) {
        wi_json_object(json, NULL);
        put_annotation(json, &e->said[i]);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
    wi_json_object_end(json);
}

void wi_report_device_json(const struct wi_device_view *view, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.device/1");
    wi_json_str(&json, "action", view->action);
    wi_json_str(&json, "annotation_id", view->annotation_id);
    wi_json_array(&json, "devices");
    for (size_t i = 0; i < view->count; i++)
        put_entry(&json, &view->entries[i]);
    wi_json_array_end(&json);
    wi_json_object_end(&json);
}

void wi_report_annotation_json(const struct wi_annotation_row *row, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.annotate/1");
    put_annotation(&json, row);
    wi_json_object_end(&json);
}

/* ---- text ---- */

/* As much of an id as people compare, and as `device` takes. */
static const char *short_id(struct wi_arena *arena, const char *id) {
    return strlen(id) == 64 ? wi_arena_printf(arena, "%.12s", id) : id;
}

static void put_list(const struct wi_device_view *view, struct wi_arena *arena,
                     struct wi_buf *out) {
    static const char *const heading[] = {"device", "name", "tier", "runs", "last seen", ""};
    struct wi_table table;
    wi_table_init(&table, arena, "lllrll");
    table.headed = true;
    for (size_t i = 0; i < WI_COUNT(heading); i++)
        wi_table_add(&table, heading[i]);
    for (size_t i = 0; i < view->count; i++) {
        const struct wi_device_entry *e = &view->entries[i];
        wi_table_add(&table, wi_lay_shorten(arena, short_id(arena, e->row->device_id), 16));
        wi_table_add(&table, wi_lay_shorten(arena, e->row->name, 24));
        wi_table_add(&table, e->tier ? e->tier->id : "unrated");
        wi_table_addf(&table, "%" PRIu64, e->row->runs);
        wi_table_addf(&table, "%.10s", wi_say_utc(arena, e->row->last_seen_utc_ns));
        wi_table_add(&table, e->row->retired ? "retired" : "");
    }
    wi_table_text(&table, "", out);
}

static const char *say_annotation(struct wi_arena *arena, const struct wi_annotation_row *row) {
    const struct wi_annotation *a = &row->a;
    return wi_arena_printf(
        arena, "%.10s, %s: %s%s%s%s%s. %s", wi_say_utc(arena, a->utc_ns), a->author, a->action,
        a->detail ? " to " : "", a->detail ? a->detail : "",
        strcmp(a->kind, "device") == 0 ? "" : ", ",
        strcmp(a->kind, "device") == 0 ? "" : wi_arena_printf(arena, "%s %s", a->kind, a->target),
        a->reason);
}

static void put_computes(const struct wi_inventory *inventory, struct wi_arena *arena,
                         struct wi_buf *out) {
    wi_lay_wrap(out, "Computes on:  ",
                wi_arena_printf(arena, "%s: %s", inventory->cpu.compute_device_id,
                                inventory->cpu.name ? inventory->cpu.name : "unknown"));
    for (size_t i = 0; i < inventory->gpu_count; i++) {
        const struct wi_gpu *gpu = &inventory->gpus[i];
        wi_lay_wrap(out, "              ",
                    wi_arena_printf(arena, "%s: %s (%s)", gpu->compute_device_id,
                                    gpu->name ? gpu->name : "unknown",
                                    wi_gpu_type_name(gpu->type)));
    }
}

static void put_device(const struct wi_device_entry *e, struct wi_arena *arena,
                       struct wi_buf *out) {
    const struct wi_device_row *row = e->row;
    const struct wi_identity *id = &e->inventory->identity;
    wi_lay_wrap(out, "",
                wi_arena_printf(arena, "%s%s", row->name ? row->name : "unknown device",
                                row->retired ? ": retired" : ""));
    wi_lay_wrap(out, "Device:       ",
                wi_arena_printf(arena, "%s (from %s, %s)", row->device_id,
                                id->source ? id->source : "an unknown source",
                                id->strength ? id->strength : "strength unknown"));
    wi_lay_wrap(out, "Tier:         ",
                e->tier ? wi_arena_printf(arena, "%s. %s", e->tier->id,
                                          e->tier->because ? e->tier->because : "")
                        : "not derived");
    wi_lay_wrap(out, "Device type:  ", row->sku_id);
    wi_lay_wrap(out, "Form:         ", wi_form_name(e->inventory->memory.form));
    put_computes(e->inventory, arena, out);
    wi_lay_wrap(out, "Last seen:    ",
                wi_arena_printf(arena, "%s, %" PRIu64 " run%s",
                                wi_say_utc(arena, row->last_seen_utc_ns), row->runs,
                                row->runs == 1 ? "" : "s"));
    for (size_t i = 0; i < e->said_count; i++)
        wi_lay_wrap(out, i == 0 ? "Said of it:   " : "              ",
                    say_annotation(arena, &e->said[i]));
}

void wi_report_device_text(const struct wi_device_view *view, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    if (view->count == 0)
        wi_lay_wrap(out, "", "No devices.");
    else if (strcmp(view->action, "list") == 0)
        put_list(view, arena, out);
    else
        put_device(&view->entries[0], arena, out);
    wi_arena_destroy(arena);
}

void wi_report_annotation_text(const struct wi_annotation_row *row, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    wi_lay_wrap(out, "",
                wi_arena_printf(arena,
                                "Annotated %s %s: %s%s%s. Tiers and verdicts are derived "
                                "anew.",
                                row->a.kind, row->a.target, row->a.action,
                                row->a.detail ? " to " : "", row->a.detail ? row->a.detail : ""));
    wi_lay_wrap(out, "", wi_arena_printf(arena, "By %s: %s", row->a.author, row->a.reason));
    wi_arena_destroy(arena);
}
