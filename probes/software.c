/* software.c: system, kernel, distribution, container, hypervisor, and this build.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A container and a hypervisor each change what the numbers mean, and neither wants to be found:
 * several signs are looked at, the surest first, and the fact names the one that told. */
#include "base/build_info.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"
#include "probes/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct system {
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_arena *arena;
};

static const char *text_of(struct system *s, const char *path) {
    return wi_gpu_clean_text(s->arena, wi_env_text(s->env, s->arena, path, NULL));
}

static void add(struct system *s, const char *key, const char *value, const char *source) {
    wi_facts_add(&s->inventory->facts, s->arena, key, value, "", source);
}

/* The value of KEY=value in a file of such lines; quotes are taken off. NULL when absent. */
static const char *assignment(struct system *s, const char *text, const char *key) {
    size_t n = strlen(key);
    for (const char *p = text; p && *p;) {
        size_t line = strcspn(p, "\n");
        if (line > n && strncmp(p, key, n) == 0 && p[n] == '=') {
            const char *value = p + n + 1;
            size_t length = line - n - 1;
            bool quoted =
                length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value;
            return wi_gpu_clean_text(
                s->arena, wi_arena_strndup(s->arena, value + quoted, length - 2 * quoted));
        }
        p += line + (p[line] == '\n');
    }
    return NULL;
}

/* ---- system and distribution ---- */

static void look_at_kernel(struct system *s) {
    struct wi_software *software = &s->inventory->software;
    software->os =
        wi_gpu_clean_text(s->arena, wi_env_value(s->env, s->arena, "uname.sysname", NULL));
    software->kernel =
        wi_gpu_clean_text(s->arena, wi_env_value(s->env, s->arena, "uname.release", NULL));
    add(s, "software.os", software->os, "uname");
    add(s, "software.kernel", software->kernel, "uname");
    add(s, "software.kernel_build",
        wi_gpu_clean_text(s->arena, wi_env_value(s->env, s->arena, "uname.version", NULL)),
        "uname");
    add(s, "software.machine",
        wi_gpu_clean_text(s->arena, wi_env_value(s->env, s->arena, "uname.machine", NULL)),
        "uname");
}

/* os-release(5): /etc first, then /usr/lib. */
static bool look_at_os_release(struct system *s) {
    static const char *const paths[] = {"/etc/os-release", "/usr/lib/os-release"};
    for (size_t i = 0; i < WI_COUNT(paths); i++) {
        const char *text = wi_env_text(s->env, s->arena, paths[i], NULL);
        const char *name = assignment(s, text, "PRETTY_NAME");
        if (!name)
            name = assignment(s, text, "NAME");
        if (!name)
            continue;
        s->inventory->software.distribution = name;
        add(s, "software.distribution", name, paths[i]);
        add(s, "software.distribution_id", assignment(s, text, "ID"), paths[i]);
        const char *version = assignment(s, text, "VERSION_ID");
        if (version)
            add(s, "software.distribution_version", version, paths[i]);
        return true;
    }
    return false;
}

static void look_at_distribution(struct system *s) {
    static const char android[] = "/system/build.prop";
    if (look_at_os_release(s))
        return;
    const char *release =
        assignment(s, wi_env_text(s->env, s->arena, android, NULL), "ro.build.version.release");
    s->inventory->software.distribution =
        release ? wi_arena_printf(s->arena, "Android %s", release) : NULL;
    add(s, "software.distribution", s->inventory->software.distribution,
        release ? android : "/etc/os-release");
}

/* ---- container ---- */

static bool exists(struct system *s, const char *path) {
    enum wi_known known;
    wi_env_text(s->env, s->arena, path, &known);
    return known == WI_KNOWN_known || known == WI_KNOWN_denied;
}

/* The word comes from "container=" in the environment of process 1, or its copy in a file, as the
 * Container Interface of systemd asks for. */
static const char *known_engine(const char *word) {
    static const struct {
        const char *sign, *name;
    } engines[] = {
        {"kubepods", "kubernetes"},
        {"docker", "docker"},
        {"libpod", "podman"},
        {"podman", "podman"},
        {"systemd-nspawn", "systemd-nspawn"},
        {"nspawn", "systemd-nspawn"},
        {"lxc", "lxc"},
        {"containerd", "containerd"},
        {"crio", "cri-o"},
        {"garden", "garden"},
        {"wsl", "wsl"},
        {"flatpak", "flatpak"},
    };
    for (size_t i = 0; word && i < WI_COUNT(engines); i++)
        if (strstr(word, engines[i].sign))
            return engines[i].name;
    return NULL;
}

static const char *by_kubernetes(struct system *s) {
    return exists(s, "/var/run/secrets/kubernetes.io/serviceaccount/namespace") ? "kubernetes"
                                                                                : NULL;
}

static const char *by_containerenv(struct system *s) {
    return exists(s, "/run/.containerenv") ? "podman" : NULL;
}

static const char *by_dockerenv(struct system *s) {
    return exists(s, "/.dockerenv") ? "docker" : NULL;
}

static const char *by_systemd(struct system *s) {
    const char *word = text_of(s, "/run/systemd/container");
    const char *engine = known_engine(word);
    return engine ? engine : word;
}

/* The file holds NUL-separated assignments; reading it takes the rights of process 1. */
static const char *by_environment(struct system *s) {
    static const char key[] = "container=";
    struct wi_buf text = {0};
    const char *word = NULL;
    if (s->env->read_file(s->env->state, "/proc/1/environ", &text) == WI_OK)
        for (size_t i = 0; i < text.size && !word; i += strlen(text.data + i) + 1)
            if (strncmp(text.data + i, key, strlen(key)) == 0)
                word = wi_gpu_clean_text(s->arena, text.data + i + strlen(key));
    wi_buf_fini(&text);
    const char *engine = known_engine(word);
    return engine ? engine : word;
}

static const char *by_cgroup(struct system *s) {
    return known_engine(wi_env_text(s->env, s->arena, "/proc/1/cgroup", NULL));
}

static const char *by_chroot(struct system *s) {
    const char *name = text_of(s, "/etc/debian_chroot");
    return name ? wi_arena_printf(s->arena, "chroot %s", name) : NULL;
}

static void look_at_container(struct system *s) {
    static const struct {
        const char *(*sign)(struct system *s);
        const char *source;
    } signs[] = {
        {by_kubernetes, "/var/run/secrets/kubernetes.io"},
        {by_containerenv, "/run/.containerenv"},
        {by_dockerenv, "/.dockerenv"},
        {by_systemd, "/run/systemd/container"},
        {by_environment, "/proc/1/environ"},
        {by_cgroup, "/proc/1/cgroup"},
        {by_chroot, "/etc/debian_chroot"},
    };
    for (size_t i = 0; i < WI_COUNT(signs); i++) {
        const char *name = signs[i].sign(s);
        if (!name)
            continue;
        s->inventory->software.container = name;
        add(s, "software.container", name, signs[i].source);
        return;
    }
    wi_facts_add_absent(&s->inventory->facts, s->arena, "software.container",
                        WI_KNOWN_not_applicable, "no sign of one");
}

/* ---- hypervisor ---- */

/* Twelve characters of leaf 0x40000000: each hypervisor's own documentation, as collected by
 * systemd's detect-virt. */
static const struct {
    const char *sign, *name;
} cpuid_names[] = {
    {"KVMKVMKVM", "KVM"},           {"Linux KVM Hv", "KVM"},     {"TCGTCGTCGTCG", "QEMU"},
    {"VMwareVMware", "VMware"},     {"Microsoft Hv", "Hyper-V"}, {"XenVMMXenVMM", "Xen"},
    {"VBoxVBoxVBox", "VirtualBox"}, {"bhyve bhyve ", "bhyve"},   {" prl hyperv  ", "Parallels"},
    {" lrpepyh  vr", "Parallels"},  {"ACRNACRNACRN", "ACRN"},    {"QNXQVMBSQG", "QNX"},
    {"SRESRESRESRE", "SRE"},        {"Apple VZ", "Apple"},
};

static bool leaf(const struct wi_kv *kv, const char *key, unsigned r[4]) {
    const char *text = wi_kv_get(kv, key);
    return text && sscanf(text, "%8x %8x %8x %8x", &r[0], &r[1], &r[2], &r[3]) == 4;
}

static const char *sign_name(struct system *s, const unsigned r[4]) {
    char sign[13] = {0};
    for (size_t i = 0; i < 12; i++)
        sign[i] = (char)(r[1 + i / 4] >> 8 * (i % 4) & 0xff);
    for (size_t i = 0; i < WI_COUNT(cpuid_names); i++)
        if (strncmp(sign, cpuid_names[i].sign, strlen(cpuid_names[i].sign)) == 0)
            return cpuid_names[i].name;
    const char *clean = wi_gpu_clean_text(s->arena, sign);
    return clean ? clean : "unnamed";
}

/* yes: runs under one, *name says which; no: the processor says that there is none. */
static enum wi_tri by_cpuid(struct system *s, const char **name) {
    const unsigned present = 1u << 31;
    const char *text = wi_env_value(s->env, s->arena, "cpuid", NULL);
    struct wi_kv kv;
    unsigned r[4];
    wi_kv_init(&kv, s->arena);
    if (!text || wi_kv_parse(&kv, text, strlen(text), NULL) != WI_OK || !leaf(&kv, "00000001.0", r))
        return WI_TRI_unknown;
    if (!(r[2] & present))
        return WI_TRI_no;
    *name = leaf(&kv, "40000000.0", r) ? sign_name(s, r) : "unnamed";
    return WI_TRI_yes;
}

/* Xen's first domain sees the hypervisor's bit and is the machine itself. */
static bool is_xen_host(struct system *s) {
    const char *text = text_of(s, "/proc/xen/capabilities");
    return text && strstr(text, "control_d");
}

static const char *by_dmi(struct system *s) {
    static const struct {
        const char *vendor, *product, *name; /* product NULL: any */
    } firms[] = {
        {"QEMU", NULL, "QEMU"},
        {"VMware", NULL, "VMware"},
        {"innotek GmbH", NULL, "VirtualBox"},
        {"Microsoft Corporation", "Virtual Machine", "Hyper-V"},
        {"Xen", NULL, "Xen"},
        {"Parallels", NULL, "Parallels"},
        {"Google", "Google Compute Engine", "KVM"},
        {"Apple", "Apple Virtualization", "Apple"},
        {"OpenStack", NULL, "KVM"},
        {"BHYVE", NULL, "bhyve"},
    };
    const char *vendor = text_of(s, "/sys/class/dmi/id/sys_vendor");
    const char *product = text_of(s, "/sys/class/dmi/id/product_name");
    for (size_t i = 0; vendor && i < WI_COUNT(firms); i++)
        if (strncmp(vendor, firms[i].vendor, strlen(firms[i].vendor)) == 0 &&
            (!firms[i].product || (product && strstr(product, firms[i].product))))
            return firms[i].name;
    return NULL;
}

/* "linux,kvm" in the device tree of guests; "xen" in /sys/hypervisor. */
static const char *by_guest_files(struct system *s) {
    const char *tree = text_of(s, "/proc/device-tree/hypervisor/compatible");
    const char *type = text_of(s, "/sys/hypervisor/type");
    if (tree)
        return strstr(tree, "kvm") ? "KVM" : strstr(tree, "xen") ? "Xen" : tree;
    return type && strcmp(type, "xen") == 0 ? "Xen" : type;
}

static void look_at_hypervisor(struct system *s) {
    const char *name = NULL, *source = "cpuid";
    enum wi_tri said = by_cpuid(s, &name);
    if (is_xen_host(s)) {
        said = WI_TRI_no;
        name = NULL;
        source = "/proc/xen/capabilities";
    }
    if (said == WI_TRI_unknown) {
        source = "DMI, device tree";
        name = by_dmi(s);
        name = name ? name : by_guest_files(s);
    }
    s->inventory->software.hypervisor = name;
    if (name)
        add(s, "software.hypervisor", name, source);
    else
        wi_facts_add_absent(&s->inventory->facts, s->arena, "software.hypervisor",
                            said == WI_TRI_no ? WI_KNOWN_not_applicable : WI_KNOWN_unknown, source);
}

/* ---- the whole ---- */

/* No facts: they tell of the program, and a replayed machine shall print the same with any. */
static void look_at_build(struct system *s) {
    const struct wi_build_info *build = wi_build_info();
    struct wi_software *software = &s->inventory->software;
    software->compiler = build->compiler;
    software->flags = build->flags;
    software->tool_version = build->version;
    software->tool_commit = build->commit;
}

void wi_probe_software(struct wi_env *env, struct wi_inventory *inventory) {
    struct system s = {env, inventory, inventory->arena};
    look_at_kernel(&s);
    look_at_distribution(&s);
    look_at_container(&s);
    look_at_hypervisor(&s);
    look_at_build(&s);
}
