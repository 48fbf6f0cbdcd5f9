/* form.c: desktop, laptop, server, phone, tablet, board or virtual machine?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Decides how much memory is left to everything else, so each answer names its reason. A guest is a
 * guest whatever its firmware claims; then the system, the chassis, the device tree, and last the
 * battery alone. Nothing of it: unknown, which is judged as a desktop.
 * Relies on: DMI chassis types (DMTF DSP0134, 7.4.1); the device tree's chassis-type. */
#include "base/units.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"
#include "probes/system.h"

#include <string.h>

struct form {
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_arena *arena;
};

static const char *text_of(struct form *f, const char *path) {
    return wi_gpu_clean_text(f->arena, wi_env_text(f->env, f->arena, path, NULL));
}

static bool decide(struct form *f, enum wi_form form, const char *because) {
    f->inventory->memory.form = form;
    f->inventory->memory.form_because = because;
    return true;
}

/* ---- signs ---- */

static bool by_hypervisor(struct form *f) {
    const char *name = f->inventory->software.hypervisor;
    return name && decide(f, WI_FORM_vm, wi_arena_printf(f->arena, "runs under %s", name));
}

static bool by_android(struct form *f) {
    const char *name = f->inventory->software.distribution;
    if (!name || strncmp(name, "Android", 7) != 0)
        return false;
    const char *properties = wi_env_text(f->env, f->arena, "/system/build.prop", NULL);
    const char *kind = properties ? strstr(properties, "ro.build.characteristics=") : NULL;
    size_t line = kind ? strcspn(kind, "\n") : 0;
    if (kind && strstr(wi_arena_strndup(f->arena, kind, line), "tablet"))
        return decide(f, WI_FORM_tablet, "Android that calls itself a tablet");
    return decide(f, WI_FORM_phone, "runs Android");
}

static const struct {
    unsigned type;
    enum wi_form form;
} chassis[] = {
    {3, WI_FORM_desktop},  {4, WI_FORM_desktop},  {5, WI_FORM_desktop}, {6, WI_FORM_desktop},
    {7, WI_FORM_desktop},  {8, WI_FORM_laptop},   {9, WI_FORM_laptop},  {10, WI_FORM_laptop},
    {11, WI_FORM_tablet},  {13, WI_FORM_desktop}, {14, WI_FORM_laptop}, {15, WI_FORM_desktop},
    {16, WI_FORM_desktop}, {17, WI_FORM_server},  {22, WI_FORM_server}, {23, WI_FORM_server},
    {24, WI_FORM_desktop}, {25, WI_FORM_server},  {28, WI_FORM_server}, {29, WI_FORM_server},
    {30, WI_FORM_tablet},  {31, WI_FORM_laptop},  {32, WI_FORM_tablet}, {34, WI_FORM_desktop},
    {35, WI_FORM_desktop}, {36, WI_FORM_desktop},
};

static bool by_chassis(struct form *f) {
    struct wi_maybe_u64 type = wi_env_u64(f->env, f->arena, "/sys/class/dmi/id/chassis_type");
    for (size_t i = 0; wi_has_u64(type) && i < WI_COUNT(chassis); i++)
        if (chassis[i].type == type.value)
            return decide(f, chassis[i].form,
                          wi_arena_printf(f->arena, "DMI chassis type %u", chassis[i].type));
    return false;
}

/* A mouse's battery (scope Device) and a UPS are not this machine's. */
static bool has_battery(struct form *f) {
    size_t count;
    char **names = wi_env_names(f->env, f->arena, "/sys/class/power_supply", &count);
    for (size_t i = 0; i < count; i++) {
        const char *folder = wi_arena_printf(f->arena, "/sys/class/power_supply/%s", names[i]);
        const char *type = text_of(f, wi_arena_printf(f->arena, "%s/type", folder));
        const char *scope = text_of(f, wi_arena_printf(f->arena, "%s/scope", folder));
        if (type && strcmp(type, "Battery") == 0 && !(scope && strcmp(scope, "Device") == 0))
            return true;
    }
    return false;
}

/* Devicetree Specification 0.4, 3.2: chassis-type of the root node. */
static bool by_tree_chassis(struct form *f) {
    static const struct {
        const char *name;
        enum wi_form form;
    } types[] = {
        {"desktop", WI_FORM_desktop}, {"laptop", WI_FORM_laptop}, {"convertible", WI_FORM_laptop},
        {"server", WI_FORM_server},   {"tablet", WI_FORM_tablet}, {"handset", WI_FORM_phone},
        {"embedded", WI_FORM_sbc},
    };
    const char *type = text_of(f, "/proc/device-tree/chassis-type");
    for (size_t i = 0; type && i < WI_COUNT(types); i++)
        if (strcmp(type, types[i].name) == 0)
            return decide(f, types[i].form,
                          wi_arena_printf(f->arena, "device tree chassis type %s", type));
    return false;
}

static bool by_tree(struct form *f) {
    const char *model = text_of(f, "/proc/device-tree/model");
    if (!model)
        model = text_of(f, "/sys/firmware/devicetree/base/model");
    if (!model)
        return false;
    if (by_tree_chassis(f))
        return true;
    if (has_battery(f))
        return decide(f, WI_FORM_phone, "a device tree and a battery");
    return decide(f, WI_FORM_sbc, "a device tree and no battery");
}

static bool by_battery(struct form *f) {
    return has_battery(f) && decide(f, WI_FORM_laptop, "a battery and no chassis type");
}

static bool by_nothing(struct form *f) {
    return decide(f, WI_FORM_unknown, "no chassis type, device tree or battery tells");
}

void wi_probe_form(struct wi_env *env, struct wi_inventory *inventory) {
    static bool (*const signs[])(struct form *) = {by_hypervisor, by_android, by_chassis,
                                                   by_tree,       by_battery, by_nothing};
    struct form f = {env, inventory, inventory->arena};
    for (size_t i = 0; i < WI_COUNT(signs); i++)
        if (signs[i](&f))
            break;
    wi_facts_add(&inventory->facts, f.arena, "memory.form", wi_form_name(inventory->memory.form),
                 "", inventory->memory.form_because);
}
