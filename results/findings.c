/* findings.c: what readings mean, what is missing and how to get it; findings.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Says what follows from a reading and nothing else: what could not be read is no finding. */
#include "results/findings.h"

#include "base/units.h"

#include <string.h>

struct looking {
    const struct wi_inventory *inventory;
    const struct wi_conditions *conditions;
    struct wi_arena *arena;
    struct wi_findings *out;
};

const char *wi_finding_kind_name(enum wi_finding_kind kind) {
    static const char *const names[] = {"ok", "note", "missing"};
    return names[kind];
}

static void find(struct looking *l, enum wi_finding_kind kind, const char *about, const char *says,
                 const char *advice, const char *command) {
    *WI_PUSH(l->arena, l->out, struct wi_finding) =
        (struct wi_finding){kind, about, says, advice, command};
}

static const char *value_of(const struct wi_facts *facts, const char *key) {
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->items[i].key, key) == 0)
            return facts->items[i].known == WI_KNOWN_known ? facts->items[i].value : NULL;
    return NULL;
}

static bool has_no(const struct wi_facts *facts, const char *key) {
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->items[i].key, key) == 0)
            return facts->items[i].known == WI_KNOWN_not_applicable;
    return false;
}

static bool is(const struct wi_facts *facts, const char *key, const char *value) {
    const char *found = value_of(facts, key);
    return found != NULL && strcmp(found, value) == 0;
}

/* ---- packages ---- */

/* Whose GPUs a package is for; 0: anybody's. Advice names alternatives, a command must not. */
static const struct {
    const char *name;
    unsigned vendor_id;
} packages[] = {{"libvulkan1", 0},
                {"ocl-icd-libopencl1", 0},
                {"mesa-vulkan-drivers", 0},
                {"mesa-opencl-icd", 0x1002},
                {"intel-opencl-icd", 0x8086},
                {"nvidia-driver", 0x10de},
                {"nvidia-vulkan-icd", 0x10de},
                {"nvidia-opencl-icd", 0x10de},
                {"firmware-amd-graphics", 0x1002},
                {"firmware-misc-nonfree", 0x8086},
                {"libvulkan-dev", 0},
                {"opencl-c-headers", 0}};

static bool names(const char *advice, const char *package) {
    static const char of_names[] = "abcdefghijklmnopqrstuvwxyz0123456789-+.";
    size_t n = strlen(package);
    for (const char *p = advice; (p = strstr(p, package)) != NULL; p += n) {
        const char *after = p + n;
        bool ends =
            strspn(after, of_names) == 0 || (*after == '.' && strspn(after + 1, of_names) == 0);
        if (ends && (p == advice || strchr(of_names, p[-1]) == NULL))
            return true;
    }
    return false;
}

/* The packages that the advice names and this vendor's GPUs use, as a command; NULL: none. */
static const char *install(struct looking *l, const char *advice, uint64_t vendor_id) {
    const char *list = "";
    for (size_t i = 0; advice != NULL && i < WI_COUNT(packages); i++) {
        bool mesa = strcmp(packages[i].name, "mesa-vulkan-drivers") == 0;
        bool fits = packages[i].vendor_id == 0 || packages[i].vendor_id == vendor_id;
        if (fits && !(mesa && vendor_id == 0x10de) && names(advice, packages[i].name))
            list = wi_arena_printf(l->arena, "%s %s", list, packages[i].name);
    }
    return *list ? wi_arena_printf(l->arena, "sudo apt-get install%s", list) : NULL;
}

/* ---- where models could run ---- */

static const char *memory_of(struct looking *l, const char *compute_device_id) {
    struct wi_budget b;
    char text[32];
    wi_budget_of(l->inventory, compute_device_id, l->arena, &b);
    if (!wi_has_u64(b.bytes))
        return wi_arena_printf(l->arena, "how much of its memory a model may use is unknown: %s",
                               b.because);
    return wi_arena_printf(l->arena, "a model may use %s of %s (%s)",
                           wi_format_mem(text, sizeof text, b.bytes.value), b.pool, b.because);
}

static void look_at_cpu(struct looking *l) {
    const struct wi_cpu *cpu = &l->inventory->cpu;
    const char *isa = value_of(&l->inventory->facts, "cpu.isa");
    const char *asleep = value_of(&l->inventory->facts, "cpu.isa_asleep");
    char quota[32];
    find(l, WI_FINDING_ok, cpu->compute_device_id,
         wi_arena_printf(l->arena, "%u of %u threads may be used, with %s; %s.",
                         cpu->allowed_threads, cpu->threads,
                         isa && *isa ? isa : "no instruction set that kernels ask for",
                         memory_of(l, cpu->compute_device_id)),
         NULL, NULL);
    if (asleep != NULL)
        find(l, WI_FINDING_note, cpu->compute_device_id,
             wi_arena_printf(l->arena, "The processor has %s and the system does not enable it.",
                             asleep),
             "use a newer kernel, or a hypervisor that shows it", NULL);
    if (wi_has_f64(cpu->quota_cpus))
        find(l, WI_FINDING_note, cpu->compute_device_id,
             wi_arena_printf(l->arena,
                             "A control group gives it the time of %s processors: rows that it "
                             "stops are contended and do not count.",
                             wi_format_g3(quota, sizeof quota, cpu->quota_cpus.value)),
             "run outside of that group, or with fewer threads", NULL);
    if (is(&l->inventory->facts, "cpu.topology", "sysfs"))
        find(l, WI_FINDING_note, cpu->compute_device_id,
             "The topology comes from /sys: this build has no hwloc.", "install it and build again",
             "sudo apt-get install libhwloc-dev");
}

static void look_at_gpus(struct looking *l) {
    for (size_t i = 0; i < l->inventory->gpu_count; i++) {
        const struct wi_gpu *g = &l->inventory->gpus[i];
        const char *apis = "";
        for (size_t k = 0; k < g->api_count; k++)
            apis = wi_arena_printf(l->arena, "%s%s%s", apis, k ? " and " : "",
                                   wi_backend_id_name(g->apis[k].api));
        if (g->software)
            find(l, WI_FINDING_note, g->compute_device_id,
                 wi_arena_printf(l->arena, "%s (%s) runs on the processor: no GPU.", g->name, apis),
                 NULL, NULL);
        else
            find(l, WI_FINDING_ok, g->compute_device_id,
                 wi_arena_printf(l->arena, "%s through %s; %s.", g->name, apis,
                                 memory_of(l, g->compute_device_id)),
                 NULL, NULL);
    }
    for (size_t i = 0; i < l->inventory->unopened_count; i++) {
        const struct wi_unopened_gpu *g = &l->inventory->unopened[i];
        uint64_t vendor = wi_has_u64(g->vendor_id) ? g->vendor_id.value : 0;
        find(l, WI_FINDING_missing, "gpu",
             wi_arena_printf(l->arena,
                             "%s%s%s is on the bus, and no API could open it: the device has no "
                             "tier until one does.",
                             g->name ? g->name : "A GPU", g->pci ? " at " : "",
                             g->pci ? g->pci : ""),
             g->advice, install(l, g->advice, vendor));
    }
}

/* ---- backends ---- */

/* Of the first GPU, opened or not; 0: there is none, or it says nothing. */
static uint64_t vendor_here(const struct wi_inventory *v, bool *any) {
    *any = false;
    for (size_t i = 0; i < v->gpu_count; i++)
        if (!v->gpus[i].software) {
            *any = true;
            return wi_has_u64(v->gpus[i].vendor_id) ? v->gpus[i].vendor_id.value : 0;
        }
    *any = v->unopened_count > 0;
    return *any && wi_has_u64(v->unopened[0].vendor_id) ? v->unopened[0].vendor_id.value : 0;
}

static bool real_through(const struct wi_inventory *v, enum wi_backend_id api) {
    for (size_t i = 0; i < v->gpu_count; i++)
        for (size_t k = 0; !v->gpus[i].software && k < v->gpus[i].api_count; k++)
            if (v->gpus[i].apis[k].api == api)
                return true;
    return false;
}

static void look_at_backend(struct looking *l, enum wi_backend_id id) {
    const struct wi_backend_state *b = &l->inventory->backends[id];
    const char *name = wi_backend_id_name(id), *reason = b->reason ? b->reason : "no reason given";
    bool any = false;
    uint64_t vendor = vendor_here(l->inventory, &any);
    if (b->status == WI_CASE_ok) {
        if (b->advice != NULL || (any && !real_through(l->inventory, id)))
            find(l, WI_FINDING_note, name, "It answers, and not for every GPU that is here.",
                 b->advice, install(l, b->advice, vendor));
    } else if (b->status == WI_CASE_unavailable && !any) {
        find(l, WI_FINDING_note, name,
             wi_arena_printf(l->arena, "Not there: %s. No GPU was seen, so nothing is missing.",
                             reason),
             NULL, NULL);
    } else if (b->status != WI_CASE_skipped) {
        find(l, WI_FINDING_missing, name,
             wi_arena_printf(l->arena, "%s: %s.", wi_case_status_name(b->status), reason),
             b->advice, install(l, b->advice, vendor));
    }
}

/* ---- what changes what is measured ---- */

static void look_at_memory(struct looking *l) {
    const struct wi_memory *m = &l->inventory->memory;
    char text[32];
    if (m->huge_pages != NULL && strcmp(m->huge_pages, "never") == 0)
        find(l, WI_FINDING_note, "memory",
             "Huge pages are off: rows carry the doubt small_pages, and are slower.",
             "enable transparent huge pages",
             "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
    if (wi_has_u64(m->limit_bytes))
        find(l, WI_FINDING_note, "memory",
             wi_arena_printf(l->arena, "A control group limits it to %s: models must fit in that.",
                             wi_format_mem(text, sizeof text, m->limit_bytes.value)),
             NULL, NULL);
}

static void look_at_now(struct looking *l) {
    const struct wi_facts *f = &l->conditions->facts;
    if (is(f, "power.source", "battery") && !has_no(f, "power.mains"))
        find(l, WI_FINDING_note, "power", "On battery: what is measured now does not count.",
             "connect mains power", NULL);
    if (is(f, "clock.sync", "no"))
        find(l, WI_FINDING_note, "clock",
             "The date is not synchronised: evidence is dated by it, and ages by it.",
             "let it be synchronised", "sudo timedatectl set-ntp true");
}

static void look_at_identity(struct looking *l) {
    const char *strength = l->inventory->identity.strength;
    if (strength != NULL && strcmp(strength, "weak") == 0)
        find(l, WI_FINDING_note, "identity",
             "No serial number could be read: who this device is hangs on a random number.",
             "give it an asset tag, here and in every later run",
             "export WEIGHIN_ASSET=NAME-OF-THIS-DEVICE");
}

static void look_at_denied(struct looking *l) {
    const struct wi_facts *f = &l->inventory->facts;
    const char *list = "";
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].known == WI_KNOWN_denied)
            list = wi_arena_printf(l->arena, "%s%s%s", list, n++ ? ", " : "", f->items[i].key);
    if (n > 0)
        find(l, WI_FINDING_note, "readings",
             wi_arena_printf(l->arena, "This user may not read: %s.", list),
             "root may; once is enough", "sudo weighin probe --store");
}

void wi_findings_of(const struct wi_inventory *inventory, const struct wi_conditions *conditions,
                    struct wi_arena *arena, struct wi_findings *findings) {
    struct looking l = {inventory, conditions, arena, findings};
    *findings = (struct wi_findings){0};
    look_at_cpu(&l);
    look_at_gpus(&l);
    look_at_backend(&l, WI_BACKEND_vulkan);
    look_at_backend(&l, WI_BACKEND_opencl);
    look_at_memory(&l);
    look_at_now(&l);
    look_at_identity(&l);
    look_at_denied(&l);
}
