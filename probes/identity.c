/* identity.c: device_id: the same for ever, and never two devices' (see identity.h for the rules).
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: the environment for firmware's serials and the saved id; on blank.h, since a serial
 * that thousands of boards share identifies none. */
#include "probes/identity.h"

#include "base/hash.h"
#include "probes/blank.h"
#include "probes/facts.h"
#include "probes/gpu_seen.h"

#include <ctype.h>
#include <string.h>

#define DMI "/sys/class/dmi/id/"

struct who {
    struct wi_env *env;
    struct wi_inventory *inventory;
    struct wi_arena *arena;
    struct wi_identity *id;
};

static void note(struct who *w, const char *key, const char *sentence) {
    wi_facts_add(&w->inventory->facts, w->arena, key, sentence, "", "weighin");
}

/* ---- sources ---- */

/* The serials themselves are no facts: they are private. That they were denied is one. */
static const char *serial(struct who *w, const char *path, const char *key) {
    enum wi_known known;
    const char *text = wi_env_text(w->env, w->arena, path, &known);
    if (text && !wi_blank(text)) {
        note(w, key, "usable");
        return text;
    }
    if (text)
        note(w, key, "blank");
    else if (known != WI_KNOWN_not_applicable)
        wi_facts_add_absent(&w->inventory->facts, w->arena, key, known, path);
    return NULL;
}

/* An address that the maker gave to something that does not move between machines. */
static const char *nic_address(struct who *w, const char *name) {
    const char *folder = wi_arena_printf(w->arena, "/sys/class/net/%s", name);
    const char *device =
        wi_env_text(w->env, w->arena, wi_arena_printf(w->arena, "%s/device/uevent", folder), NULL);
    if (!device || strstr(device, "usb"))
        return NULL;
    const char *given = wi_env_text(w->env, w->arena,
                                    wi_arena_printf(w->arena, "%s/addr_assign_type", folder), NULL);
    const char *address =
        wi_env_text(w->env, w->arena, wi_arena_printf(w->arena, "%s/address", folder), NULL);
    if (!given || strcmp(given, "0") != 0 || wi_blank(address))
        return NULL;
    char low = (char)tolower((unsigned char)address[1]);
    bool local = low && strchr("2367abef", low); /* bit 1 of the first byte: made up */
    return local ? NULL : address;
}

static const char *first_nic(struct who *w) {
    size_t count;
    char **names = wi_env_names(w->env, w->arena, "/sys/class/net", &count);
    for (size_t i = 0; i < count; i++) {
        const char *address = nic_address(w, names[i]);
        if (address)
            return address;
    }
    return NULL;
}

static const char *product_uuid(struct who *w) {
    return serial(w, DMI "product_uuid", "identity.product_uuid");
}

static const char *product_serial(struct who *w) {
    return serial(w, DMI "product_serial", "identity.product_serial");
}

/* Board serials alone repeat between makers. */
static const char *board_serial_and_nic(struct who *w) {
    const char *board = serial(w, DMI "board_serial", "identity.board_serial");
    const char *nic = board ? first_nic(w) : NULL;
    return nic ? wi_arena_printf(w->arena, "%s+%s", board, nic) : NULL;
}

/* Kernels of some boards show it in /proc/cpuinfo only. */
static const char *cpuinfo_serial(struct who *w) {
    const char *text = wi_env_text(w->env, w->arena, "/proc/cpuinfo", NULL);
    const char *line = text ? strstr(text, "\nSerial\t") : NULL;
    const char *value = line ? strchr(line, ':') : NULL;
    if (!value)
        return NULL;
    value += 1 + strspn(value + 1, " \t");
    return wi_arena_strndup(w->arena, value, strcspn(value, " \t\r\n"));
}

static const char *soc_serial(struct who *w) {
    static const char *const paths[] = {"/proc/device-tree/serial-number",
                                        "/sys/firmware/devicetree/base/serial-number",
                                        "/sys/devices/soc0/serial_number"};
    for (size_t i = 0; i < WI_COUNT(paths); i++) {
        const char *text = serial(w, paths[i], "identity.soc_serial");
        if (text)
            return text;
    }
    const char *text = cpuinfo_serial(w);
    return wi_blank(text) ? NULL : text;
}

/* ---- making an id ---- */

static const char *id_of(struct wi_arena *arena, const char *source, const char *value) {
    char *text = wi_arena_printf(arena, "weighin-device-v1:%s:%s", source, value);
    char hex[65];
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    for (size_t i = 0; i < n; i++)
        text[i] = (char)tolower((unsigned char)text[i]);
    wi_sha256_hex(text, n, hex);
    return wi_arena_strdup(arena, hex);
}

/* From hardware; false: there is no source. */
static bool from_hardware(struct who *w, struct wi_identity *id) {
    static const struct {
        const char *source;
        const char *(*value)(struct who *w);
    } sources[] = {
        {"dmi:product_uuid", product_uuid},
        {"dmi:product_serial", product_serial},
        {"dmi:board_serial+nic", board_serial_and_nic},
        {"soc:serial", soc_serial},
    };
    for (size_t i = 0; i < WI_COUNT(sources); i++) {
        const char *value = sources[i].value(w);
        if (!value)
            continue;
        id->device_id = id_of(w->arena, sources[i].source, value);
        id->source = sources[i].source;
        id->strength = "strong";
        return true;
    }
    return false;
}

/* Without a random number either, what is left is equal on equal machines: weak as well. */
static void from_chance(struct who *w, struct wi_identity *id) {
    const char *random = wi_env_value(w->env, w->arena, "random", NULL);
    id->device_id = id_of(w->arena, "random", random ? random : w->inventory->name);
    id->source = "random";
    id->strength = "weak";
}

/* ---- the saved id ---- */

static bool is_id(const char *text) {
    return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool is_strength(const char *text) {
    return text && (strcmp(text, "strong") == 0 || strcmp(text, "weak") == 0);
}

static bool load_saved(struct who *w, const char *dir, struct wi_identity *id) {
    enum wi_known known;
    const char *text =
        wi_env_value(w->env, w->arena, wi_arena_printf(w->arena, "device_id:%s", dir), &known);
    struct wi_kv kv;
    wi_kv_init(&kv, w->arena);
    if (known == WI_KNOWN_not_applicable)
        return false;
    if (text && wi_kv_parse(&kv, text, strlen(text), NULL) == WI_OK &&
        is_id(wi_kv_get(&kv, "device_id")) && is_strength(wi_kv_get(&kv, "strength"))) {
        const char *source = wi_gpu_clean_text(w->arena, wi_kv_get(&kv, "source"));
        *id = (struct wi_identity){.device_id = wi_kv_get(&kv, "device_id"),
                                   .source = source ? source : "saved",
                                   .strength = wi_kv_get(&kv, "strength")};
        return true;
    }
    note(w, "identity.saved",
         known == WI_KNOWN_known ? "the saved device id is damaged and was not used"
                                 : "the saved device id could not be read");
    return false;
}

static void save(struct who *w, const char *dir) {
    struct wi_buf text = {0};
    struct wi_err err = {0};
    struct wi_kv kv;
    wi_kv_init(&kv, w->arena);
    wi_kv_set(&kv, "device_id", w->id->device_id);
    wi_kv_set(&kv, "source", w->id->source);
    wi_kv_set(&kv, "strength", w->id->strength);
    wi_kv_print(&kv, &text);
    if (w->env->save_device_id(w->env->state, dir, wi_buf_str(&text), &err) != WI_OK)
        note(w, "identity.saved",
             wi_arena_printf(w->arena, "the device id could not be saved: %s", err.message));
    wi_buf_fini(&text);
}

/* ---- the whole ---- */

/* Through the environment, so that a replay names the recorded device and not the replayer's. */
static const char *asset_of(struct who *w, const struct wi_probe_options *options) {
    const char *given = options && options->asset ? options->asset : "";
    return wi_gpu_clean_text(
        w->arena,
        wi_env_value(w->env, w->arena, wi_arena_printf(w->arena, "asset:%s", given), NULL));
}

static void compare_with_hardware(struct who *w, const struct wi_identity *hardware) {
    if (strcmp(w->id->source, hardware->source) == 0 &&
        strcmp(w->id->device_id, hardware->device_id) != 0)
        note(w, "identity.doubt",
             "the saved device id was made on other hardware: a copied disk or a new mainboard; if "
             "this is another device, use --asset");
}

static void name_device(struct who *w, const struct wi_probe_options *options) {
    const char *dir = options && options->state_dir ? options->state_dir : "";
    const char *asset = asset_of(w, options);
    struct wi_identity hardware = {0}, saved = {0};
    if (asset) {
        w->id->device_id = asset;
        w->id->source = "asset";
        w->id->strength = "strong";
        return;
    }
    bool has_hardware = from_hardware(w, &hardware), has_saved = load_saved(w, dir, &saved);
    *w->id = has_saved ? saved : hardware;
    if (has_saved && has_hardware)
        compare_with_hardware(w, &hardware);
    if (!has_saved && !has_hardware)
        from_chance(w, w->id);
    if (strcmp(w->id->strength, "weak") == 0)
        note(w, "identity.advice",
             "no serial number could be read, so this identity is a random number: give the device "
             "a name that lasts with --asset ID or $WEIGHIN_ASSET");
    if (!has_saved && options && options->save_identity && w->env->save_device_id)
        save(w, dir);
}

int wi_probe_identity(struct wi_env *env, const struct wi_probe_options *options,
                      struct wi_inventory *inventory, struct wi_err *err) {
    struct who w = {env, inventory, inventory->arena, &inventory->identity};
    (void)err; /* nothing that could go wrong here stops a probe */
    name_device(&w, options);
    wi_identity_hardware(inventory);
    wi_identity_sku(inventory);
    wi_identity_software(env, inventory);
    return WI_OK;
}
