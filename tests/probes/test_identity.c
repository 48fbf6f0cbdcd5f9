/* test_identity.c: which device, which configuration, which SKU, which software.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

#include "base/hash.h"
#include "probes/facts.h"
#include "probes/identity.h"

#define DMI_ID "/sys/class/dmi/id/"
#define UUID   "4c4c4544-0042-3510-8052-b9c04f4d4e32"

/* What was saved last, beside the recording that answers. */
struct saver {
    struct wi_env *inner;
    const struct wi_recording *said; /* what inner answers from */
    char dir[128], text[512];
    int status;
};

static int saver_read(void *state, const char *path, struct wi_buf *out) {
    struct saver *s = state;
    return s->inner->read_file(s->inner->state, path, out);
}

static int saver_list(void *state, const char *path, struct wi_arena *arena, char ***names,
                      size_t *count) {
    struct saver *s = state;
    return s->inner->list_dir(s->inner->state, path, arena, names, count);
}

static int saver_value(void *state, const char *name, struct wi_buf *out) {
    struct saver *s = state;
    wi_buf_clear(out);
    if (strncmp(name, "asset:", 6) != 0 || wi_recording_find(&s->said->values, "asset:"))
        return s->inner->value(s->inner->state, name, out);
    wi_buf_puts(out, name + 6); /* as the live environment */
    return name[6] ? WI_OK : WI_NOT_FOUND;
}

static int saver_save(void *state, const char *dir, const char *id, struct wi_err *err) {
    struct saver *s = state;
    snprintf(s->dir, sizeof(s->dir), "%s", dir);
    snprintf(s->text, sizeof(s->text), "%s", id);
    return s->status == WI_OK ? WI_OK : wi_fail(err, s->status, "%s: read-only", dir);
}

/* Probes the made machine's identity; `saver` may be NULL. */
static struct wi_inventory *identify(struct made *m, const struct wi_probe_options *options,
                                     struct saver *saver) {
    struct wi_inventory *inventory = WI_NEW(m->arena, struct wi_inventory);
    struct saver none = {0};
    struct wi_err err = {0};
    inventory->arena = m->arena;
    inventory->name = "test machine";
    inventory->cpu.name = "Test CPU";
    saver = saver ? saver : &none;
    saver->said = m->recording;
    saver->inner = made_env(m);
    struct wi_env env = {.state = saver,
                         .read_file = saver_read,
                         .list_dir = saver_list,
                         .value = saver_value,
                         .save_device_id = saver_save};
    assert_int_equal(wi_probe_identity(&env, options, inventory, &err), WI_OK);
    wi_env_destroy(saver->inner);
    m->recording = wi_recording_create();
    return inventory;
}

static const char *sha256(struct made *m, const char *text) {
    char hex[65];
    wi_sha256_hex(text, strlen(text), hex);
    return wi_arena_strdup(m->arena, hex);
}

static void add_nic(struct made *m, const char *name, const char *uevent, const char *assigned,
                    const char *address) {
    const char *folder = wi_arena_printf(m->arena, "/sys/class/net/%s", name);
    if (uevent)
        add_file(m, wi_arena_printf(m->arena, "%s/device/uevent", folder), uevent);
    add_file(m, wi_arena_printf(m->arena, "%s/addr_assign_type", folder), assigned);
    add_file(m, wi_arena_printf(m->arena, "%s/address", folder), address);
}

/* ---- device_id ---- */

static void the_product_uuid_is_hashed_with_prefix_and_source(void **state) {
    struct made *m = *state;
    add_file(m, DMI_ID "product_uuid", "4C4C4544-0042-3510-8052-B9C04F4D4E32\n");
    add_file(m, DMI_ID "product_serial", "5BRMN2X\n");
    struct wi_inventory *inventory = identify(m, NULL, NULL);
    assert_string_equal(inventory->identity.device_id,
                        sha256(m, "weighin-device-v1:dmi:product_uuid:" UUID));
    assert_string_equal(inventory->identity.source, "dmi:product_uuid");
    assert_string_equal(inventory->identity.strength, "strong");
    assert_null(wi_facts_value(&inventory->facts, "identity.advice"));
}

static void fillers_are_passed_over_in_the_order_of_strength(void **state) {
    struct made *m = *state;
    add_file(m, DMI_ID "product_uuid", "03000200-0400-0500-0006-000700080009\n");
    add_file(m, DMI_ID "product_serial", "5BRMN2X\n");
    struct wi_inventory *inventory = identify(m, NULL, NULL);
    assert_string_equal(inventory->identity.source, "dmi:product_serial");
    assert_string_equal(inventory->identity.device_id,
                        sha256(m, "weighin-device-v1:dmi:product_serial:5brmn2x"));
    assert_string_equal(wi_facts_value(&inventory->facts, "identity.product_uuid"), "blank");
}

static void a_board_serial_counts_with_a_card_that_stays(void **state) {
    struct made *m = *state;
    add_file(m, DMI_ID "product_uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff\n");
    add_file(m, DMI_ID "product_serial", "Default string\n");
    add_file(m, DMI_ID "board_serial", "BSN12345\n");
    add_dir(m, "/sys/class/net", "docker0/enp0s1/eth1/lo/usb0");
    add_nic(m, "docker0", NULL, "0\n", "e8:6a:64:00:00:01\n");
    add_nic(m, "enp0s1", "DRIVER=x\n", "3\n", "e8:6a:64:00:00:02\n");
    add_nic(m, "eth1", "DRIVER=igc\n", "0\n", "E8:6A:64:00:00:03\n");
    add_nic(m, "usb0", "DEVTYPE=usb_interface\n", "0\n", "e8:6a:64:00:00:04\n");
    struct wi_inventory *inventory = identify(m, NULL, NULL);
    assert_string_equal(inventory->identity.source, "dmi:board_serial+nic");
    assert_string_equal(
        inventory->identity.device_id,
        sha256(m, "weighin-device-v1:dmi:board_serial+nic:bsn12345+e8:6a:64:00:00:03"));
}

static void a_board_serial_without_a_lasting_address_does_not_count(void **state) {
    struct made *m = *state;
    add_file(m, DMI_ID "board_serial", "BSN12345\n");
    add_dir(m, "/sys/class/net", "eth0/wlan0");
    add_nic(m, "eth0", "DRIVER=virtio_net\n", "0\n", "02:42:ac:11:00:02\n");
    add_nic(m, "wlan0", "DRIVER=x\n", "0\n", "00:00:00:00:00:00\n");
    struct wi_inventory *inventory = identify(m, NULL, NULL);
    assert_string_equal(inventory->identity.source, "random");
}

static void a_soc_serial_names_boards_and_phones(void **state) {
    struct made *m = *state;
    wi_recording_add(m->recording, &m->recording->files, "/proc/device-tree/serial-number", WI_OK,
                     "10000000deadbeef\0", 17);
    struct wi_inventory *inventory = identify(m, NULL, NULL);
    assert_string_equal(inventory->identity.source, "soc:serial");
    assert_string_equal(inventory->identity.device_id,
                        sha256(m, "weighin-device-v1:soc:serial:10000000deadbeef"));
    add_file(m, "/proc/cpuinfo", "Revision\t: c0\nSerial\t\t: 10000000DEADBEEF\nModel\t: x\n");
    struct wi_inventory *again = identify(m, NULL, NULL);
    assert_string_equal(again->identity.device_id, inventory->identity.device_id);
}

static void without_hardware_the_id_is_random_weak_and_advised(void **state) {
    struct made *m = *state;
    add_no_file(m, DMI_ID "product_uuid", WI_UNAVAILABLE);
    add_value(m, "random", "00112233");
    struct wi_inventory *one = identify(m, NULL, NULL);
    assert_string_equal(one->identity.device_id, sha256(m, "weighin-device-v1:random:00112233"));
    assert_string_equal(one->identity.source, "random");
    assert_string_equal(one->identity.strength, "weak");
    assert_non_null(strstr(wi_facts_value(&one->facts, "identity.advice"), "--asset"));
    assert_int_equal(wi_facts_find(&one->facts, "identity.product_uuid")->known, WI_KNOWN_denied);
    add_value(m, "random", "44556677");
    assert_string_not_equal(identify(m, NULL, NULL)->identity.device_id, one->identity.device_id);
}

static void an_asset_id_is_taken_as_given_and_never_saved(void **state) {
    struct made *m = *state;
    struct wi_probe_options options = {.asset = " LAB-0042 ", .save_identity = true};
    struct saver saver = {0};
    add_file(m, DMI_ID "product_uuid", UUID);
    add_value(m, "device_id:", "device_id=x\n");
    struct wi_inventory *inventory = identify(m, &options, &saver);
    assert_string_equal(inventory->identity.device_id, "LAB-0042");
    assert_string_equal(inventory->identity.source, "asset");
    assert_string_equal(inventory->identity.strength, "strong");
    assert_string_equal(saver.text, "");
}

static void a_replay_keeps_the_recorded_asset_id(void **state) {
    struct made *m = *state;
    struct wi_probe_options options = {.asset = "of-the-replayer"};
    add_value(m, "asset:", "LAB-0042");
    assert_string_equal(identify(m, &options, NULL)->identity.device_id, "LAB-0042");
    wi_recording_add(m->recording, &m->recording->values, "asset:", WI_NOT_FOUND, "", 0);
    add_file(m, DMI_ID "product_uuid", UUID);
    assert_string_equal(identify(m, &options, NULL)->identity.source, "dmi:product_uuid");
}

static void an_empty_asset_id_is_none(void **state) {
    struct made *m = *state;
    struct wi_probe_options options = {.asset = ""};
    add_file(m, DMI_ID "product_uuid", UUID);
    assert_string_equal(identify(m, &options, NULL)->identity.source, "dmi:product_uuid");
}

static void a_new_id_is_saved_once_where_asked(void **state) {
    struct made *m = *state;
    struct wi_probe_options options = {.state_dir = "/state", .save_identity = true};
    struct saver saver = {0};
    add_file(m, DMI_ID "product_uuid", UUID);
    struct wi_inventory *first = identify(m, &options, &saver);
    assert_string_equal(saver.dir, "/state");
    assert_non_null(strstr(saver.text, first->identity.device_id));

    /* The next run finds it, and other hardware does not change it. */
    struct saver second = {0};
    add_value(m, "device_id:", saver.text);
    add_file(m, DMI_ID "product_serial", "OTHER1234\n");
    struct wi_inventory *next = identify(m, &options, &second);
    assert_string_equal(next->identity.device_id, first->identity.device_id);
    assert_string_equal(next->identity.source, "dmi:product_uuid");
    assert_string_equal(next->identity.strength, "strong");
    assert_string_equal(second.text, "");
    assert_null(wi_facts_value(&next->facts, "identity.doubt"));
}

static void nothing_is_saved_unless_asked(void **state) {
    struct made *m = *state;
    struct wi_probe_options options = {.state_dir = "/state"};
    struct saver saver = {0};
    add_file(m, DMI_ID "product_uuid", UUID);
    identify(m, &options, &saver);
    assert_string_equal(saver.text, "");
}

static void a_saved_random_id_stays_weak(void **state) {
    struct made *m = *state;
    struct wi_probe_options options = {.save_identity = true};
    struct saver saver = {0};
    add_value(m, "random", "00112233");
    struct wi_inventory *first = identify(m, &options, &saver);
    add_value(m, "random", "44556677");
    add_value(m, "device_id:", saver.text);
    struct wi_inventory *next = identify(m, &options, NULL);
    assert_string_equal(next->identity.device_id, first->identity.device_id);
    assert_string_equal(next->identity.strength, "weak");
}

static void a_copied_disk_is_doubted(void **state) {
    struct made *m = *state;
    add_file(m, DMI_ID "product_uuid", UUID);
    add_value(m, "device_id:",
              "device_id=0000000000000000000000000000000000000000000000000000000000000000\n"
              "source=dmi:product_uuid\nstrength=strong\n");
    struct wi_inventory *inventory = identify(m, NULL, NULL);
    assert_int_equal(inventory->identity.device_id[0], '0');
    assert_non_null(strstr(wi_facts_value(&inventory->facts, "identity.doubt"), "--asset"));
}

static void a_damaged_saved_id_is_told_and_not_used(void **state) {
    static const char *const damaged[] = {
        "", "garbage", "device_id=abc\nstrength=strong\n", "device_id=" UUID "\nstrength=strong\n",
        ("device_id=0000000000000000000000000000000000000000000000"
         "000000000000000000\nstrength=huge\n")};
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(damaged); i++) {
        add_file(m, DMI_ID "product_uuid", UUID);
        add_value(m, "device_id:", damaged[i]);
        struct wi_inventory *inventory = identify(m, NULL, NULL);
        assert_string_equal(inventory->identity.source, "dmi:product_uuid");
        assert_non_null(wi_facts_value(&inventory->facts, "identity.saved"));
    }
}

static void a_read_only_state_folder_is_a_fact_and_no_failure(void **state) {
    struct made *m = *state;
    struct wi_probe_options options = {.state_dir = "/state", .save_identity = true};
    struct saver saver = {.status = WI_IO};
    add_file(m, DMI_ID "product_uuid", UUID);
    struct wi_inventory *inventory = identify(m, &options, &saver);
    assert_string_equal(inventory->identity.source, "dmi:product_uuid");
    assert_non_null(strstr(wi_facts_value(&inventory->facts, "identity.saved"), "read-only"));
}

/* ---- hardware_id and sku_id ---- */

static struct wi_inventory *parts(struct made *m) {
    struct wi_inventory *inventory = WI_NEW(m->arena, struct wi_inventory);
    inventory->arena = m->arena;
    inventory->maker = "Dell Inc.";
    inventory->product = "XPS 13 9310";
    inventory->cpu = (struct wi_cpu){.name = "11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz",
                                     .vendor = "GenuineIntel",
                                     .stepping = wi_some_u64(1),
                                     .packages = 1,
                                     .cores = 4,
                                     .threads = 8};
    inventory->memory.total_bytes = wi_some_u64(UINT64_C(16463839232)); /* of 16 GiB */
    inventory->gpus = WI_NEW_ARRAY(m->arena, struct wi_gpu, 2);
    inventory->gpus[0] = (struct wi_gpu){.name = "Intel(R) Iris(R) Xe Graphics (TGL GT2)",
                                         .vendor_id = wi_some_u64(0x8086),
                                         .device_id = wi_some_u64(0x9a49),
                                         .pci = "0000:00:02.0",
                                         .uuid = "86809a49000000000000000000000000"};
    inventory->gpus[1] = (struct wi_gpu){.name = "llvmpipe", .software = true};
    inventory->gpu_count = 2;
    wi_identity_hardware(inventory);
    wi_identity_sku(inventory);
    return inventory;
}

static const char *hardware_again(struct wi_inventory *inventory) {
    wi_identity_hardware(inventory);
    return inventory->identity.hardware_id;
}

static void a_sku_is_readable_and_normalised(void **state) {
    assert_string_equal(parts(*state)->identity.sku_id,
                        "dell-inc/xps-13-9310/11th-gen-intel-core-i7-1185g7/8086-9a49/16gib");
    struct wi_inventory *bare = WI_NEW(((struct made *)*state)->arena, struct wi_inventory);
    bare->arena = ((struct made *)*state)->arena;
    wi_identity_sku(bare);
    assert_string_equal(bare->identity.sku_id, "unknown/unknown/unknown/no-gpu/unknown");
}

static void drivers_and_kernels_do_not_change_the_hardware(void **state) {
    struct wi_inventory *i = parts(*state);
    const char *before = i->identity.hardware_id;
    i->memory.total_bytes.value -= 100 << 20; /* a kernel keeps more for itself */
    i->gpus[0].name = "Mesa Intel(R) Xe Graphics";
    i->gpus[0].uuid = NULL;
    i->gpu_count = 1; /* llvmpipe removed */
    assert_string_equal(hardware_again(i), before);
    wi_identity_sku(i);
    assert_string_equal(i->identity.sku_id, parts(*state)->identity.sku_id);
}

static void a_gpu_without_a_driver_is_the_same_hardware(void **state) {
    struct made *m = *state;
    struct wi_inventory *i = parts(m);
    const char *before = i->identity.hardware_id;
    i->gpu_count = 0;
    i->unopened = WI_NEW(m->arena, struct wi_unopened_gpu);
    i->unopened[0] = (struct wi_unopened_gpu){.pci = "0000:00:02.0",
                                              .name = "Intel GPU 8086:9a49",
                                              .vendor_id = wi_some_u64(0x8086),
                                              .device_id = wi_some_u64(0x9a49)};
    i->unopened_count = 1;
    assert_string_equal(hardware_again(i), before);
}

static void other_parts_are_another_configuration(void **state) {
    struct wi_inventory *i = parts(*state);
    const char *before = i->identity.hardware_id;
    i->memory.total_bytes = wi_some_u64(UINT64_C(33000000000));
    assert_string_not_equal(hardware_again(i), before);
    i = parts(*state);
    i->cpu.stepping = wi_some_u64(2);
    assert_string_not_equal(hardware_again(i), before);
    i = parts(*state);
    i->gpus[0].device_id = wi_some_u64(0x9a60);
    assert_string_not_equal(hardware_again(i), before);
    i = parts(*state);
    i->gpu_count = 0;
    assert_string_not_equal(hardware_again(i), before);
}

static void memory_is_as_it_was_sold(void **state) {
    static const struct {
        uint64_t kib, mib;
    } cases[] = {{16077968, 16384}, {7852828, 8192},     {3880000, 4096}, {1945000, 2048},
                 {65706272, 65536}, {528000000, 524288}, {0, 0}};
    (void)state;
    for (size_t i = 0; i < WI_COUNT(cases); i++)
        assert_int_equal(wi_identity_memory_mib(wi_some_u64(cases[i].kib * 1024)), cases[i].mib);
    assert_int_equal(wi_identity_memory_mib((struct wi_maybe_u64){0}), 0);
}

/* ---- software_id ---- */

static void cpu_software_is_kernel_microcode_and_governor(void **state) {
    struct made *m = *state;
    struct wi_inventory *i = parts(m);
    add_value(m, "uname.sysname", "Linux");
    add_value(m, "uname.release", "6.1.0-25-amd64");
    add_dir(m, "/sys/devices/system/cpu/cpufreq", "boost/policy0/policy4");
    add_file(m, "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave\n");
    add_file(m, "/sys/devices/system/cpu/cpufreq/policy4/scaling_governor", "powersave\n");
    i->cpu.microcode = "0xa4";
    struct wi_env *env = made_env(m);
    wi_identity_software(env, i);
    assert_string_equal(i->identity.software_id[WI_BACKEND_cpu],
                        "Linux 6.1; microcode 0xa4; governor powersave");
    assert_null(i->identity.software_id[WI_BACKEND_vulkan]);
    assert_null(i->identity.software_id[WI_BACKEND_null]);
    wi_env_destroy(env);
}

static void gpu_software_is_driver_firmware_loader_and_api(void **state) {
    struct made *m = *state;
    struct wi_inventory *i = parts(m);
    struct wi_gpu_api real = {.api = WI_BACKEND_vulkan,
                              .driver_name = "radv",
                              .driver_version = "22.3.6",
                              .api_version = "1.3.230",
                              .loader = "1.3.239"};
    struct wi_gpu_api soft = {.api = WI_BACKEND_vulkan, .driver_name = "llvmpipe"};
    struct wi_gpu_api opencl = {.api = WI_BACKEND_opencl, .driver_name = "pocl"};
    struct wi_gpu_api softs[] = {soft, opencl};
    i->gpus[0].apis = &real;
    i->gpus[0].api_count = 1;
    i->gpus[1].apis = softs;
    i->gpus[1].api_count = 2;
    add_file(m, "/sys/bus/pci/devices/0000:00:02.0/vbios_version", "113-D41207\n");
    struct wi_env *env = made_env(m);
    wi_identity_software(env, i);
    assert_string_equal(i->identity.software_id[WI_BACKEND_vulkan],
                        "driver radv 22.3.6; firmware ? 113-D41207; loader 1.3.239; API 1.3.230");
    assert_string_equal(i->identity.software_id[WI_BACKEND_opencl],
                        "driver pocl unknown; firmware unknown; loader unknown; API unknown");
    wi_env_destroy(env);
}

/* ---- product ---- */

static struct wi_inventory *product(struct made *m) {
    struct wi_inventory *inventory = WI_NEW(m->arena, struct wi_inventory);
    struct wi_env *env = made_env(m);
    inventory->arena = m->arena;
    inventory->cpu.name = "Test CPU";
    wi_probe_product(env, inventory);
    wi_env_destroy(env);
    m->recording = wi_recording_create();
    return inventory;
}

static void products_are_named_as_people_name_them(void **state) {
    static const struct {
        const char *maker, *name, *version, *board_maker, *board, *expected;
    } cases[] = {
        {"Dell Inc.", "XPS 13 9310", "", "Dell Inc.", "0DXP1F", "Dell XPS 13 9310"},
        {"LENOVO", "20XW0055GE", "ThinkPad X1 Carbon Gen 9", "LENOVO", "20XW0055GE",
         "LENOVO ThinkPad X1 Carbon Gen 9"},
        {"HP", "HP EliteBook 840 G8", "", "HP", "880D", "HP EliteBook 840 G8"},
        {"To Be Filled By O.E.M.", "To Be Filled By O.E.M.", "", "ASRock", "B650M Pro RS",
         "ASRock B650M Pro RS"},
        {"Micro-Star International Co., Ltd.", "MS-7D25", "1.0", "Micro-Star", "PRO Z690-A",
         "Micro-Star International MS-7D25"},
        {"ASUSTeK COMPUTER INC.", "ASUS TUF Gaming A15 FA507NV_FA507NV", "1.0",
         "ASUSTeK COMPUTER INC.", "FA507NV", "ASUS TUF Gaming A15 FA507NV_FA507NV"},
        {"ASUSTeK COMPUTER INC.", "ROG Zephyrus G14", "", "", "",
         "ASUSTeK COMPUTER ROG Zephyrus G14"},
        {"Hewlett-Packard", "HP ProBook 450 G2", "", "", "", "HP ProBook 450 G2"},
        {"Micro-Star International Co., Ltd.", "MSI Katana 15", "", "", "", "MSI Katana 15"},
        {"Microtech", "Mi 5", "", "", "", "Microtech Mi 5"}, /* no brand: too short to tell */
        {"Acer", "Aspire A515-57", "", "", "", "Acer Aspire A515-57"},
        {"QEMU", "Standard PC (Q35 + ICH9, 2009)", "pc-q35-7.2", "", "",
         "QEMU Standard PC (Q35 + ICH9, 2009)"},
    };
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        add_file(m, DMI_ID "sys_vendor", cases[i].maker);
        add_file(m, DMI_ID "product_name", cases[i].name);
        add_file(m, DMI_ID "product_version", cases[i].version);
        add_file(m, DMI_ID "board_vendor", cases[i].board_maker);
        add_file(m, DMI_ID "board_name", cases[i].board);
        assert_string_equal(product(m)->name, cases[i].expected);
    }
}

static void boards_are_named_by_their_device_tree(void **state) {
    struct made *m = *state;
    wi_recording_add(m->recording, &m->recording->files, "/proc/device-tree/model", WI_OK,
                     "Raspberry Pi 5 Model B Rev 1.0", 31);
    wi_recording_add(m->recording, &m->recording->files, "/proc/device-tree/compatible", WI_OK,
                     "raspberrypi,5-model-b\0brcm,bcm2712", 35);
    struct wi_inventory *inventory = product(m);
    assert_string_equal(inventory->name, "Raspberry Pi 5 Model B Rev 1.0");
    assert_string_equal(inventory->maker, "Raspberry Pi");
}

static void a_machine_that_says_nothing_is_called_after_its_cpu(void **state) {
    struct wi_inventory *inventory = product(*state);
    assert_string_equal(inventory->name, "Test CPU");
    assert_null(inventory->maker);
    assert_null(inventory->product);
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(the_product_uuid_is_hashed_with_prefix_and_source),
        T(fillers_are_passed_over_in_the_order_of_strength),
        T(a_board_serial_counts_with_a_card_that_stays),
        T(a_board_serial_without_a_lasting_address_does_not_count),
        T(a_soc_serial_names_boards_and_phones),
        T(without_hardware_the_id_is_random_weak_and_advised),
        T(an_asset_id_is_taken_as_given_and_never_saved),
        T(a_replay_keeps_the_recorded_asset_id),
        T(an_empty_asset_id_is_none),
        T(a_new_id_is_saved_once_where_asked),
        T(nothing_is_saved_unless_asked),
        T(a_saved_random_id_stays_weak),
        T(a_copied_disk_is_doubted),
        T(a_damaged_saved_id_is_told_and_not_used),
        T(a_read_only_state_folder_is_a_fact_and_no_failure),
        T(a_sku_is_readable_and_normalised),
        T(drivers_and_kernels_do_not_change_the_hardware),
        T(a_gpu_without_a_driver_is_the_same_hardware),
        T(other_parts_are_another_configuration),
        T(memory_is_as_it_was_sold),
        T(cpu_software_is_kernel_microcode_and_governor),
        T(gpu_software_is_driver_firmware_loader_and_api),
        T(products_are_named_as_people_name_them),
        T(boards_are_named_by_their_device_tree),
        T(a_machine_that_says_nothing_is_called_after_its_cpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
