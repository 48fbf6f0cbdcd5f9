/* product.c: who made this machine and what it is called.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: DMI as Linux shows it in sysfs; the device tree on boards and phones. */
#include "probes/blank.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"
#include "probes/identity.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DMI "/sys/class/dmi/id/"

struct product {
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_arena *arena;
};

/* NULL when the maker left it blank; the fact says what was there. */
static const char *dmi(struct product *p, const char *field) {
    enum wi_known known;
    const char *path = wi_arena_printf(p->arena, DMI "%s", field);
    const char *key = wi_arena_printf(p->arena, "dmi.%s", field);
    const char *text = wi_env_text(p->env, p->arena, path, &known);
    const char *clean = text ? wi_gpu_clean_text(p->arena, text) : NULL;
    if (clean)
        wi_facts_add(&p->inventory->facts, p->arena, key, clean, "", path);
    else if (known != WI_KNOWN_not_applicable)
        wi_facts_add_absent(&p->inventory->facts, p->arena, key, known, path);
    return wi_blank(clean) ? NULL : clean;
}

static const char *either(const char *a, const char *b) {
    return a ? a : b;
}

/* Lenovo puts the order code into the name and the name into the version ("20XW0055GE", "ThinkPad
 * X1 Carbon Gen 9"). */
static const char *dmi_product(struct product *p, const char *maker) {
    const char *name = dmi(p, "product_name"), *version = dmi(p, "product_version");
    if (maker && strncasecmp(maker, "lenovo", 6) == 0 && version && strchr(version, ' '))
        return version;
    return name;
}

static bool look_at_dmi(struct product *p) {
    const char *maker = dmi(p, "sys_vendor");
    const char *product = dmi_product(p, maker);
    const char *board_maker = dmi(p, "board_vendor"), *board = dmi(p, "board_name");
    dmi(p, "bios_version");
    dmi(p, "chassis_type");
    /* Boards sold alone say nothing of the system: the board is the product then. */
    p->inventory->maker = product ? either(maker, board_maker) : either(board_maker, maker);
    p->inventory->product = either(product, board);
    return p->inventory->product != NULL;
}

/* ---- device tree ---- */

/* The prefixes are those of Linux' vendor-prefixes.yaml; only where ours reads better. */
static const struct {
    const char *prefix, *name;
} dt_makers[] = {
    {"raspberrypi", "Raspberry Pi"},
    {"qcom", "Qualcomm"},
    {"radxa", "Radxa"},
    {"xunlong", "Orange Pi"},
    {"khadas", "Khadas"},
    {"hardkernel", "Hardkernel"},
    {"pine64", "Pine64"},
    {"apple", "Apple"},
    {"nvidia", "NVIDIA"},
    {"rockchip", "Rockchip"},
    {"samsung", "Samsung"},
    {"google", "Google"},
    {"xiaomi", "Xiaomi"},
    {"oneplus", "OnePlus"},
    {"mediatek", "MediaTek"},
};

/* compatible holds "maker,model" strings, the most specific first, each ended by a NUL. */
static const char *dt_maker(struct product *p, const char *compatible) {
    size_t n = strcspn(compatible, ",");
    if (!compatible[n] || n == 0)
        return NULL;
    for (size_t i = 0; i < WI_COUNT(dt_makers); i++)
        if (strlen(dt_makers[i].prefix) == n && strncmp(dt_makers[i].prefix, compatible, n) == 0)
            return dt_makers[i].name;
    return wi_gpu_clean_text(p->arena, wi_arena_strndup(p->arena, compatible, n));
}

static void look_at_device_tree(struct product *p) {
    static const char *const roots[] = {"/proc/device-tree", "/sys/firmware/devicetree/base"};
    for (size_t i = 0; i < WI_COUNT(roots); i++) {
        const char *path = wi_arena_printf(p->arena, "%s/model", roots[i]);
        const char *model = wi_gpu_clean_text(p->arena, wi_env_text(p->env, p->arena, path, NULL));
        const char *compatible = wi_env_text(
            p->env, p->arena, wi_arena_printf(p->arena, "%s/compatible", roots[i]), NULL);
        if (wi_blank(model))
            continue;
        wi_facts_add(&p->inventory->facts, p->arena, "devicetree.model", model, "", path);
        p->inventory->product = model;
        p->inventory->maker = compatible ? dt_maker(p, compatible) : NULL;
        return;
    }
}

/* ---- the name ---- */

/* "Dell Inc." -> "Dell", "ASUSTeK COMPUTER INC." -> "ASUSTeK COMPUTER" */
static const char *short_maker(struct wi_arena *arena, const char *maker) {
    static const char *const endings[] = {" inc.", " inc", " corporation", " corp.", " corp",
                                          " ltd.", " ltd", " co.",         " gmbh",  ","};
    char *out = wi_arena_strdup(arena, maker);
    for (bool cut = true; cut;) {
        cut = false;
        for (size_t i = 0; i < WI_COUNT(endings); i++) {
            size_t n = strlen(out), m = strlen(endings[i]);
            if (n > m && strcasecmp(out + n - m, endings[i]) == 0) {
                out[n - m] = '\0';
                cut = true;
            }
        }
    }
    return out;
}

/* "Micro-Star International": its first letters, MSI. */
static bool are_initials(const char *word, size_t n, const char *maker) {
    size_t taken = 0;
    bool begins = true;
    for (const char *p = maker; *p; p++) {
        bool letter = isalnum((unsigned char)*p) != 0;
        if (letter && begins) {
            if (taken == n || toupper((unsigned char)*p) != toupper((unsigned char)word[taken]))
                return false;
            taken++;
        }
        begins = !letter;
    }
    return taken == n && n > 1;
}

/* "ASUS" of ASUSTeK; but not "Super" of Supermicro: brands that are part of a name are written in
 * capitals, and long enough not to begin any word. */
static bool is_brand(const char *word, size_t n, const char *maker) {
    enum { LEAST = 3 };
    for (size_t i = 0; i < n; i++)
        if (!isupper((unsigned char)word[i]))
            return false;
    return n >= LEAST && strncasecmp(word, maker, n) == 0;
}

/* Does the product's name begin with its maker's already: "HP EliteBook", "ASUS TUF", "MSI Katana"?
 */
static bool names_maker(const char *product, const char *maker) {
    size_t word = strcspn(product, " -_");
    return strncasecmp(product, maker, strlen(maker)) == 0 || is_brand(product, word, maker) ||
           are_initials(product, word, maker);
}

static const char *full_name(struct wi_arena *arena, const char *maker, const char *product) {
    const char *brief = maker ? short_maker(arena, maker) : NULL;
    if (!brief || names_maker(product, brief))
        return product;
    return wi_arena_printf(arena, "%s %s", brief, product);
}

void wi_probe_product(struct wi_env *env, struct wi_inventory *inventory) {
    struct product p = {env, inventory, inventory->arena};
    if (!look_at_dmi(&p))
        look_at_device_tree(&p);
    inventory->name = inventory->product
                          ? full_name(inventory->arena, inventory->maker, inventory->product)
                          : (inventory->cpu.name ? inventory->cpu.name : "unnamed device");
}
