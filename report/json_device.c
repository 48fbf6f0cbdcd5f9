/* json_device.c: the device as programs read it: probe's answer, and the same object in run's.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/json_parts.h"

void wi_json_begin(struct wi_json *json, struct wi_buf *out, const char *schema) {
    wi_json_init(json, out, true);
    wi_json_object(json, NULL);
    wi_json_str(json, "schema", schema);
}

void wi_json_count(struct wi_json *json, const char *key, uint64_t count) {
    if (count > 0)
        wi_json_u64(json, key, count);
    else
        wi_json_null(json, key);
}

void wi_json_strings(struct wi_json *json, const char *key, const char *const *items, size_t n) {
    wi_json_array(json, key);
    for (size_t i = 0; i < n; i++)
        wi_json_str(json, NULL, items[i]);
    wi_json_array_end(json);
}

void wi_json_facts(struct wi_json *json, const char *key, const struct wi_facts *facts) {
    wi_json_array(json, key);
    for (size_t i = 0; i < facts->count; i++) {
        const struct wi_fact *f = &facts->items[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "key", f->key);
        wi_json_str(json, "known", wi_known_name(f->known));
        wi_json_str(json, "value", f->known == WI_KNOWN_known ? f->value : NULL);
        wi_json_str(json, "unit", f->unit);
        wi_json_str(json, "source", f->source);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

/* ---- CPU ---- */

static void put_core_kinds(struct wi_json *json, const struct wi_cpu *cpu) {
    wi_json_array(json, "core_kinds");
    for (size_t i = 0; i < cpu->kind_count; i++) {
        const struct wi_core_kind *k = &cpu->kinds[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "name", k->name);
        wi_json_u64(json, "cores", k->cores);
        wi_json_u64(json, "threads", k->threads);
        wi_json_maybe_u64(json, "max_mhz", k->max_mhz);
        wi_json_array(json, "cpus");
        for (size_t c = 0; c < k->cpu_count; c++)
            wi_json_u64(json, NULL, k->cpus[c]);
        wi_json_array_end(json);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_caches(struct wi_json *json, const struct wi_cpu *cpu) {
    wi_json_array(json, "caches");
    for (size_t i = 0; i < cpu->cache_count; i++) {
        const struct wi_cpu_cache *c = &cpu->caches[i];
        const char type[2] = {c->type, '\0'};
        wi_json_object(json, NULL);
        wi_json_u64(json, "level", c->level);
        wi_json_str(json, "type",
                    c->type == 'd'   ? "data"
                    : c->type == 'i' ? "instruction"
                    : c->type == 'u' ? "unified"
                                     : type);
        wi_json_count(json, "bytes", c->bytes);
        wi_json_count(json, "instances", c->instances);
        wi_json_count(json, "shared_threads", c->shared_threads);
        wi_json_count(json, "line_bytes", c->line_bytes);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_isa(struct wi_json *json, uint64_t isa) {
    wi_json_array(json, "isa");
    for (int i = 0; i < WI_ISA_COUNT; i++)
        if (isa & WI_ISA_BIT(i))
            wi_json_str(json, NULL, wi_isa_name((enum wi_isa)i));
    wi_json_array_end(json);
}

static void put_cpu(struct wi_json *json, const struct wi_cpu *cpu) {
    wi_json_object(json, "cpu");
    wi_json_str(json, "compute_device_id", cpu->compute_device_id);
    wi_json_str(json, "name", cpu->name);
    wi_json_str(json, "vendor", cpu->vendor);
    wi_json_str(json, "arch", cpu->arch);
    wi_json_maybe_u64(json, "family", cpu->family);
    wi_json_maybe_u64(json, "model", cpu->model);
    wi_json_maybe_u64(json, "stepping", cpu->stepping);
    wi_json_str(json, "microcode", cpu->microcode);
    wi_json_count(json, "packages", cpu->packages);
    wi_json_count(json, "cores", cpu->cores);
    wi_json_count(json, "threads", cpu->threads);
    wi_json_count(json, "numa_nodes", cpu->numa_nodes);
    wi_json_count(json, "allowed_threads", cpu->allowed_threads);
    wi_json_maybe_f64(json, "quota_cpus", cpu->quota_cpus);
    wi_json_str(json, "quota_known", wi_known_name(cpu->quota_cpus.known));
    put_core_kinds(json, cpu);
    put_isa(json, cpu->isa);
    put_caches(json, cpu);
    wi_json_maybe_u64(json, "base_mhz", cpu->base_mhz);
    wi_json_maybe_u64(json, "max_mhz", cpu->max_mhz);
    wi_json_maybe_u64(json, "now_mhz", cpu->now_mhz);
    wi_json_object_end(json);
}

static void put_memory(struct wi_json *json, const struct wi_memory *m) {
    wi_json_object(json, "memory");
    wi_json_maybe_u64(json, "total_bytes", m->total_bytes);
    wi_json_maybe_u64(json, "available_bytes", m->available_bytes);
    wi_json_maybe_u64(json, "limit_bytes", m->limit_bytes);
    /* null is "no limit" and "not readable"; this tells which. */
    wi_json_str(json, "limit_known", wi_known_name(m->limit_bytes.known));
    wi_json_maybe_u64(json, "swap_total_bytes", m->swap_total_bytes);
    wi_json_maybe_u64(json, "swap_free_bytes", m->swap_free_bytes);
    wi_json_str(json, "huge_pages", m->huge_pages);
    wi_json_maybe_u64(json, "hugetlb_free_pages", m->hugetlb_free);
    wi_json_str(json, "form", wi_form_name(m->form));
    wi_json_str(json, "form_because", m->form_because);
    wi_json_object_end(json);
}

/* ---- GPUs ---- */

static void put_apis(struct wi_json *json, const struct wi_gpu *gpu) {
    wi_json_array(json, "apis");
    for (size_t i = 0; i < gpu->api_count; i++) {
        const struct wi_gpu_api *a = &gpu->apis[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "api", wi_backend_id_name(a->api));
        wi_json_str(json, "device_name", a->device_name);
        wi_json_str(json, "platform", a->platform);
        wi_json_str(json, "driver_name", a->driver_name);
        wi_json_str(json, "driver_version", a->driver_version);
        wi_json_str(json, "api_version", a->api_version);
        wi_json_str(json, "loader", a->loader);
        wi_json_facts(json, "facts", &a->facts);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_pools(struct wi_json *json, const struct wi_gpu *gpu) {
    wi_json_array(json, "pools");
    for (size_t i = 0; i < gpu->pool_count; i++) {
        const struct wi_pool *p = &gpu->pools[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "id", p->id);
        wi_json_maybe_u64(json, "total_bytes", p->total_bytes);
        wi_json_maybe_u64(json, "budget_bytes", p->budget_bytes);
        wi_json_maybe_u64(json, "proven_bytes", p->proven_bytes);
        wi_json_bool(json, "device_local", p->device_local);
        wi_json_bool(json, "host_visible", p->host_visible);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_features(struct wi_json *json, uint32_t features) {
    wi_json_array(json, "features");
    for (int i = 0; i < WI_GPU_FEATURE_COUNT; i++)
        if (features & (1u << i))
            wi_json_str(json, NULL, wi_gpu_feature_name((enum wi_gpu_feature)i));
    wi_json_array_end(json);
}

static void put_gpu(struct wi_json *json, const struct wi_gpu *gpu) {
    wi_json_object(json, NULL);
    wi_json_str(json, "compute_device_id", gpu->compute_device_id);
    wi_json_str(json, "name", gpu->name);
    wi_json_str(json, "vendor", gpu->vendor);
    wi_json_maybe_u64(json, "vendor_id", gpu->vendor_id);
    wi_json_maybe_u64(json, "device_id", gpu->device_id);
    wi_json_str(json, "type", wi_gpu_type_name(gpu->type));
    wi_json_bool(json, "software", gpu->software);
    wi_json_str(json, "pci", gpu->pci);
    wi_json_str(json, "uuid", gpu->uuid);
    put_apis(json, gpu);
    wi_json_str(json, "same_because", gpu->same_because);
    put_pools(json, gpu);
    wi_json_maybe_u64(json, "largest_allocation_bytes", gpu->largest_allocation_bytes);
    wi_json_maybe_u64(json, "largest_binding_bytes", gpu->largest_binding_bytes);
    wi_json_tri(json, "unified", gpu->unified);
    put_features(json, gpu->features);
    wi_json_maybe_u64(json, "subgroup_min", gpu->subgroup_min);
    wi_json_maybe_u64(json, "subgroup_max", gpu->subgroup_max);
    wi_json_object_end(json);
}

static void put_unopened(struct wi_json *json, const struct wi_inventory *v) {
    wi_json_array(json, "unopened_gpus");
    for (size_t i = 0; i < v->unopened_count; i++) {
        const struct wi_unopened_gpu *g = &v->unopened[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "name", g->name);
        wi_json_str(json, "pci", g->pci);
        wi_json_maybe_u64(json, "vendor_id", g->vendor_id);
        wi_json_maybe_u64(json, "device_id", g->device_id);
        wi_json_str(json, "kernel_driver", g->kernel_driver);
        wi_json_str(json, "advice", g->advice);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

static void put_backends(struct wi_json *json, const struct wi_inventory *v) {
    wi_json_array(json, "backends");
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++) {
        const struct wi_backend_state *b = &v->backends[i];
        wi_json_object(json, NULL);
        wi_json_str(json, "backend", wi_backend_id_name((enum wi_backend_id)i));
        wi_json_str(json, "status", wi_case_status_name(b->status));
        wi_json_str(json, "reason", b->reason);
        wi_json_str(json, "advice", b->advice);
        wi_json_object_end(json);
    }
    wi_json_array_end(json);
}

/* ---- what is underneath, who it is ---- */

static void put_software(struct wi_json *json, const struct wi_software *s) {
    wi_json_object(json, "software");
    wi_json_str(json, "os", s->os);
    wi_json_str(json, "kernel", s->kernel);
    wi_json_str(json, "distribution", s->distribution);
    wi_json_str(json, "container", s->container);
    wi_json_str(json, "hypervisor", s->hypervisor);
    wi_json_str(json, "compiler", s->compiler);
    wi_json_str(json, "flags", s->flags);
    wi_json_str(json, "tool_version", s->tool_version);
    wi_json_str(json, "tool_commit", s->tool_commit);
    wi_json_object_end(json);
}

static void put_storage(struct wi_json *json, const struct wi_storage *s) {
    wi_json_object(json, "storage");
    wi_json_str(json, "path", s->path);
    wi_json_maybe_u64(json, "free_bytes", s->free_bytes);
    wi_json_maybe_u64(json, "total_bytes", s->total_bytes);
    wi_json_object_end(json);
}

static void put_identity(struct wi_json *json, const struct wi_identity *id) {
    wi_json_object(json, "identity");
    wi_json_str(json, "source", id->source);
    wi_json_str(json, "strength", id->strength);
    wi_json_object(json, "software_id");
    for (size_t i = 0; i < WI_BACKEND_COUNT; i++)
        wi_json_str(json, wi_backend_id_name((enum wi_backend_id)i), id->software_id[i]);
    wi_json_object_end(json);
    wi_json_object_end(json);
}

static void put_conditions(struct wi_json *json, const struct wi_conditions *conditions) {
    if (!conditions) {
        wi_json_null(json, "conditions");
        return;
    }
    wi_json_object(json, "conditions");
    wi_json_u64(json, "at_ns", conditions->at_ns);
    wi_json_facts(json, "readings", &conditions->facts);
    wi_json_object_end(json);
}

void wi_json_device(struct wi_json *json, const char *key, const struct wi_inventory *v,
                    const struct wi_conditions *conditions) {
    wi_json_object(json, key);
    wi_json_str(json, "device_id", v->identity.device_id);
    wi_json_str(json, "hardware_id", v->identity.hardware_id);
    wi_json_str(json, "sku_id", v->identity.sku_id);
    wi_json_str(json, "name", v->name);
    wi_json_str(json, "maker", v->maker);
    wi_json_str(json, "product", v->product);
    put_identity(json, &v->identity);
    put_cpu(json, &v->cpu);
    put_memory(json, &v->memory);
    wi_json_array(json, "gpus");
    for (size_t i = 0; i < v->gpu_count; i++)
        put_gpu(json, &v->gpus[i]);
    wi_json_array_end(json);
    put_unopened(json, v);
    put_backends(json, v);
    put_storage(json, &v->storage);
    put_software(json, &v->software);
    put_conditions(json, conditions);
    wi_json_facts(json, "facts", &v->facts);
    wi_json_object_end(json);
}

void wi_report_probe_json(const struct wi_inventory *inventory, struct wi_buf *out) {
    struct wi_json json;
    wi_json_begin(&json, out, "weighin.probe/1");
    wi_json_device(&json, "device", inventory, NULL);
    wi_json_object_end(&json);
}
