/* anonymous.c: what may pass, what is replaced, and how names are found in text.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two passes over the database: the first collects what people called things (devices, asset ids,
 * authors, home folders, GPUs' UUIDs), the second replaces them wherever they stand as a word of
 * their own. Ids, UUIDs, hardware addresses and home folders are known by their form as well. */
#include "cli/anonymous.h"

#include "base/hash.h"
#include "base/os.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum treatment { REPLACE, SCRUB, KEEP };

struct secret {
    const char *text;
    size_t n;
};

struct wi_anonymous {
    struct wi_arena *arena;
    char salt[33]; /* forgotten with the process */
    struct {
        struct secret *items;
        size_t count, capacity;
    } secrets; /* longest first */
    struct {
        const char **items;
        size_t count, capacity;
    } products; /* what makers call things: no secret, although a device may be named so */
};

/* ---- what becomes of a column ---- */

static const struct {
    const char *table;
    enum treatment treatment;
    const char *columns;
} columns[] = {
#define X(table, treatment, columns) {#table, treatment, columns},
#include "cli/anonymous.inc"
#undef X
};

static bool holds_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *p = words; (p = strstr(p, word)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    return false;
}

static enum treatment treatment_of(const char *table, const char *column) {
    for (size_t i = 0; i < WI_COUNT(columns); i++)
        if (strcmp(columns[i].table, table) == 0 && holds_word(columns[i].columns, column))
            return columns[i].treatment;
    return REPLACE;
}

/* Probed properties that say what a device is. Any other key is one that nobody has looked at. */
static const char *const public_keys[] = {
    "battery.",         "clock.",          "cpu",           "devicetree.model",
    "dmi.bios_version", "dmi.board_name",  "dmi.board_ven", "dmi.chassis_type",
    "dmi.product_name", "dmi.product_ver", "dmi.sys_vend",  "load.",
    "memory.",          "opencl.",         "power.",        "pressure.",
    "software.",        "steal_ticks",     "storage.",      "thermal",
    "throttle.",        "vulkan."};

/* Whose values name one unit. */
static bool key_is_secret(const char *key) {
    static const char *const parts[] = {"uuid", "luid", "serial", "asset", "hostname", "user"};
    for (size_t i = 0; i < WI_COUNT(parts); i++)
        if (strstr(key, parts[i]) != NULL)
            return true;
    return false;
}

static bool key_passes(const char *key) {
    if (key == NULL || key_is_secret(key))
        return false;
    /* "sw0.vulkan.name": of one device */
    size_t n = strncmp(key, "gpu", 3) == 0 ? 3 : strncmp(key, "sw", 2) == 0 ? 2 : 0;
    size_t digits = n > 0 ? strspn(key + n, "0123456789") : 0;
    key += digits > 0 && key[n + digits] == '.' ? n + digits + 1 : 0;
    for (size_t i = 0; i < WI_COUNT(public_keys); i++)
        if (strncmp(key, public_keys[i], strlen(public_keys[i])) == 0)
            return true;
    return false;
}

static const char *cell(int n, const char *const *names, const char *const *values,
                        const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return values[i];
    return NULL;
}

static bool has_key(const char *table) {
    return strcmp(table, "fact") == 0 || strcmp(table, "condition") == 0;
}

/* ---- stand-ins ---- */

static const char *stand_in(const struct wi_anonymous *a, const char *text, size_t n,
                            struct wi_arena *arena) {
    struct wi_buf salted = {0};
    char hex[65];
    wi_buf_printf(&salted, "%s\n", a->salt);
    wi_buf_append(&salted, text, n);
    wi_sha256_hex(salted.data, salted.size, hex);
    wi_buf_fini(&salted);
    return wi_arena_printf(arena, "anon-%.16s", hex);
}

/* ---- words that identify by their form ---- */

static size_t hex_run(const char *p) {
    size_t n = 0;
    while (isxdigit((unsigned char)p[n]))
        n++;
    return n;
}

/* 8-4-4-4-12 hex digits. */
static size_t uuid_length(const char *p) {
    static const size_t parts[] = {8, 4, 4, 4, 12};
    size_t n = 0;
    for (size_t i = 0; i < WI_COUNT(parts); i++) {
        if (hex_run(p + n) != parts[i])
            return 0;
        n += parts[i];
        if (i + 1 < WI_COUNT(parts) && p[n++] != '-')
            return 0;
    }
    return n;
}

/* Six pairs of hex digits between colons or dashes. */
static size_t address_length(const char *p) {
    size_t n = 0;
    for (int pair = 0; pair < 6; pair++) {
        if (hex_run(p + n) != 2)
            return 0;
        n += 2;
        if (pair < 5 && p[n] != ':' && p[n] != '-')
            return 0;
        n += pair < 5;
    }
    return n;
}

/* Our ids have 32 or 64 digits; a part of one identifies too. Plain numbers may be long. */
static size_t id_length(const char *p) {
    size_t n = hex_run(p);
    return n >= 16 && (n >= 32 || strspn(p, "0123456789") < n) ? n : 0;
}

/* The component after /home/ or /Users/; at `p` stands the slash. `*lead`: what stays before it. */
static size_t home_length(const char *p, size_t *lead) {
    static const char *const roots[] = {"/home/", "/Users/"};
    for (size_t i = 0; i < WI_COUNT(roots); i++) {
        *lead = strlen(roots[i]);
        if (strncmp(p, roots[i], *lead) == 0)
            return strcspn(p + *lead, "/ \t\n\"',;:)");
    }
    *lead = 0;
    return 0;
}

/* ---- names that somebody gave ---- */

/* Of a long name the case does not matter, of a short one it does: the user pi, the Raspberry Pi.
 */
static bool is_secret(const struct secret *s, const char *p) {
    return s->n >= 6 ? strncasecmp(p, s->text, s->n) == 0 : strncmp(p, s->text, s->n) == 0;
}

static const struct secret *secret_at(const struct wi_anonymous *a, const char *p) {
    for (size_t i = 0; i < a->secrets.count; i++) {
        const struct secret *s = &a->secrets.items[i];
        if (is_secret(s, p) && !isalnum((unsigned char)p[s->n]))
            return s;
    }
    return NULL;
}

static bool is_public(const struct wi_anonymous *a, const char *text) {
    static const char *const names[] = {"root", "localhost", "(none)", "/", "/root"};
    for (size_t i = 0; i < WI_COUNT(names); i++)
        if (strcmp(text, names[i]) == 0)
            return true;
    size_t n = strlen(text);
    for (size_t i = 0; i < a->products.count; i++) { /* "Framework Laptop 13": maker, product */
        size_t k = strlen(a->products.items[i]);
        if (k > 0 && k <= n && strcmp(text + n - k, a->products.items[i]) == 0)
            return true;
    }
    return false;
}

static void add_secret(struct wi_anonymous *a, const char *text) {
    size_t n = text == NULL ? 0 : strlen(text), at = 0;
    if (n < 2 || is_public(a, text))
        return;
    while (at < a->secrets.count && a->secrets.items[at].n >= n) {
        if (strcmp(a->secrets.items[at].text, text) == 0)
            return;
        at++;
    }
    (void)WI_PUSH(a->arena, &a->secrets, struct secret);
    struct secret *items = a->secrets.items;
    memmove(items + at + 1, items + at, (a->secrets.count - 1 - at) * sizeof(*items));
    items[at] = (struct secret){wi_arena_strdup(a->arena, text), n};
}

static void add_home(struct wi_anonymous *a, const char *path) {
    size_t lead, n = path == NULL ? 0 : home_length(path, &lead);
    if (n > 0)
        add_secret(a, wi_arena_strndup(a->arena, path + lead, n));
}

/* ---- text ---- */

/* What stands at `p`, where a word may begin, as `*out`; returns how much of the text that was. */
static size_t replace_word(const struct wi_anonymous *a, const char *p, struct wi_arena *arena,
                           const char **out) {
    const struct secret *s = secret_at(a, p);
    size_t n = s != NULL ? s->n : 0;
    n = n > 0 ? n : uuid_length(p);
    n = n > 0 ? n : address_length(p);
    n = n > 0 ? n : id_length(p);
    if (n == 0 || isalnum((unsigned char)p[n]))
        return 0;
    *out = s != NULL ? stand_in(a, s->text, s->n, arena) : stand_in(a, p, n, arena);
    return n;
}

static const char *scrub(const struct wi_anonymous *a, const char *text, struct wi_arena *arena) {
    struct wi_buf out = {0};
    for (const char *p = text; *p != '\0';) {
        const char *word = NULL;
        bool begins = p == text || !isalnum((unsigned char)p[-1]) || *p == '/';
        size_t lead = 0, n = begins ? replace_word(a, p, arena, &word) : 0;
        if (n == 0 && *p == '/' && (n = home_length(p, &lead)) > 0)
            word = stand_in(a, p + lead, n, arena);
        if (n == 0) {
            wi_buf_putc(&out, *p++);
            continue;
        }
        wi_buf_append(&out, p, lead);
        wi_buf_puts(&out, word);
        p += lead + n;
    }
    const char *copy = wi_arena_strdup(arena, wi_buf_str(&out));
    wi_buf_fini(&out);
    return copy;
}

/* A word of a closed list or a hash; what else stands in such a column does not belong there. */
static bool is_plain(const char *text) {
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.+-");
    return text[n] == '\0' && (n <= 24 || strspn(text, "0123456789abcdef") == n);
}

const char *wi_anonymous_value(struct wi_anonymous *a, const char *table, int n,
                               const char *const *names, const char *const *values, int column,
                               struct wi_arena *arena) {
    const char *value = values[column];
    if (value == NULL)
        return NULL;
    enum treatment treatment = treatment_of(table, names[column]);
    if (has_key(table) && strcmp(names[column], "value") == 0 &&
        !key_passes(cell(n, names, values, "key")))
        treatment = REPLACE;
    if (treatment == REPLACE)
        return value[0] == '\0' ? value : stand_in(a, value, strlen(value), arena);
    if (treatment == KEEP && (is_plain(value) || strcmp(names[column], "samples") == 0))
        return value;
    return scrub(a, value, arena);
}

/* ---- collecting ---- */

/* `state` is the set. */
static int collect_products(void *state, int n, const char *const *names, const char *const *values,
                            const int *types) {
    static const char *const from[] = {"maker", "product", "name"}; /* inventory; cpu */
    struct wi_anonymous *a = state;
    (void)types;
    bool cpu = values != NULL && cell(n, names, values, "device_id") == NULL;
    for (size_t i = cpu ? 2 : 0; values != NULL && i < (cpu ? 3U : 2U); i++) {
        const char *text = cell(n, names, values, from[i]);
        if (text != NULL)
            *WI_PUSH(a->arena, &a->products, const char *) = wi_arena_strdup(a->arena, text);
    }
    return WI_OK;
}

/* What people called devices and themselves; hexadecimal ids are known by their form. */
static int collect_names(void *state, int n, const char *const *names, const char *const *values,
                         const int *types) {
    static const char *const from[] = {"device_id", "name", "uuid", "author", "origin"};
    struct wi_anonymous *a = state;
    (void)types;
    for (size_t i = 0; values != NULL && i < WI_COUNT(from); i++)
        add_secret(a, cell(n, names, values, from[i]));
    if (values != NULL) {
        add_home(a, cell(n, names, values, "storage_path"));
        add_secret(a, cell(n, names, values, "detail"));
    }
    return WI_OK;
}

static int collect_uuids(void *state, int n, const char *const *names, const char *const *values,
                         const int *types) {
    (void)types;
    if (values != NULL)
        add_secret(state, cell(n, names, values, "uuid"));
    return WI_OK;
}

/* A serial may stand in a driver's message too. A short or merely alphabetic one may be any word.
 */
static int collect_facts(void *state, int n, const char *const *names, const char *const *values,
                         const int *types) {
    const char *value = values != NULL ? cell(n, names, values, "value") : NULL;
    const char *key = values != NULL ? cell(n, names, values, "key") : NULL;
    (void)types;
    if (value != NULL && strlen(value) >= 6 && strpbrk(value, "0123456789") != NULL &&
        strchr(value, ' ') == NULL && key != NULL && key_is_secret(key))
        add_secret(state, value);
    return WI_OK;
}

/* Whoever exports is often who measured. */
static void collect_ours(struct wi_anonymous *a) {
    static const char *const variables[] = {"USER", "LOGNAME", "SUDO_USER", "HOME"};
    struct wi_os_names names;
    struct wi_buf user = {0};
    if (wi_os_names(&names) == WI_OK) {
        add_secret(a, names.hostname);
        add_secret(a, wi_arena_strndup(a->arena, names.hostname, strcspn(names.hostname, ".")));
    }
    if (wi_os_user_name(&user) == WI_OK)
        add_secret(a, wi_buf_str(&user));
    wi_buf_fini(&user);
    for (size_t i = 0; i < WI_COUNT(variables); i++)
        add_secret(a, getenv(variables[i]));
    add_home(a, getenv("HOME"));
}

int wi_anonymous_create(struct wi_store *store, struct wi_arena *arena,
                        struct wi_anonymous **anonymous, struct wi_err *err) {
    static const struct {
        const char *table;
        wi_store_row_fn collect;
    } from[] = {{"inventory", collect_products},  {"cpu", collect_products},
                {"inventory", collect_names},     {"run", collect_names},
                {"engine_result", collect_names}, {"annotation", collect_names},
                {"gpu", collect_uuids},           {"fact", collect_facts}};
    struct wi_anonymous *a = wi_arena_alloc(arena, sizeof(*a));
    *a = (struct wi_anonymous){.arena = arena};
    wi_store_new_id(0, a->salt); /* 80 random bits */
    for (size_t i = 0; i < WI_COUNT(from); i++)
        WI_TRY(wi_store_each_row(store, from[i].table, from[i].collect, a, err));
    collect_ours(a);
    *anonymous = a;
    return WI_OK;
}
