/* print.c: what was found, as people read it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made of the inventory alone: nothing of this machine, this moment or this build may get in, or a
 * replay would print something else. What is unknown says so; what can be done about it stands
 * beside it. */
#include "probes/print_parts.h"
#include "probes/probe.h"

#include "base/units.h"
#include "probes/cpu.h"
#include "probes/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *or_unknown(const char *text) {
    return text ? text : "unknown";
}

/* ---- the device ---- */

static void print_device(const struct wi_inventory *i, struct wi_buf *out) {
    const struct wi_software *s = &i->software;
    wi_buf_printf(out, "%s\n", or_unknown(i->name));
    if (i->maker)
        wi_print_row(out, "maker", "%s", i->maker);
    if (i->product)
        wi_print_row(out, "product", "%s", i->product);
    wi_print_row(out, "form", "%s (%s)", wi_form_name(i->memory.form),
                 or_unknown(i->memory.form_because));
    wi_print_row(out, "system", "%s%s%s %s", s->distribution ? s->distribution : "",
                 s->distribution ? ", " : "", s->os ? s->os : "unknown system",
                 s->kernel ? s->kernel : "");
    if (s->container)
        wi_print_row(out, "container", "%s", s->container);
    if (s->hypervisor)
        wi_print_row(out, "hypervisor", "%s", s->hypervisor);
}

/* ---- the processor ---- */

/* Arm's manuals speak of part d0bh and revision r4p1. */
static void put_part(const struct wi_cpu *cpu, struct wi_buf *text) {
    if (wi_has_u64(cpu->model))
        wi_buf_printf(text, ", part 0x%03" PRIx64, cpu->model.value);
    if (wi_has_u64(cpu->stepping))
        wi_buf_printf(text, ", revision r%" PRIu64 "p%" PRIu64, cpu->stepping.value >> 4,
                      cpu->stepping.value & 15);
}

static void put_model(const struct wi_cpu *cpu, struct wi_buf *text) {
    if (wi_has_u64(cpu->family))
        wi_buf_printf(text, ", family %" PRIu64, cpu->family.value);
    if (wi_has_u64(cpu->model))
        wi_buf_printf(text, ", model %" PRIu64, cpu->model.value);
    if (wi_has_u64(cpu->stepping))
        wi_buf_printf(text, ", stepping %" PRIu64, cpu->stepping.value);
    if (cpu->microcode)
        wi_buf_printf(text, ", microcode %s", cpu->microcode);
}

static void print_maker(const struct wi_cpu *cpu, struct wi_buf *out) {
    struct wi_buf text = {0};
    wi_buf_printf(&text, "%s, %s", or_unknown(cpu->vendor), or_unknown(cpu->arch));
    if (cpu->arch && strcmp(cpu->arch, "aarch64") == 0)
        put_part(cpu, &text);
    else
        put_model(cpu, &text);
    wi_print_row(out, "maker", "%s", wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void print_counts(const struct wi_inventory *i, struct wi_buf *out) {
    const struct wi_cpu *cpu = &i->cpu;
    const char *how = wi_facts_value(&i->facts, "cpu.topology");
    struct wi_buf text = {0};
    wi_print_count(&text, cpu->packages, "package");
    wi_buf_puts(&text, ", ");
    wi_print_count(&text, cpu->cores, "core");
    wi_buf_puts(&text, ", ");
    wi_print_count(&text, cpu->threads, "thread");
    wi_buf_puts(&text, ", ");
    wi_print_count(&text, cpu->numa_nodes, "NUMA node");
    if (how && strcmp(how, "hwloc") != 0)
        wi_buf_printf(&text, " (%s)", how);
    wi_print_row(out, "topology", "%s", wi_buf_str(&text));
    wi_buf_fini(&text);
}

static void print_kinds(const struct wi_cpu *cpu, struct wi_buf *out) {
    struct wi_arena *arena = wi_arena_create();
    for (size_t i = 0; i < cpu->kind_count; i++) {
        const struct wi_core_kind *k = &cpu->kinds[i];
        struct wi_buf text = {0};
        wi_print_count(&text, k->cores, "core");
        wi_buf_puts(&text, ", ");
        wi_print_count(&text, k->threads, "thread");
        if (wi_has_u64(k->max_mhz))
            wi_buf_printf(&text, ", up to %" PRIu64 " MHz", k->max_mhz.value);
        wi_buf_printf(&text, ": %s%s", k->cpu_count ? "CPU " : "none allowed",
                      wi_cpu_list_text(arena, k->cpus, k->cpu_count));
        wi_print_row(out, k->name, "%s", wi_buf_str(&text));
        wi_buf_fini(&text);
    }
    wi_arena_destroy(arena);
}

static void print_allowed(const struct wi_cpu *cpu, struct wi_buf *out) {
    char cpus[32];
    if (wi_has_f64(cpu->quota_cpus))
        wi_print_row(out, "allowed", "%u of %u threads, time of %s CPUs (control group)",
                     cpu->allowed_threads, cpu->threads,
                     wi_format_g3(cpus, sizeof(cpus), cpu->quota_cpus.value));
    else if (cpu->quota_cpus.known == WI_KNOWN_not_applicable)
        wi_print_row(out, "allowed", "%u of %u threads, all the time", cpu->allowed_threads,
                     cpu->threads);
    else
        wi_print_row(out, "allowed", "%u of %u threads; limit on their time: %s",
                     cpu->allowed_threads, cpu->threads, wi_print_known(cpu->quota_cpus.known));
}

static const char *mhz_text(char out[32], struct wi_maybe_u64 mhz) {
    if (!wi_has_u64(mhz))
        return wi_print_known(mhz.known == WI_KNOWN_denied ? mhz.known : WI_KNOWN_unknown);
    snprintf(out, 32, "%" PRIu64 " MHz", mhz.value);
    return out;
}

static void print_isa(const struct wi_inventory *i, struct wi_buf *out) {
    const char *isa = wi_facts_value(&i->facts, "cpu.isa");
    const char *asleep = wi_facts_value(&i->facts, "cpu.isa_asleep");
    wi_print_row(out, "instructions", "%s", !isa ? "unknown" : *isa ? isa : "none that matter");
    if (asleep)
        wi_print_row(out, "", "not enabled by the system: %s", asleep);
}

static void print_caches(const struct wi_cpu *cpu, struct wi_buf *out) {
    char label[32], size[32];
    for (size_t i = 0; i < cpu->cache_count; i++) {
        const struct wi_cpu_cache *c = &cpu->caches[i];
        struct wi_buf text = {0};
        snprintf(label, sizeof(label), "L%u%s", c->level,
                 c->type == 'd'   ? " data"
                 : c->type == 'i' ? " instr."
                                  : "");
        wi_buf_printf(&text, "%u x %s", c->instances, wi_format_mem(size, sizeof(size), c->bytes));
        if (c->shared_threads) {
            wi_buf_puts(&text, ", for ");
            wi_print_count(&text, c->shared_threads, "thread");
            wi_buf_puts(&text, c->instances > 1 ? " each" : "");
        }
        wi_print_row(out, label, "%s", wi_buf_str(&text));
        wi_buf_fini(&text);
    }
    if (cpu->cache_count == 0)
        wi_print_row(out, "caches", "unknown");
}

static void print_cpu(const struct wi_inventory *i, struct wi_buf *out) {
    char base[32], max[32], now[32];
    wi_print_title(out, "Processor %s: %s", i->cpu.compute_device_id, or_unknown(i->cpu.name));
    print_maker(&i->cpu, out);
    print_counts(i, out);
    print_kinds(&i->cpu, out);
    print_allowed(&i->cpu, out);
    wi_print_row(out, "clock", "base %s, highest %s, now %s", mhz_text(base, i->cpu.base_mhz),
                 mhz_text(max, i->cpu.max_mhz), mhz_text(now, i->cpu.now_mhz));
    print_isa(i, out);
    print_caches(&i->cpu, out);
}

/* ---- memory and storage ---- */

static void print_memory(const struct wi_memory *m, struct wi_buf *out) {
    char a[32], b[32];
    wi_print_title(out, "Memory");
    wi_print_row(out, "total", "%s, %s available now", wi_print_mem(a, m->total_bytes),
                 wi_print_mem(b, m->available_bytes));
    wi_print_row(out, "limit", "%s%s", wi_print_mem(a, m->limit_bytes),
                 wi_has_u64(m->limit_bytes) ? " (control group)" : "");
    if (wi_has_u64(m->swap_total_bytes) && m->swap_total_bytes.value == 0)
        wi_print_row(out, "swap", "none");
    else
        wi_print_row(out, "swap", "%s, %s free", wi_print_mem(a, m->swap_total_bytes),
                     wi_print_mem(b, m->swap_free_bytes));
    if (wi_has_u64(m->hugetlb_free) && m->hugetlb_free.value > 0)
        wi_print_row(out, "huge pages", "%s, %" PRIu64 " of 2 MiB set aside",
                     or_unknown(m->huge_pages), m->hugetlb_free.value);
    else
        wi_print_row(out, "huge pages", "%s", or_unknown(m->huge_pages));
}

static const char *file_text(char out[32], struct wi_maybe_u64 bytes) {
    return wi_has_u64(bytes) ? wi_format_file(out, 32, bytes.value) : wi_print_known(bytes.known);
}

static void print_storage(const struct wi_storage *s, struct wi_buf *out) {
    char a[32], b[32];
    wi_print_title(out, "Storage");
    wi_print_row(out, "path", "%s", or_unknown(s->path));
    if (wi_has_u64(s->free_bytes) && wi_has_u64(s->total_bytes))
        wi_print_row(out, "free", "%s of %s", file_text(a, s->free_bytes),
                     file_text(b, s->total_bytes));
    else
        wi_print_row(out, "free", "%s", file_text(a, s->free_bytes));
}

/* ---- identity ---- */

static void print_notes(const struct wi_inventory *i, struct wi_buf *out) {
    static const char *const keys[][2] = {
        {"identity.saved", "note"}, {"identity.doubt", "doubt"}, {"identity.advice", "advice"}};
    for (size_t k = 0; k < WI_COUNT(keys); k++) {
        const char *text = wi_facts_value(&i->facts, keys[k][0]);
        if (text)
            wi_print_row(out, keys[k][1], "%s", text);
    }
}

static void print_identity(const struct wi_inventory *i, struct wi_buf *out) {
    const struct wi_identity *id = &i->identity;
    wi_print_title(out, "Identity");
    wi_print_row(out, "device", "%s", or_unknown(id->device_id));
    wi_print_row(out, "source", "%s (%s)", or_unknown(id->source), or_unknown(id->strength));
    print_notes(i, out);
    wi_print_row(out, "hardware", "%s", or_unknown(id->hardware_id));
    wi_print_row(out, "SKU", "%s", or_unknown(id->sku_id));
    for (size_t b = 0; b < WI_BACKEND_COUNT; b++)
        if (id->software_id[b])
            wi_print_row(out, wi_backend_id_name((enum wi_backend_id)b), "%s", id->software_id[b]);
}

void wi_probe_print(const struct wi_inventory *inventory, struct wi_buf *out) {
    print_device(inventory, out);
    print_cpu(inventory, out);
    print_memory(&inventory->memory, out);
    print_storage(&inventory->storage, out);
    wi_print_gpus(inventory, out);
    print_identity(inventory, out);
}
