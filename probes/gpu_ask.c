/* gpu_ask.c: the parent's side of GPU enumeration: runs the child, survives what it dies of.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: base/os.h to spawn; the hidden command "gpu-probe API" of the program it runs. */
#include "probes/gpu.h"

#include "base/clock.h"
#include "base/kv.h"
#include "base/os.h"
#include "probes/gpu_icd.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    TIMEOUT_MS = 10000,
    ENV_MAX = 32,
    MESSAGES_MAX = 8,
    HANGS_MAX = 2,              /* drivers that hang alone; then no more are asked */
    ANSWER_MAX_BYTES = 4 << 20, /* a device says about 10 KiB */
    SINK_DONE = -1,
};

/* Set in the child. A program that does not know "gpu-probe" would otherwise probe, and spawn
 * itself again, without end. */
#define CHILD_MARK "WEIGHIN_GPU_CHILD"

struct answer {
    const char *status; /* "ok" = the child answered, whatever it found; "crashed", "timeout", .. */
    const char *reason;
    struct wi_kv kv;
    struct wi_buf errors; /* the child's stderr */
};

static const char *key(struct wi_arena *arena, enum wi_backend_id api, const char *rest) {
    return wi_arena_printf(arena, "%s.%s", wi_backend_id_name(api), rest);
}

/* ---- one child ---- */

/* A later entry of the same name replaces the earlier one. */
static size_t add_env(const char **env, size_t n, const char *entry) {
    size_t name = strcspn(entry, "=") + 1;
    for (size_t i = 0; i < n; i++)
        if (strncmp(env[i], entry, name) == 0) {
            env[i] = entry;
            return n;
        }
    if (n + 1 < ENV_MAX)
        env[n++] = entry;
    env[n] = NULL;
    return n;
}

/* The loader's messages help; layers and the device-select layer (which opens a window system
 * connection) have no part in an inventory and have hung before. */
static void child_env(const struct wi_gpu_ask *ask, const struct wi_gpu_icd *icd,
                      struct wi_arena *arena, const char **env) {
    size_t n = add_env(env, 0, CHILD_MARK "=1");
    if (ask->api == WI_BACKEND_vulkan) {
        n = add_env(env, n, "VK_LOADER_DEBUG=error");
        n = add_env(env, n, "VK_LOADER_LAYERS_DISABLE=~implicit~");
        n = add_env(env, n, "NODEVICE_SELECT=1");
    }
    for (const char *const *e = ask->env; e != NULL && *e != NULL; e++)
        n = add_env(env, n, *e);
    if (icd != NULL && ask->api == WI_BACKEND_vulkan) {
        n = add_env(env, n, wi_arena_printf(arena, "VK_DRIVER_FILES=%s", icd->file));
        add_env(env, n, wi_arena_printf(arena, "VK_ICD_FILENAMES=%s", icd->file));
    } else if (icd != NULL) {
        n = add_env(env, n, wi_arena_printf(arena, "OCL_ICD_VENDORS=%s", icd->file)); /* ocl-icd */
        if (icd->library != NULL) /* Khronos' loader reads no single manifest */
            add_env(env, n, wi_arena_printf(arena, "OCL_ICD_FILENAMES=%s", icd->library));
    }
}

/* Only lines of the API's own: drivers have been seen to chat on stdout. */
static void keep_own_lines(const struct wi_buf *text, const char *prefix, struct wi_buf *out) {
    size_t n = strlen(prefix);
    for (const char *p = wi_buf_str(text); *p != '\0';) {
        size_t line = strcspn(p, "\n");
        if (strncmp(p, prefix, n) == 0) {
            wi_buf_append(out, p, line);
            wi_buf_putc(out, '\n');
        }
        p += line + (p[line] == '\n');
    }
}

static void judge(struct answer *a, enum wi_backend_id api, const struct wi_child_end *end,
                  size_t said_bytes, unsigned timeout_ms) {
    struct wi_arena *arena = a->kv.arena;
    a->status = "ok";
    if (wi_kv_get(&a->kv, key(arena, api, "complete")) != NULL)
        return;
    a->status = "crashed";
    if (end->timed_out) {
        a->status = "timeout";
        a->reason = wi_arena_printf(arena, "no answer within %g s", timeout_ms / 1e3);
    } else if (said_bytes > ANSWER_MAX_BYTES) {
        a->reason = "the driver prints without end";
    } else if (!end->exited) {
        a->reason = wi_arena_printf(arena, "the driver ended the process with signal %d (%s)",
                                    end->code, strsignal(end->code));
    } else {
        a->reason =
            wi_arena_printf(arena, "the process ended with code %d before it answered", end->code);
    }
}

/* The answer is there with its last line: drivers that hang or crash at exit cost no more time. */
static int collect(void *state, const char *bytes, size_t n) {
    static const char last[] = ".complete=1\n";
    struct wi_buf *text = state;
    size_t m = sizeof(last) - 1;
    wi_buf_append(text, bytes, n);
    if (text->size > ANSWER_MAX_BYTES)
        return WI_TOO_BIG;
    return text->size >= m && memcmp(text->data + text->size - m, last, m) == 0 ? SINK_DONE : WI_OK;
}

/* As wi_os_run, but it ends with the answer, and a driver that prints without end is stopped. */
static int run_bounded(const struct wi_spawn *spawn, unsigned timeout_ms, struct wi_buf *out,
                       struct wi_buf *errors, struct wi_child_end *end, struct wi_err *err) {
    struct wi_child *child = NULL;
    uint64_t deadline_ns = wi_now_ns(&wi_clock_system) + (uint64_t)timeout_ms * 1000000;
    WI_TRY(wi_os_spawn(spawn, &child, err));
    int status = wi_os_wait(child, &deadline_ns, collect, out, errors, end, err);
    wi_os_child_destroy(child);
    return status == WI_TOO_BIG || status == SINK_DONE ? WI_OK : status;
}

static int run_child(const struct wi_gpu_ask *ask, const struct wi_gpu_icd *icd,
                     struct wi_arena *arena, struct answer *a, struct wi_err *err) {
    const char *env[ENV_MAX];
    char self[PATH_MAX];
    const char *name = wi_backend_id_name(ask->api);
    unsigned timeout_ms = ask->timeout_ms != 0 ? ask->timeout_ms : TIMEOUT_MS;
    struct wi_buf text = {0}, own = {0};
    struct wi_child_end end = {0};
    const char *program = ask->program;
    int status = WI_OK;

    *a = (struct answer){.status = "crashed"};
    wi_kv_init(&a->kv, arena);
    if (program == NULL) {
        WI_TRY(wi_os_self_path(self, sizeof(self), err));
        program = self;
    }
    child_env(ask, icd, arena, env);
    const char *const argv[] = {program, "gpu-probe", name, NULL};
    struct wi_spawn spawn = {.argv = argv, .env = env};
    status = run_bounded(&spawn, timeout_ms, &text, &a->errors, &end, err);
    if (status != WI_OK)
        goto done;
    keep_own_lines(&text, wi_arena_printf(arena, "%s.", name), &own);
    if (wi_kv_parse(&a->kv, wi_buf_str(&own), own.size, NULL) != WI_OK)
        wi_kv_init(&a->kv, arena); /* half a line: it died while writing */
    judge(a, ask->api, &end, text.size, timeout_ms);
done:
    wi_buf_fini(&text);
    wi_buf_fini(&own);
    return status;
}

/* ---- putting answers together ---- */

/* Splits "API.what.7.rest"; the number goes up by `offset` in the returned key. */
static const char *renumber(struct wi_arena *arena, const char *entry_key, const char *prefix,
                            unsigned offset) {
    size_t n = strlen(prefix);
    char *rest;
    if (strncmp(entry_key, prefix, n) != 0)
        return NULL;
    unsigned long number = strtoul(entry_key + n, &rest, 10);
    if (rest == entry_key + n || *rest != '.' || number > 1000)
        return NULL;
    return wi_arena_printf(arena, "%s%lu%s", prefix, number + offset, rest);
}

static unsigned count_of(const struct answer *a, enum wi_backend_id api, const char *what) {
    struct wi_maybe_u64 n = wi_kv_u64(&a->kv, key(a->kv.arena, api, what));
    return wi_has_u64(n) && n.value < 1000 ? (unsigned)n.value : 0;
}

/* Adds one driver's answer to the whole; devices and platforms go on counting. */
static void add_answer(struct wi_kv *all, const struct answer *a, enum wi_backend_id api,
                       unsigned devices, unsigned platforms) {
    struct wi_arena *arena = all->arena;
    const char *device = key(arena, api, "device."), *platform = key(arena, api, "platform.");
    const char *icd = key(arena, api, "icd");
    for (size_t i = 0; i < a->kv.count; i++) {
        const struct wi_kv_entry *e = &a->kv.items[i];
        const char *moved = renumber(arena, e->key, device, devices);
        if (moved != NULL) {
            size_t n = strlen(moved);
            if (n > 9 && strcmp(moved + n - 9, ".platform") == 0)
                wi_kv_setf(all, moved, "%lu", strtoul(e->value, NULL, 10) + platforms);
            else
                wi_kv_set(all, moved, e->value);
        } else if ((moved = renumber(arena, e->key, platform, platforms)) != NULL) {
            wi_kv_set(all, moved, e->value);
        } else if (strncmp(e->key, icd, strlen(icd)) != 0 && wi_kv_get(all, e->key) == NULL) {
            wi_kv_set(all, e->key, e->value);
        }
    }
}

static void put_icd(struct wi_kv *all, enum wi_backend_id api, size_t i,
                    const struct wi_gpu_icd *icd, const struct answer *a) {
    struct wi_arena *arena = all->arena;
    const char *at = wi_arena_printf(arena, "%s.icd.%zu", wi_backend_id_name(api), i);
    const char *state = a->status, *reason = a->reason;
    if (strcmp(state, "ok") == 0) { /* it answered: did it load? */
        state = wi_kv_get(&a->kv, key(arena, api, "icd.0.state"));
        reason = wi_kv_get(&a->kv, key(arena, api, "icd.0.reason"));
    }
    wi_kv_set(all, wi_arena_printf(arena, "%s.file", at), icd->file);
    if (icd->library != NULL)
        wi_kv_set(all, wi_arena_printf(arena, "%s.library", at), icd->library);
    wi_kv_set(all, wi_arena_printf(arena, "%s.state", at), state != NULL ? state : "loaded");
    if (reason != NULL)
        wi_kv_set(all, wi_arena_printf(arena, "%s.reason", at), reason);
}

/* Asks every driver alone. `first` is the answer of all together: how that ended. */
static int ask_one_by_one(const struct wi_gpu_ask *ask, const struct answer *first,
                          struct wi_kv *all, struct wi_err *err) {
    struct wi_arena *arena = all->arena;
    struct wi_gpu_icd *icds;
    size_t count;
    unsigned devices = 0, platforms = 0, hangs = 0;
    wi_gpu_icd_list(ask->api, ask->env, arena, &icds, &count);
    wi_kv_setf(all, key(arena, ask->api, "icd_count"), "%zu", count);
    for (size_t i = 0; i < count; i++) {
        struct answer a = {.status = "skipped", .reason = "not asked: others hung before"};
        if (hangs < HANGS_MAX) {
            int status = run_child(ask, &icds[i], arena, &a, err);
            wi_buf_fini(&a.errors);
            if (status != WI_OK)
                return status;
            hangs += strcmp(a.status, "timeout") == 0;
        }
        put_icd(all, ask->api, i, &icds[i], &a);
        if (strcmp(a.status, "ok") != 0)
            continue;
        add_answer(all, &a, ask->api, devices, platforms);
        devices += count_of(&a, ask->api, "device_count");
        platforms += count_of(&a, ask->api, "platform_count");
    }
    wi_kv_setf(all, key(arena, ask->api, "device_count"), "%u", devices);
    wi_kv_set(all, key(arena, ask->api, "status"), devices > 0 ? "ok" : first->status);
    wi_kv_set(all, key(arena, ask->api, "reason"),
              wi_arena_printf(arena, "all drivers together: %s; asked one by one", first->reason));
    return WI_OK;
}

/* The first lines that the loader wrote to stderr. */
static void put_messages(struct wi_kv *all, enum wi_backend_id api, const struct wi_buf *errors) {
    size_t n = 0;
    for (const char *p = wi_buf_str(errors); *p != '\0' && n < MESSAGES_MAX;) {
        size_t line = strcspn(p, "\n");
        if (line > 0)
            wi_kv_set(all,
                      wi_arena_printf(all->arena, "%s.message.%zu", wi_backend_id_name(api), n++),
                      wi_arena_strndup(all->arena, p, line < 400 ? line : 400));
        p += line + (p[line] == '\n');
    }
}

int wi_gpu_ask(const struct wi_gpu_ask *ask, struct wi_buf *kv, struct wi_err *err) {
    struct wi_arena *arena = wi_arena_create();
    struct answer first = {0};
    struct wi_kv all;
    int status = WI_OK;
    wi_kv_init(&all, arena);
    if (getenv(CHILD_MARK) != NULL) {
        status = wi_fail(err, WI_INTERNAL,
                         "a GPU enumeration child was asked to enumerate GPUs: "
                         "the program does not know \"gpu-probe\"");
        goto done;
    }
    status = run_child(ask, NULL, arena, &first, err);
    if (status != WI_OK)
        goto done;
    if (strcmp(first.status, "ok") != 0)
        status = ask_one_by_one(ask, &first, &all, err);
    else
        all = first.kv;
    put_messages(&all, ask->api, &first.errors);
    if (status == WI_OK)
        wi_kv_print(&all, kv);
done:
    wi_buf_fini(&first.errors);
    wi_arena_destroy(arena);
    return status;
}
