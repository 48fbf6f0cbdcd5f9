/* fuzz_recording.c: any bytes as a recorded machine: refused, or redacted, probed and printed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The input is a list of files: one byte chooses the name, two bytes the length (low first), then
 * the content. For the name number 255 the content's first line is the name. */
#include "probes/env_parts.h"
#include "probes/probe.h"
#include "probes/redact.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
    "/machine.kv",
    "/dirs.kv",
    "/values.kv",
    "/absent.txt",
    "/vulkan.kv",
    "/opencl.kv",
    "/hwloc.xml",
    "/root/sys/class/dmi/id/product_uuid",
    "/root/sys/class/dmi/id/board_serial",
    "/root/sys/class/dmi/id/sys_vendor",
    "/root/proc/device-tree/model",
    "/root/proc/device-tree/compatible",
    "/root/proc/cpuinfo",
    "/root/proc/1/environ",
    "/root/proc/1/cgroup",
    "/root/proc/cmdline",
    "/root/proc/stat",
    "/root/proc/loadavg",
    "/root/proc/meminfo",
    "/root/proc/pressure/cpu",
    "/root/etc/os-release",
    "/root/etc/hostname",
    "/root/sys/class/net/eth0/address",
    "/root/sys/class/net/eth0/addr_assign_type",
    "/root/sys/class/net/eth0/device/uevent",
    "/root/sys/class/thermal/thermal_zone0/type",
    "/root/sys/class/thermal/thermal_zone0/temp",
    "/root/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq",
    "/root/sys/class/power_supply/BAT0/status",
    "/root/sys/bus/pci/devices/0000:01:00.0/uevent",
    "/root/sys/fs/cgroup/memory.max",
    "/root/sys/fs/cgroup/cpu.max",
    "/root/proc/self/cgroup",
    "/root/sys/devices/system/cpu/online",
    "/root/sys/devices/system/cpu/possible",
    "/root/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq",
    "/root/sys/class/dmi/id/chassis_type",
    "/root/system/build.prop",
};

enum { NAMED_INSIDE = 255 };

/* One file of the list; what its name allows to be wrong is refused in one sentence. */
static int take_one(struct wi_recording *recording, unsigned number, const char *bytes, size_t n,
                    struct wi_err *err) {
    char name[256];
    if (number != NAMED_INSIDE)
        return wi_recording_take(recording, names[number % WI_COUNT(names)], bytes, n, err);
    const char *end = memchr(bytes, '\n', n);
    size_t length = end ? (size_t)(end - bytes) : n;
    if (length >= sizeof(name) || memchr(bytes, '\0', length))
        return WI_OK; /* no file system has such a name */
    memcpy(name, bytes, length);
    name[length] = '\0';
    length = end ? length + 1 : length;
    return wi_recording_take(recording, name, bytes + length, n - length, err);
}

static int take_all(struct wi_recording *recording, const uint8_t *data, size_t size) {
    struct wi_err err = {0};
    for (size_t at = 0; size - at > 3;) {
        size_t n = data[at + 1] | (size_t)data[at + 2] << 8, left = size - at - 3;
        n = n < left ? n : left;
        int status = take_one(recording, data[at], (const char *)data + at + 3, n, &err);
        if (status != WI_OK && (status != WI_CORRUPT || !err.message[0]))
            abort(); /* refused, and not in one sentence */
        if (status != WI_OK)
            return status;
        at += 3 + n;
    }
    return WI_OK;
}

/* Nothing recorded may stop a probe, and probing it again prints the same. */
static void probe(struct wi_env *env, struct wi_buf *text) {
    struct wi_inventory *inventory = NULL;
    struct wi_conditions conditions;
    struct wi_err err = {0};
    if (wi_probe(env, NULL, &inventory, &err) != WI_OK ||
        wi_probe_conditions(env, 0, inventory->arena, &conditions, &err) != WI_OK)
        abort();
    wi_probe_print(inventory, text);
    wi_arena_destroy(inventory->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const unsigned char salt[32] = "salt";
    struct wi_recording *recording = wi_recording_create();
    struct wi_env *env = NULL;
    struct wi_buf first = {0}, second = {0};
    struct wi_err err = {0};
    if (take_all(recording, data, size) != WI_OK) {
        wi_recording_destroy(recording);
        return 0;
    }
    wi_redact(recording, salt);
    if (wi_env_replay_of(recording, &env, &err) != WI_OK)
        abort();
    probe(env, &first);
    probe(env, &second);
    if (strcmp(wi_buf_str(&first), wi_buf_str(&second)) != 0)
        abort();
    wi_buf_fini(&first);
    wi_buf_fini(&second);
    wi_env_destroy(env);
    return 0;
}
