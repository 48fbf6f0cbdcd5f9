/* page_device.c: the page's device card: what the device is and what is missing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"
#include "report/words.h"

#include <inttypes.h>

static const char *count(struct wi_arena *arena, unsigned n, const char *one) {
    return n ? wi_arena_printf(arena, "%u %s%s", n, one, n == 1 ? "" : "s")
             : wi_arena_printf(arena, "unknown number of %ss", one);
}

static const char *known(const char *text) {
    return text ? text : "unknown";
}

static void put_cpu(const struct wi_page_writer *w, const struct wi_cpu *cpu) {
    struct wi_buf isa = {0};
    for (int i = 0; i < WI_ISA_COUNT; i++)
        if (cpu->isa & WI_ISA_BIT(i))
            wi_buf_printf(&isa, "%s%s", isa.size ? " " : "", wi_isa_name((enum wi_isa)i));
    w->row(w->out, "CPU",
           wi_arena_printf(
               w->arena, "%s, %s, %s, %s (%s may be used)", known(cpu->name), known(cpu->arch),
               count(w->arena, cpu->cores, "core"), count(w->arena, cpu->threads, "thread"),
               cpu->allowed_threads ? wi_arena_printf(w->arena, "%u", cpu->allowed_threads)
                                    : "unknown"));
    w->row(w->out, "instruction sets", isa.size ? wi_buf_str(&isa) : "none that kernels use");
    wi_buf_fini(&isa);
}

static void put_memory(const struct wi_page_writer *w, const struct wi_memory *m) {
    const char *limit = wi_has_u64(m->limit_bytes)
                            ? wi_arena_printf(w->arena, ", limited to %s",
                                              wi_say_mem(w->arena, m->limit_bytes.value))
                            : "";
    w->row(w->out, "memory",
           wi_arena_printf(w->arena, "%s, %s available when probed%s",
                           wi_say_maybe_mem(w->arena, m->total_bytes),
                           wi_say_maybe_mem(w->arena, m->available_bytes), limit));
    w->row(w->out, "form",
           wi_arena_printf(w->arena, "%s%s%s%s", wi_form_name(m->form), m->form_because ? " (" : "",
                           m->form_because ? m->form_because : "", m->form_because ? ")" : ""));
}

static void put_gpu(const struct wi_page_writer *w, const struct wi_gpu *gpu) {
    struct wi_buf text = {0};
    wi_buf_printf(&text, "%s, %s", known(gpu->name), wi_gpu_type_name(gpu->type));
    for (size_t i = 0; i < gpu->api_count; i++)
        wi_buf_printf(&text, "; %s %s, driver %s %s", wi_backend_id_name(gpu->apis[i].api),
                      known(gpu->apis[i].api_version), known(gpu->apis[i].driver_name),
                      known(gpu->apis[i].driver_version));
    for (size_t i = 0; i < gpu->pool_count; i++)
        wi_buf_printf(&text, "; %s of %s", known(gpu->pools[i].id),
                      wi_say_maybe_mem(w->arena, gpu->pools[i].total_bytes));
    wi_buf_printf(&text, "; largest allocation %s",
                  wi_say_maybe_mem(w->arena, gpu->largest_allocation_bytes));
    if (gpu->software)
        wi_buf_puts(&text, "; runs on the CPU: no GPU, never lifts a tier");
    w->row(w->out, known(gpu->compute_device_id), wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void put_missing(const struct wi_page_writer *w, const struct wi_inventory *v) {
    for (size_t i = 0; i < v->unopened_count; i++) {
        const struct wi_unopened_gpu *g = &v->unopened[i];
        w->row(w->out, "GPU without driver",
               wi_arena_printf(w->arena, "%s%s%s", known(g->name), g->advice ? ": " : "",
                               g->advice ? g->advice : ""));
    }
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++) {
        const struct wi_backend_state *b = &v->backends[i];
        if (b->status == WI_CASE_ok || i == WI_BACKEND_null)
            continue;
        w->row(w->out, wi_backend_id_name((enum wi_backend_id)i),
               wi_arena_printf(w->arena, "%s: %s%s%s", wi_word_status(b->status),
                               b->reason ? b->reason : "no reason was given", b->advice ? "; " : "",
                               b->advice ? b->advice : ""));
    }
}

static void put_run(const struct wi_page_writer *w, const struct wi_run *r) {
    w->row(w->out, "run",
           wi_arena_printf(w->arena, "%s, profile %s, %s to %s, %s", r->id, known(r->profile),
                           wi_say_utc(w->arena, r->started_utc_ns),
                           wi_say_utc(w->arena, r->finished_utc_ns),
                           r->state ? r->state : "state unknown"));
    w->row(w->out, "measured with",
           wi_arena_printf(w->arena, "weighin %s, commit %s", known(r->tool_version),
                           known(r->commit)));
    for (size_t i = 0; i < r->label_count; i++)
        w->row(w->out, "label",
               wi_arena_printf(w->arena, "%s = %s", r->labels[i].key, r->labels[i].value));
}

void wi_page_device(const struct wi_page_writer *w, const struct wi_run_view *run) {
    const struct wi_inventory *v = run->inventory;
    w->card_begin(w->out);
    w->row(w->out, "device id",
           wi_arena_printf(w->arena, "%s (%s, from %s)", known(v->identity.device_id),
                           known(v->identity.strength), known(v->identity.source)));
    w->row(w->out, "device type (SKU)", known(v->identity.sku_id));
    put_cpu(w, &v->cpu);
    put_memory(w, &v->memory);
    for (size_t i = 0; i < v->gpu_count; i++)
        put_gpu(w, &v->gpus[i]);
    put_missing(w, v);
    w->row(w->out, "system",
           wi_arena_printf(w->arena, "%s, kernel %s%s%s", known(v->software.distribution),
                           known(v->software.kernel), v->software.container ? ", in " : "",
                           v->software.container ? v->software.container : ""));
    put_run(w, run->run);
    w->card_end(w->out);
}
