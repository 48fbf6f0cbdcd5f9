/* redact.c: who and which one -> salted hashes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two steps. First the places where secrets are known to stand are read (tables below) and every
 * secret gets its stand-in. Then all texts are rewritten: a secret is replaced wherever it stands
 * as a word of its own, so a serial that a driver's message repeats goes too. Addresses and home
 * folders are recognised by their form. Host and user names are replaced in their places only: a
 * machine called "debian" must not lose its distribution. */
#include "probes/redact.h"

#include "base/hash.h"
#include "probes/blank.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_serial, KIND_host, KIND_user, KIND_asset, KIND_mac, KIND_words, KIND_after_key };

struct secret {
    const char *text, *stand_in;
    size_t n;
};
struct secrets {
    struct secret *items;
    size_t count, capacity;
};
struct redactor {
    struct wi_arena *arena;
    const unsigned char *salt;
    struct secrets secrets;
    bool first[256]; /* some secret begins with this character */
};

/* ---- stand-ins of the same form ---- */

static void digest(const struct redactor *r, const char *text, size_t n, char hex[65]) {
    static const char digits[] = "0123456789abcdef";
    struct wi_sha256 hash;
    unsigned char bytes[32];
    wi_sha256_init(&hash);
    wi_sha256_update(&hash, r->salt, 32);
    for (size_t i = 0; i < n; i++) {
        char c = (char)tolower((unsigned char)text[i]); /* firmware disagrees about case */
        wi_sha256_update(&hash, &c, 1);
    }
    wi_sha256_final(&hash, bytes);
    for (size_t i = 0; i < 32; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[64] = '\0';
}

/* Hexadecimal text, with separators or not: UUIDs, MACs, machine ids. */
static bool is_hex_form(const char *text, size_t n) {
    size_t digits = 0;
    for (size_t i = 0; i < n; i++) {
        if (isxdigit((unsigned char)text[i]))
            digits++;
        else if (text[i] != '-' && text[i] != ':')
            return false;
    }
    return digits >= 12;
}

/* Digits change, separators stay. */
static char *hex_stand_in(struct redactor *r, const char *text, size_t n) {
    char hex[65], *out = wi_arena_strndup(r->arena, text, n);
    digest(r, text, n, hex);
    for (size_t i = 0, k = 0; i < n; i++)
        if (isxdigit((unsigned char)text[i]))
            out[i] = hex[k++ % 64];
    return out;
}

/* Whether an address is the maker's or made up decides whether it identifies: that bit stays. */
static char *mac_stand_in(struct redactor *r, const char *text, size_t n) {
    char *out = hex_stand_in(r, text, n);
    out[1] = text[1];
    return out;
}

static const char *named_stand_in(struct redactor *r, const char *prefix, const char *text,
                                  size_t n) {
    char hex[65];
    digest(r, text, n, hex);
    return wi_arena_printf(r->arena, "%s-%.12s", prefix, hex);
}

static const char *stand_in(struct redactor *r, enum kind kind, const char *text, size_t n) {
    if (kind == KIND_host || kind == KIND_user || kind == KIND_asset)
        return named_stand_in(r,
                              kind == KIND_host   ? "host"
                              : kind == KIND_user ? "user"
                                                  : "asset",
                              text, n);
    if (kind == KIND_mac && n >= 17)
        return mac_stand_in(r, text, n);
    if (is_hex_form(text, n))
        return hex_stand_in(r, text, n);
    return named_stand_in(r, "redacted", text, n);
}

static bool is_public(enum kind kind, const char *text) {
    if (kind == KIND_user)
        return strcmp(text, "root") == 0;
    if (kind == KIND_host)
        return strcmp(text, "localhost") == 0 || strcmp(text, "(none)") == 0 || !*text;
    return wi_blank(text);
}

/* ---- collecting ---- */

/* Short or merely decimal words also stand for other things: those go in their place only. */
static bool safe_everywhere(const char *text, size_t n) {
    bool letter = false, digit = false;
    for (size_t i = 0; i < n; i++) {
        letter = letter || isalpha((unsigned char)text[i]);
        digit = digit || isdigit((unsigned char)text[i]);
    }
    return digit && n >= (letter ? 6 : 10);
}

static void add_secret(struct redactor *r, const char *text, const char *by) {
    for (size_t i = 0; i < r->secrets.count; i++)
        if (strcmp(r->secrets.items[i].text, text) == 0)
            return;
    *WI_PUSH(r->arena, &r->secrets, struct secret) = (struct secret){text, by, strlen(text)};
    r->first[(unsigned char)text[0]] = true;
}

static const char *without_colons(struct redactor *r, const char *prefix, const char *mac) {
    char *out = wi_arena_printf(r->arena, "%s%s", prefix, mac);
    size_t k = strlen(prefix);
    for (const char *p = out + k; *p; p++)
        if (*p != ':')
            out[k++] = *p;
    out[k] = '\0';
    return out;
}

/* Interfaces may be named after their address (systemd.net-naming-scheme(7)). */
static void collect_interface_names(struct redactor *r, const char *mac, const char *by) {
    static const char *const prefixes[] = {"enx", "wlx", "wwx"};
    for (size_t i = 0; i < WI_COUNT(prefixes); i++)
        add_secret(r, without_colons(r, prefixes[i], mac), without_colons(r, prefixes[i], by));
}

static void collect(struct redactor *r, enum kind kind, const char *text) {
    size_t n = strlen(text);
    if (is_public(kind, text) || kind == KIND_host || kind == KIND_user ||
        !safe_everywhere(text, n))
        return;
    const char *by = stand_in(r, kind, text, n);
    add_secret(r, wi_arena_strdup(r->arena, text), by);
    if (kind == KIND_mac)
        collect_interface_names(r, text, by);
}

/* ---- the places ---- */

/* '*' stands for one path component. */
static const struct {
    const char *path;
    enum kind kind;
    const char *key; /* KIND_after_key: the word after it */
} places[] = {
    {"/sys/class/dmi/id/product_uuid", KIND_serial, NULL},
    {"/sys/class/dmi/id/product_serial", KIND_serial, NULL},
    {"/sys/class/dmi/id/board_serial", KIND_serial, NULL},
    {"/sys/class/dmi/id/chassis_serial", KIND_serial, NULL},
    {"/sys/class/dmi/id/board_asset_tag", KIND_serial, NULL},
    {"/sys/class/dmi/id/chassis_asset_tag", KIND_serial, NULL},
    {"/sys/devices/virtual/dmi/id/product_uuid", KIND_serial, NULL},
    {"/sys/devices/virtual/dmi/id/product_serial", KIND_serial, NULL},
    {"/sys/devices/virtual/dmi/id/board_serial", KIND_serial, NULL},
    {"/sys/devices/virtual/dmi/id/chassis_serial", KIND_serial, NULL},
    {"/proc/device-tree/serial-number", KIND_serial, NULL},
    {"/sys/firmware/devicetree/base/serial-number", KIND_serial, NULL},
    {"/sys/devices/soc0/serial_number", KIND_serial, NULL},
    {"/sys/devices/soc*/serial_number", KIND_serial, NULL},
    {"/sys/class/power_supply/*/serial_number", KIND_serial, NULL},
    {"/sys/block/*/device/serial", KIND_serial, NULL},
    {"/sys/block/*/device/wwid", KIND_serial, NULL},
    {"/sys/block/*/wwid", KIND_serial, NULL},
    {"/sys/class/net/*/address", KIND_mac, NULL},
    {"/sys/class/net/*/perm_address", KIND_mac, NULL},
    {"/etc/machine-id", KIND_serial, NULL},
    {"/var/lib/dbus/machine-id", KIND_serial, NULL},
    {"/proc/sys/kernel/random/boot_id", KIND_serial, NULL},
    {"/proc/sys/kernel/hostname", KIND_host, NULL},
    {"/etc/hostname", KIND_host, NULL},
    {"/proc/cpuinfo", KIND_after_key, "Serial"},
    {"/proc/cmdline", KIND_after_key, "androidboot.serialno"},
    {"/proc/cmdline", KIND_words, NULL},
    {"/proc/*/cgroup", KIND_words, NULL},
    {"/proc/*/mountinfo", KIND_words, NULL},
};

static bool path_matches(const char *pattern, const char *path) {
    for (; *pattern; pattern++, path++) {
        size_t n = strcspn(path, "/");
        if (*pattern == '*' && n == 0)
            return false;
        if (*pattern == '*')
            path += n - 1;
        else if (*pattern != *path)
            return false;
    }
    return !*path;
}

static char *first_line(struct redactor *r, const char *text, size_t n) {
    size_t length = 0;
    while (length < n && text[length] && text[length] != '\n')
        length++;
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    while (length > 0 && isspace((unsigned char)*text)) {
        text++;
        length--;
    }
    return wi_arena_strndup(r->arena, text, length);
}

/* "Serial\t\t: 10000000abcdef01", "androidboot.serialno=R5CT1234ABC" */
static void collect_after_key(struct redactor *r, const char *text, const char *key) {
    for (const char *p = text; (p = strstr(p, key)) != NULL;) {
        p += strlen(key);
        const char *word = p + strspn(p, " \t:=");
        if (word != p)
            collect(r, KIND_serial, wi_arena_strndup(r->arena, word, strcspn(word, " \t\r\n,;")));
    }
}

/* Long hexadecimal words: container ids, file systems' UUIDs. */
static void collect_words(struct redactor *r, const char *text) {
    static const char hex[] = "0123456789abcdefABCDEF-_";
    for (const char *p = text; *p;) {
        size_t n = strspn(p, hex);
        bool word = n >= 32 && !isalnum((unsigned char)p[n]);
        if (word && (p == text || !isalnum((unsigned char)p[-1])))
            collect(r, KIND_serial, wi_arena_strndup(r->arena, p, n));
        p += n ? n : 1;
        while (n && isalnum((unsigned char)*p))
            p++;
    }
}

static void collect_file(struct redactor *r, const struct wi_rec_entry *file) {
    for (size_t i = 0; i < WI_COUNT(places); i++) {
        if (!path_matches(places[i].path, file->name))
            continue;
        if (places[i].kind == KIND_after_key)
            collect_after_key(r, file->bytes, places[i].key);
        else if (places[i].kind == KIND_words)
            collect_words(r, file->bytes);
        else
            collect(r, places[i].kind, first_line(r, file->bytes, file->size));
    }
}

/* ---- topologies and driver answers ---- */

/* Names of hwloc's <info> pairs (hwloc 2.9 manual, "Object attributes"). */
static bool secret_info(const char *name, size_t n, enum kind *kind) {
    static const char *const parts[] = {"Serial", "UUID", "AssetTag", "GUID", "GID"};
    *kind = KIND_serial;
    if (n == 8 && memcmp(name, "HostName", n) == 0) {
        *kind = KIND_host;
        return true;
    }
    if (n == 11 && memcmp(name, "LinuxCgroup", n) == 0) {
        *kind = KIND_words;
        return true;
    }
    for (size_t i = 0; i < WI_COUNT(parts); i++)
        if (memmem(name, n, parts[i], strlen(parts[i])))
            return true;
    return false;
}

/* The next <info name="X" value="Y" whose value is a secret; NULL: no more. */
static const char *next_info(const char *at, enum kind *kind, const char **value, size_t *n) {
    static const char open[] = "<info name=\"", middle[] = "\" value=\"";
    while ((at = strstr(at, open)) != NULL) {
        const char *name = at + strlen(open);
        size_t length = strcspn(name, "\"");
        at = name + length;
        if (strncmp(at, middle, strlen(middle)) != 0 || !secret_info(name, length, kind))
            continue;
        *value = at + strlen(middle);
        *n = strcspn(*value, "\"");
        return *value + *n;
    }
    return NULL;
}

static void collect_xml(struct redactor *r, const char *xml) {
    enum kind kind;
    const char *value;
    size_t n;
    for (const char *at = xml; (at = next_info(at, &kind, &value, &n)) != NULL;) {
        const char *text = wi_arena_strndup(r->arena, value, n);
        if (kind == KIND_words)
            collect_words(r, text);
        else
            collect(r, kind, text);
    }
}

static bool secret_key(const char *line, size_t n) {
    static const char *const parts[] = {".device_uuid", ".device_luid", "serial"};
    for (size_t i = 0; i < WI_COUNT(parts); i++)
        if (memmem(line, n, parts[i], strlen(parts[i])))
            return true;
    return false;
}

static void collect_answer(struct redactor *r, const char *text) {
    for (const char *p = text; *p;) {
        size_t line = strcspn(p, "\n"), key = strcspn(p, "=\n");
        if (key < line && secret_key(p, key))
            collect(r, KIND_serial, wi_arena_strndup(r->arena, p + key + 1, line - key - 1));
        p += line + (p[line] == '\n');
    }
}

/* ---- rewriting ---- */

static const struct secret *secret_at(const struct redactor *r, const char *p, size_t left) {
    const struct secret *best = NULL;
    if (!r->first[(unsigned char)*p])
        return NULL;
    for (size_t i = 0; i < r->secrets.count; i++) {
        const struct secret *s = &r->secrets.items[i];
        if (s->n <= left && memcmp(p, s->text, s->n) == 0 &&
            (s->n == left || !isalnum((unsigned char)p[s->n])) && (!best || s->n > best->n))
            best = s;
    }
    return best;
}

/* Length of six or more pairs of hexadecimal digits with colons between; 0: none here. */
static size_t address_at(const char *p, size_t left) {
    size_t n = 0, pairs = 0;
    while (left - n >= 2 && isxdigit((unsigned char)p[n]) && isxdigit((unsigned char)p[n + 1])) {
        n += 2;
        pairs++;
        if (left - n < 3 || p[n] != ':' || !isxdigit((unsigned char)p[n + 1]))
            break;
        n++;
    }
    bool ends = n == left || (!isalnum((unsigned char)p[n]) && p[n] != ':');
    return pairs >= 6 && ends ? n : 0;
}

static size_t home_at(const char *p, size_t left) {
    return left > 6 && memcmp(p, "/home/", 6) == 0 ? 6 : 0;
}

static size_t user_length(const char *p, size_t left) {
    size_t n = 0;
    while (n < left && !strchr("/ \t\r\n:;,\"'<>\\", p[n]) && p[n])
        n++;
    return n;
}

/* One step at `p`: what is there goes to `out`, hidden or not; returns the bytes used. */
static size_t rewrite_one(struct redactor *r, const char *p, size_t left, char before,
                          struct wi_buf *out) {
    bool word_begins = !isalnum((unsigned char)before);
    const struct secret *s = word_begins ? secret_at(r, p, left) : NULL;
    size_t n = word_begins && before != ':' ? address_at(p, left) : 0, home = home_at(p, left);
    if (s) {
        wi_buf_puts(out, s->stand_in);
        return s->n;
    }
    const char *address = n ? wi_arena_strndup(r->arena, p, n) : NULL;
    if (address && !wi_blank(address)) {
        wi_buf_puts(out, mac_stand_in(r, address, n));
        return n;
    }
    size_t user = home ? user_length(p + home, left - home) : 0;
    if (user) {
        wi_buf_append(out, p, home);
        wi_buf_puts(out, stand_in(r, KIND_user, p + home, user));
        return home + user;
    }
    wi_buf_putc(out, *p);
    return 1;
}

static void rewrite(struct redactor *r, const char *text, size_t size, struct wi_buf *out) {
    for (size_t i = 0; i < size;)
        i += rewrite_one(r, text + i, size - i, i ? text[i - 1] : '\0', out);
}

static void keep(struct redactor *r, struct wi_rec_entry *entry, struct wi_buf *text) {
    char *copy = wi_arena_alloc(r->arena, text->size + 1);
    if (text->size)
        memcpy(copy, text->data, text->size);
    entry->bytes = copy;
    entry->size = text->size;
    wi_buf_fini(text);
}

static const char *rewrite_name(struct redactor *r, const char *name) {
    struct wi_buf text = {0};
    rewrite(r, name, strlen(name), &text);
    const char *out = wi_arena_strdup(r->arena, wi_buf_str(&text));
    wi_buf_fini(&text);
    return out;
}

/* The first line is the secret; what comes after it (a newline, a NUL) stays. */
static void replace_line(struct redactor *r, enum kind kind, struct wi_rec_entry *entry) {
    const char *line = first_line(r, entry->bytes, entry->size);
    const char *at = memmem(entry->bytes, entry->size, line, strlen(line));
    size_t n = strlen(line), end = (size_t)(at - entry->bytes) + n;
    struct wi_buf text = {0};
    if (is_public(kind, line))
        return;
    wi_buf_append(&text, entry->bytes, end - n);
    wi_buf_puts(&text, stand_in(r, kind, line, n));
    rewrite(r, entry->bytes + end, entry->size - end, &text);
    keep(r, entry, &text);
}

static void rewrite_entry(struct redactor *r, struct wi_rec_entry *entry) {
    struct wi_buf text = {0};
    rewrite(r, entry->bytes, entry->size, &text);
    keep(r, entry, &text);
}

static void rewrite_file(struct redactor *r, struct wi_rec_entry *file) {
    for (size_t i = 0; i < WI_COUNT(places); i++)
        if (places[i].kind != KIND_words && places[i].kind != KIND_after_key &&
            path_matches(places[i].path, file->name)) {
            replace_line(r, places[i].kind, file);
            file->name = rewrite_name(r, file->name);
            return;
        }
    rewrite_entry(r, file);
    file->name = rewrite_name(r, file->name);
}

static void rewrite_value(struct redactor *r, struct wi_rec_entry *value) {
    if (strcmp(value->name, "hostname") == 0)
        replace_line(r, KIND_host, value);
    else if (strcmp(value->name, "user") == 0)
        replace_line(r, KIND_user, value);
    else if (strcmp(value->name, "asset:") == 0)
        replace_line(r, KIND_asset, value);
    else
        rewrite_entry(r, value);
    value->name = rewrite_name(r, value->name);
}

static void rewrite_dir(struct redactor *r, struct wi_rec_dir *dir) {
    dir->path = rewrite_name(r, dir->path);
    for (size_t i = 0; i < dir->count; i++)
        dir->names[i] = wi_arena_strdup(r->arena, rewrite_name(r, dir->names[i]));
}

/* Values in their places first, so that short serials and host names go too. */
static void rewrite_xml(struct redactor *r, struct wi_rec_entry *xml) {
    struct wi_buf text = {0};
    const char *from = xml->bytes, *value;
    enum kind kind;
    size_t n;
    for (const char *at = from; (at = next_info(at, &kind, &value, &n)) != NULL;) {
        const char *secret = wi_arena_strndup(r->arena, value, n);
        if (kind == KIND_words || is_public(kind, secret))
            continue;
        wi_buf_append(&text, from, (size_t)(value - from));
        wi_buf_puts(&text, stand_in(r, kind, secret, n));
        from = at;
    }
    wi_buf_puts(&text, from);
    keep(r, xml, &text);
    rewrite_entry(r, xml);
}

static void rewrite_answer(struct redactor *r, struct wi_rec_entry *answer) {
    struct wi_buf text = {0};
    for (const char *p = answer->bytes; *p;) {
        size_t line = strcspn(p, "\n"), key = strcspn(p, "=\n");
        const char *value =
            key < line ? wi_arena_strndup(r->arena, p + key + 1, line - key - 1) : NULL;
        if (value && secret_key(p, key) && !wi_blank(value)) {
            wi_buf_append(&text, p, key + 1);
            wi_buf_puts(&text, stand_in(r, KIND_serial, value, strlen(value)));
        } else {
            rewrite(r, p, line, &text);
        }
        if (p[line])
            wi_buf_putc(&text, '\n');
        p += line + (p[line] == '\n');
    }
    keep(r, answer, &text);
}

/* ---- the whole ---- */

void wi_redact(struct wi_recording *recording, const unsigned char salt[32]) {
    struct redactor r = {.arena = recording->arena, .salt = salt};
    for (size_t i = 0; i < recording->files.count; i++)
        collect_file(&r, &recording->files.items[i]);
    for (size_t i = 0; i < recording->answers.count; i++)
        collect_answer(&r, recording->answers.items[i].bytes);
    const struct wi_rec_entry *id = wi_recording_find(&recording->values, "device_id:");
    if (id)
        collect_words(&r, id->bytes);
    if (recording->xml.name)
        collect_xml(&r, recording->xml.bytes);

    for (size_t i = 0; i < recording->files.count; i++)
        rewrite_file(&r, &recording->files.items[i]);
    for (size_t i = 0; i < recording->values.count; i++)
        rewrite_value(&r, &recording->values.items[i]);
    for (size_t i = 0; i < recording->dirs.count; i++)
        rewrite_dir(&r, &recording->dirs.items[i]);
    for (size_t i = 0; i < recording->answers.count; i++)
        rewrite_answer(&r, &recording->answers.items[i]);
    if (recording->xml.name)
        rewrite_xml(&r, &recording->xml);
}
