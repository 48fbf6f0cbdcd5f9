/* gpu_icd.c: driver manifests of Vulkan and OpenCL.
 * SPDX-License-Identifier: Apache-2.0
 * Relies on: base/os.h for files; the documented search paths of the Khronos Vulkan loader and of
 * ocl-icd. Runs on the live machine only (never on a recording). */
#include "probes/gpu_icd.h"

#include "base/os.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum { ICD_MAX = 64, MANIFEST_LIMIT = 1 << 16 };

struct icd_list {
    struct wi_arena *arena;
    struct wi_gpu_icd *items;
    size_t count;
    enum wi_backend_id api;
    const char *const *env; /* before our own */
};

static bool ends_with(const char *s, const char *end) {
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static const char *env_or(const struct icd_list *list, const char *name, const char *otherwise) {
    const char *value = getenv(name);
    size_t n = strlen(name);
    for (const char *const *e = list->env; e != NULL && *e != NULL; e++)
        if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
            value = *e + n + 1;
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

/* The value of "library_path" in a Vulkan manifest. The loader parses the JSON; for a message and
 * a retry the quoted text after the key is enough. */
static char *json_library(struct wi_arena *arena, const char *text) {
    const char *p = strstr(text, "\"library_path\"");
    if (p == NULL || (p = strchr(p + strlen("\"library_path\""), '"')) == NULL)
        return NULL;
    const char *end = strchr(p + 1, '"');
    return end == NULL ? NULL : wi_arena_strndup(arena, p + 1, (size_t)(end - p - 1));
}

/* A path with a slash is relative to the manifest; a bare name is left to the linker's search. */
static const char *resolve(struct wi_arena *arena, const char *file, const char *library) {
    const char *slash = strrchr(file, '/');
    if (library[0] == '/' || strchr(library, '/') == NULL || slash == NULL)
        return library;
    return wi_arena_printf(arena, "%.*s/%s", (int)(slash - file), file, library);
}

static const char *manifest_library(const struct icd_list *list, const char *file) {
    struct wi_buf text = {0};
    char *library = NULL;
    if (wi_os_read_file(file, MANIFEST_LIMIT, &text, NULL) != WI_OK)
        goto done;
    if (list->api == WI_BACKEND_vulkan) {
        library = json_library(list->arena, wi_buf_str(&text));
    } else { /* an .icd file is one line: the library */
        const char *line = wi_buf_str(&text);
        line += strspn(line, " \t\r\n");
        library = wi_arena_strndup(list->arena, line, strcspn(line, "\r\n"));
    }
    if (library != NULL && library[0] == '\0')
        library = NULL;
done:
    wi_buf_fini(&text);
    return library == NULL ? NULL : resolve(list->arena, file, library);
}

static void add_file(struct icd_list *list, const char *file) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].file, file) == 0)
            return;
    if (list->count == ICD_MAX)
        return;
    list->items[list->count++] =
        (struct wi_gpu_icd){wi_arena_strdup(list->arena, file), manifest_library(list, file)};
}

static void add_folder(struct icd_list *list, const char *folder, const char *suffix) {
    char **names;
    size_t count;
    if (wi_os_list_dir(folder, list->arena, &names, &count, NULL) != WI_OK)
        return;
    for (size_t i = 0; i < count; i++)
        if (ends_with(names[i], suffix))
            add_file(list, wi_arena_printf(list->arena, "%s/%s", folder, names[i]));
}

/* Calls `use` for each part of a colon-separated list. */
static void each_part(struct icd_list *list, const char *parts,
                      void (*use)(struct icd_list *, const char *part)) {
    while (parts != NULL && *parts != '\0') {
        size_t n = strcspn(parts, ":");
        if (n > 0)
            use(list, wi_arena_strndup(list->arena, parts, n));
        parts += n + (parts[n] == ':');
    }
}

static void use_vulkan_folder(struct icd_list *list, const char *part) {
    add_folder(list, wi_arena_printf(list->arena, "%s/vulkan/icd.d", part), ".json");
}

static void use_vulkan_path(struct icd_list *list, const char *part) {
    if (ends_with(part, ".json"))
        add_file(list, part);
    else
        add_folder(list, part, ".json");
}

static void list_vulkan(struct icd_list *list) {
    const char *only = env_or(list, "VK_DRIVER_FILES", env_or(list, "VK_ICD_FILENAMES", NULL));
    if (only != NULL) {
        each_part(list, only, use_vulkan_path);
        return;
    }
    const char *home = env_or(list, "HOME", NULL);
    each_part(list, env_or(list, "VK_ADD_DRIVER_FILES", NULL), use_vulkan_path);
    if (env_or(list, "XDG_CONFIG_HOME", NULL) != NULL)
        use_vulkan_folder(list, env_or(list, "XDG_CONFIG_HOME", NULL));
    else if (home != NULL)
        use_vulkan_folder(list, wi_arena_printf(list->arena, "%s/.config", home));
    each_part(list, env_or(list, "XDG_CONFIG_DIRS", "/etc/xdg"), use_vulkan_folder);
    use_vulkan_folder(list, "/etc");
    if (env_or(list, "XDG_DATA_HOME", NULL) != NULL)
        use_vulkan_folder(list, env_or(list, "XDG_DATA_HOME", NULL));
    else if (home != NULL)
        use_vulkan_folder(list, wi_arena_printf(list->arena, "%s/.local/share", home));
    each_part(list, env_or(list, "XDG_DATA_DIRS", "/usr/local/share:/usr/share"),
              use_vulkan_folder);
}

static void list_opencl(struct icd_list *list) {
    const char *vendors =
        env_or(list, "OCL_ICD_VENDORS", env_or(list, "OPENCL_VENDOR_PATH", "/etc/OpenCL/vendors"));
    if (ends_with(vendors, ".icd"))
        add_file(list, vendors);
    else
        add_folder(list, vendors, ".icd");
}

void wi_gpu_icd_list(enum wi_backend_id api, const char *const *env, struct wi_arena *arena,
                     struct wi_gpu_icd **icds, size_t *count) {
    struct icd_list list = {arena, WI_NEW_ARRAY(arena, struct wi_gpu_icd, ICD_MAX), 0, api, env};
    if (api == WI_BACKEND_vulkan)
        list_vulkan(&list);
    else
        list_opencl(&list);
    *icds = list.items;
    *count = list.count;
}

/* "loaded" by the loader or loadable; else the linker's reason. A driver built for another
 * processor (32-bit beside 64-bit) is no fault of the machine. */
static const char *load_state(const struct wi_gpu_icd *icd, const char **reason) {
    *reason = NULL;
    if (icd->library == NULL) {
        *reason = "the manifest is unreadable or names no library";
        return "broken";
    }
    void *handle = dlopen(icd->library, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
    if (handle == NULL)
        handle = dlopen(icd->library, RTLD_LAZY | RTLD_LOCAL);
    if (handle != NULL) {
        dlclose(handle);
        return "loaded";
    }
    const char *why = dlerror();
    if (why != NULL && strstr(why, "ELF class") != NULL)
        return "other_architecture";
    *reason = why != NULL ? why : "the library does not load";
    return "broken";
}

void wi_gpu_icd_report(enum wi_backend_id api, struct wi_kv *kv) {
    const char *name = wi_backend_id_name(api);
    struct wi_gpu_icd *icds;
    size_t count;
    wi_gpu_icd_list(api, NULL, kv->arena, &icds, &count);
    wi_kv_setf(kv, wi_arena_printf(kv->arena, "%s.icd_count", name), "%zu", count);
    for (size_t i = 0; i < count; i++) {
        const char *reason;
        const char *at = wi_arena_printf(kv->arena, "%s.icd.%zu", name, i);
        const char *state = load_state(&icds[i], &reason);
        wi_kv_set(kv, wi_arena_printf(kv->arena, "%s.file", at), icds[i].file);
        if (icds[i].library != NULL)
            wi_kv_set(kv, wi_arena_printf(kv->arena, "%s.library", at), icds[i].library);
        wi_kv_set(kv, wi_arena_printf(kv->arena, "%s.state", at), state);
        if (reason != NULL)
            wi_kv_set(kv, wi_arena_printf(kv->arena, "%s.reason", at), reason);
    }
}
