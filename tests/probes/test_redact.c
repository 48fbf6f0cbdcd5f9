/* test_redact.c: nothing tells who or which one, and everything else is as it was.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

#include "probes/blank.h"
#include "probes/redact.h"

static const unsigned char salt[32] = "a salt of thirty-two bytes here";

#define UUID   "4c4c4544-0042-3510-8052-b9c04f4d4e32"
#define SERIAL "5BRMN2X"
#define MAC    "e8:6a:64:12:ab:cd"
#define GPU    "8f2e1b6c0a4d4f7e9b3c5d6e7f809142"
#define SHORT  "A17"

static const char xml[] = "<topology version=\"2.0\"><object type=\"Machine\">\n"
                          "<info name=\"DMIProductUUID\" value=\"" UUID "\"/>\n"
                          "<info name=\"DMIProductName\" value=\"XPS 13 9310\"/>\n"
                          "<info name=\"DMIChassisAssetTag\" value=\"" SHORT "\"/>\n"
                          "<info name=\"HostName\" value=\"debian\"/>\n"
                          "<info name=\"OSName\" value=\"debian\"/>\n"
                          "<info name=\"Address\" value=\"" MAC "\"/>\n"
                          "</object></topology>\n";

static void add_personal_machine(struct made *m) {
    add_file(m, "/sys/class/dmi/id/product_uuid", UUID "\n");
    add_file(m, "/sys/class/dmi/id/product_serial", SERIAL "\n");
    add_file(m, "/sys/class/dmi/id/board_serial", "/" SERIAL "/CNCMC0012301AB/\n");
    add_file(m, "/sys/class/dmi/id/chassis_serial", SHORT "\n");
    add_file(m, "/sys/class/dmi/id/chassis_asset_tag", "Default string\n");
    add_file(m, "/sys/class/dmi/id/product_name", "XPS 13 9310\n");
    add_file(m, "/sys/class/net/enxe86a6412abcd/address", MAC "\n");
    add_file(m, "/sys/class/net/lo/address", "00:00:00:00:00:00\n");
    add_dir(m, "/sys/class/net", "enxe86a6412abcd/lo");
    add_file(m, "/etc/hostname", "debian\n");
    add_file(m, "/etc/os-release", "ID=debian\nNAME=\"Debian GNU/Linux\"\n");
    add_file(m, "/proc/cpuinfo", "Revision\t: c04170\nSerial\t\t: 10000000deadbeef\n");
    add_file(m, "/proc/cmdline",
             "root=UUID=" UUID
             " smsc95xx.macaddr=DC:A6:32:01:02:03 androidboot.serialno=R5CT90ABCDE");
    add_file(m, "/proc/1/cgroup",
             "0::/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
    add_no_file(m, "/home/alice/.config/weighin", WI_NOT_FOUND);
    add_value(m, "hostname", "debian");
    add_value(m, "user", "alice");
    add_value(m, "asset:", "LAB-0042");
    add_value(m, "uname.release", "6.1.0-25-amd64");
    add_value(m, "storage:", "path=/home/alice/models\nfree=10\ntotal=20\n");
    add_xml(m, xml);
    add_answer(m, "vulkan",
               "vulkan.device.0.name=Iris Xe\nvulkan.device.0.device_uuid=" GPU "\n"
               "vulkan.icd.0.file=/home/alice/.local/share/vulkan/icd.d/x.json\n"
               "vulkan.device.0.pci=0000:00:02.0\n");
    add_answer(m, "opencl", "opencl.device.0.device_uuid=" GPU "\n");
}

/* All of the recording as one text. */
static const char *all(struct made *m) {
    struct wi_recording *r = m->recording;
    struct wi_buf out = {0};
    const struct wi_rec_entries *lists[] = {&r->files, &r->values, &r->answers};
    for (size_t l = 0; l < WI_COUNT(lists); l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            wi_buf_printf(&out, "%s: %s\n", lists[l]->items[i].name, lists[l]->items[i].bytes);
    for (size_t i = 0; i < r->dirs.count; i++)
        for (size_t k = 0; k < r->dirs.items[i].count; k++)
            wi_buf_printf(&out, "%s: %s\n", r->dirs.items[i].path, r->dirs.items[i].names[k]);
    wi_buf_puts(&out, r->xml.name ? r->xml.bytes : "");
    const char *text = wi_arena_strdup(m->arena, wi_buf_str(&out));
    wi_buf_fini(&out);
    return text;
}

static const char *file(struct made *m, const char *path) {
    const struct wi_rec_entry *entry = wi_recording_find(&m->recording->files, path);
    if (!entry)
        fail_msg("%s is gone", path);
    return entry->bytes;
}

static void nothing_personal_is_left(void **state) {
    static const char *const secrets[] = {UUID,
                                          SERIAL,
                                          "CNCMC0012301AB",
                                          MAC,
                                          "e86a6412abcd",
                                          "10000000deadbeef",
                                          "DC:A6:32:01:02:03",
                                          "R5CT90ABCDE",
                                          "0123456789abcdef0123456789abcdef",
                                          "alice",
                                          GPU,
                                          "\"" SHORT "\"",
                                          SHORT "\n",
                                          "hostname: debian",
                                          "LAB-0042"};
    struct made *m = *state;
    add_personal_machine(m);
    const char *before = all(m);
    wi_redact(m->recording, salt);
    const char *after = all(m);
    for (size_t i = 0; i < WI_COUNT(secrets); i++) {
        assert_non_null(strstr(before, secrets[i]));
        if (strstr(after, secrets[i]))
            fail_msg("\"%s\" is left in:\n%s", secrets[i], after);
    }
}

static void what_tells_what_it_is_stays(void **state) {
    static const char *const kept[] = {"XPS 13 9310",
                                       "ID=debian\nNAME=\"Debian GNU/Linux\"",
                                       "Default string",
                                       "00:00:00:00:00:00",
                                       "6.1.0-25-amd64",
                                       "<info name=\"OSName\" value=\"debian\"/>",
                                       "Iris Xe",
                                       "Revision\t: c04170",
                                       "0000:00:02.0",
                                       "free=10",
                                       "/.local/share/vulkan/icd.d/x.json"};
    struct made *m = *state;
    add_personal_machine(m);
    wi_redact(m->recording, salt);
    const char *after = all(m);
    for (size_t i = 0; i < WI_COUNT(kept); i++)
        if (!strstr(after, kept[i]))
            fail_msg("\"%s\" is gone from:\n%s", kept[i], after);
}

static void what_was_equal_stays_equal(void **state) {
    struct made *m = *state;
    add_personal_machine(m);
    wi_redact(m->recording, salt);
    const char *uuid = file(m, "/sys/class/dmi/id/product_uuid");
    uuid = wi_arena_strndup(m->arena, uuid, strlen(uuid) - 1);
    assert_non_null(strstr(m->recording->xml.bytes, uuid));
    assert_non_null(strstr(file(m, "/proc/cmdline"), uuid));
    const char *vulkan = strstr(m->recording->answers.items[0].bytes, "device_uuid=") + 12;
    const char *opencl = strstr(m->recording->answers.items[1].bytes, "device_uuid=") + 12;
    assert_memory_equal(vulkan, opencl, 32);
}

static void interfaces_keep_the_link_between_name_folder_and_address(void **state) {
    struct made *m = *state;
    add_personal_machine(m);
    wi_redact(m->recording, salt);
    const char *name = m->recording->dirs.items[0].names[0];
    assert_string_not_equal(name, "enxe86a6412abcd");
    const char *address = file(m, wi_arena_printf(m->arena, "/sys/class/net/%s/address", name));
    assert_int_equal(strlen(address), strlen(MAC "\n"));
    assert_memory_equal(address, name + 3, 2); /* enxAB...: AB:... */
    assert_non_null(
        strstr(m->recording->xml.bytes, wi_arena_strndup(m->arena, address, strlen(MAC))));
}

static void forms_survive(void **state) {
    struct made *m = *state;
    add_personal_machine(m);
    wi_redact(m->recording, salt);
    const char *uuid = file(m, "/sys/class/dmi/id/product_uuid");
    assert_int_equal(strlen(uuid), 37);
    for (size_t i = 0; i < 36; i++)
        assert_int_equal(uuid[i] == '-', i == 8 || i == 13 || i == 18 || i == 23);
    assert_int_equal(uuid[36], '\n');
    const char *address = strstr(m->recording->xml.bytes, "Address\" value=\"") + 16;
    assert_int_equal(address[1], '8'); /* e8: given by the maker, for one station */
    assert_false(wi_blank(uuid));
}

static void the_user_of_a_home_folder_is_the_user(void **state) {
    struct made *m = *state;
    add_personal_machine(m);
    wi_redact(m->recording, salt);
    const char *user = wi_recording_find(&m->recording->values, "user")->bytes;
    const char *storage = wi_recording_find(&m->recording->values, "storage:")->bytes;
    const char *home = wi_arena_printf(m->arena, "path=/home/%s/models\n", user);
    assert_memory_equal(user, "user-", 5);
    assert_memory_equal(storage, home, strlen(home));
}

static void another_salt_gives_other_stand_ins(void **state) {
    struct made *m = *state;
    struct made other = {.arena = m->arena, .recording = wi_recording_create()};
    static const unsigned char pepper[32] = "another salt of 32 bytes, really";
    add_personal_machine(m);
    add_personal_machine(&other);
    wi_redact(m->recording, salt);
    wi_redact(other.recording, pepper);
    assert_string_not_equal(file(m, "/sys/class/dmi/id/product_uuid"),
                            file(&other, "/sys/class/dmi/id/product_uuid"));
    wi_recording_destroy(other.recording);
    other.recording = wi_recording_create();
    add_personal_machine(&other);
    wi_redact(other.recording, salt);
    assert_string_equal(all(m), all(&other));
    wi_recording_destroy(other.recording);
}

static void root_and_localhost_are_nobody(void **state) {
    struct made *m = *state;
    add_value(m, "user", "root");
    add_value(m, "hostname", "localhost");
    wi_redact(m->recording, salt);
    assert_string_equal(m->recording->values.items[0].bytes, "root");
    assert_string_equal(m->recording->values.items[1].bytes, "localhost");
}

static void fillers_are_blank_and_serials_are_not(void **state) {
    static const char *const blank[] = {"",
                                        " ",
                                        "To be filled by O.E.M.",
                                        "Default string\n",
                                        "00000000-0000-0000-0000-000000000000",
                                        "FFFFFFFF-ffff-FFFF-FFFF-FFFFFFFFFFFF",
                                        "Not Specified",
                                        "System Serial Number",
                                        "....",
                                        "0",
                                        "03000200-0400-0500-0006-000700080009"};
    static const char *const real[] = {UUID, SERIAL, MAC, "PF2ABCDE", "VMware-56 4d 01"};
    (void)state;
    assert_true(wi_blank(NULL));
    for (size_t i = 0; i < WI_COUNT(blank); i++)
        if (!wi_blank(blank[i]))
            fail_msg("\"%s\" identifies nothing", blank[i]);
    for (size_t i = 0; i < WI_COUNT(real); i++)
        if (wi_blank(real[i]))
            fail_msg("\"%s\" is a real value", real[i]);
}

static void a_recording_is_redacted_unless_raw(void **state) {
    struct made *m = *state;
    struct wi_env *env, *replay;
    struct wi_err err = {0};
    add_personal_machine(m);
    assert_int_equal(wi_env_record_of(made_env(m), m->folder, false, &env, &err), WI_OK);
    const char *path = "/sys/class/dmi/id/product_uuid";
    assert_string_equal(wi_env_text(env, m->arena, path, NULL), UUID);
    assert_int_equal(wi_env_finish(env, &err), WI_OK);
    wi_env_destroy(env);
    assert_int_equal(wi_env_replay(m->folder, &replay, &err), WI_OK);
    assert_string_not_equal(wi_env_text(replay, m->arena, path, NULL), UUID);
    wi_env_destroy(replay);
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_personal_is_left),
        T(what_tells_what_it_is_stays),
        T(what_was_equal_stays_equal),
        T(interfaces_keep_the_link_between_name_folder_and_address),
        T(forms_survive),
        T(the_user_of_a_home_folder_is_the_user),
        T(another_salt_gives_other_stand_ins),
        T(root_and_localhost_are_nobody),
        T(fillers_are_blank_and_serials_are_not),
        T(a_recording_is_redacted_unless_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
