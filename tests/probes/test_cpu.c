/* test_cpu.c: topology, kinds of cores, cpuset, quota and clocks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/probes/recorded.h"

#include "probes/cpu.h"
#include "probes/facts.h"

#define CG   "/sys/fs/cgroup"
#define CPUS "/sys/devices/system/cpu"

/* `hypervisor` NULL: none */
static struct wi_inventory *look_under(struct made *m, const char *hypervisor) {
    struct wi_inventory *inventory = WI_NEW(m->arena, struct wi_inventory);
    struct wi_env *env = made_env(m);
    inventory->arena = m->arena;
    inventory->software.hypervisor = hypervisor;
    wi_probe_cpu(env, inventory);
    wi_env_destroy(env);
    m->recording = wi_recording_create();
    return inventory;
}

static struct wi_inventory *look(struct made *m) {
    return look_under(m, NULL);
}

static void expect_kind(struct made *m, const struct wi_cpu *cpu, size_t which, const char *name,
                        unsigned cores, const char *cpus) {
    assert_true(which < cpu->kind_count);
    const struct wi_core_kind *k = &cpu->kinds[which];
    assert_string_equal(k->name, name);
    assert_int_equal(k->cores, cores);
    assert_string_equal(wi_cpu_list_text(m->arena, k->cpus, k->cpu_count), cpus);
}

/* ---- lists ---- */

static void lists_are_read_and_written(void **state) {
    static const char *const cases[][2] = {{"0", "0"},        {"0-3,8", "0-3,8"}, {"0,1", "0,1"},
                                           {"0-1", "0,1"},    {"7,5,6", "7,5,6"}, {"2-2", "2"},
                                           {"0,2,4", "0,2,4"}};
    struct made *m = *state;
    struct wi_cpu_list list;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        assert_true(wi_cpu_list_parse(m->arena, cases[i][0], &list));
        assert_string_equal(wi_cpu_list_text(m->arena, list.items, list.count), cases[i][1]);
    }
}

static void what_is_no_list_is_refused(void **state) {
    static const char *const damaged[] = {
        "",       "-",   "3-",    "-3",  "4-2", "0,,1",     "a-b", "0-9999",
        "999999", "0 1", "0-3-5", "0x1", ",1",  "0-8191,0", "1.5", "0-18446744073709551615"};
    struct made *m = *state;
    struct wi_cpu_list list;
    for (size_t i = 0; i < WI_COUNT(damaged); i++)
        if (wi_cpu_list_parse(m->arena, damaged[i], &list))
            fail_msg("\"%s\" passed as a list", damaged[i]);
}

/* ---- kinds ---- */

static void add_strength(struct made *m, struct wi_cpu_topology *t, int rank, const char *type,
                         uint64_t capacity, uint64_t mhz, unsigned cores) {
    struct wi_maybe_u64 none = {0};
    *WI_PUSH(m->arena, &t->strengths, struct wi_cpu_strength) = (struct wi_cpu_strength){
        rank >= 0 ? wi_some_u64((uint64_t)rank) : none, type,
        capacity ? wi_some_u64(capacity) : none, mhz ? wi_some_u64(mhz) : none};
    for (unsigned i = 0; i < cores; i++) {
        struct wi_cpu_thread *thread = WI_PUSH(m->arena, &t->threads, struct wi_cpu_thread);
        *thread = (struct wi_cpu_thread){.cpu = (unsigned)t->threads.count - 1,
                                         .core = t->cores++,
                                         .strength = t->strengths.count - 1,
                                         .allowed = true};
    }
}

static void favoured_cores_are_no_kind_of_their_own(void **state) {
    struct made *m = *state;
    struct wi_cpu_topology t = {0};
    struct wi_cpu cpu = {0};
    add_strength(m, &t, 0, NULL, 0, 5400, 6);
    add_strength(m, &t, 1, NULL, 0, 5700, 2);
    wi_cpu_kinds(m->arena, &t, NULL, &cpu);
    assert_int_equal(cpu.kind_count, 1);
    expect_kind(m, &cpu, 0, "uniform", 8, "6,7,0-5"); /* the fast ones first all the same */
    assert_int_equal(cpu.kinds[0].max_mhz.value, 5700);
}

static void three_makes_are_three_kinds(void **state) {
    struct made *m = *state;
    struct wi_cpu_topology t = {0};
    struct wi_cpu cpu = {0};
    add_strength(m, &t, 0, NULL, 279, 2265, 2);
    add_strength(m, &t, 1, NULL, 799, 2956, 3);
    add_strength(m, &t, 2, NULL, 851, 3148, 2);
    add_strength(m, &t, 3, NULL, 1024, 3302, 1);
    wi_cpu_kinds(m->arena, &t, NULL, &cpu);
    assert_int_equal(cpu.kind_count, 3);
    expect_kind(m, &cpu, 0, "performance", 1, "7");
    expect_kind(m, &cpu, 1, "mid", 5, "5,6,2-4");
    expect_kind(m, &cpu, 2, "efficiency", 2, "0,1");
}

static void unranked_makes_are_told_apart_by_their_clock(void **state) {
    struct made *m = *state;
    struct wi_cpu_topology t = {0};
    struct wi_cpu cpu = {0};
    add_strength(m, &t, -1, NULL, 0, 4700, 2); /* the strong ones come first here */
    add_strength(m, &t, -1, NULL, 0, 3300, 4);
    wi_cpu_kinds(m->arena, &t, NULL, &cpu);
    expect_kind(m, &cpu, 0, "performance", 2, "0,1");
    expect_kind(m, &cpu, 1, "efficiency", 4, "2-5");
}

static void nothing_known_is_uniform(void **state) {
    struct made *m = *state;
    struct wi_cpu_topology t = {0};
    struct wi_cpu cpu = {0};
    add_strength(m, &t, -1, NULL, 0, 0, 2);
    add_strength(m, &t, -1, NULL, 0, 0, 2);
    wi_cpu_kinds(m->arena, &t, NULL, &cpu);
    assert_int_equal(cpu.kind_count, 1);
    expect_kind(m, &cpu, 0, "uniform", 4, "0-3");
    assert_int_equal(cpu.kinds[0].max_mhz.known, WI_KNOWN_unknown);
}

static void a_make_that_no_thread_has_makes_no_kind(void **state) {
    struct made *m = *state;
    struct wi_cpu_topology t = {0};
    struct wi_cpu cpu = {0};
    add_strength(m, &t, 0, "IntelAtom", 0, 3400, 4);
    add_strength(m, &t, 1, "IntelCore", 0, 4700, 2);
    add_strength(m, &t, -1, NULL, 0, 0, 0);
    wi_cpu_kinds(m->arena, &t, NULL, &cpu);
    assert_int_equal(cpu.kind_count, 2);
    expect_kind(m, &cpu, 1, "efficiency", 4, "0-3");
}

static void kinds_hold_allowed_threads_only(void **state) {
    struct made *m = *state;
    struct wi_cpu_topology t = {0};
    struct wi_cpu_list allowed;
    struct wi_cpu cpu = {0};
    add_strength(m, &t, 0, NULL, 0, 2000, 4);
    add_strength(m, &t, 1, NULL, 0, 3000, 4);
    assert_true(wi_cpu_list_parse(m->arena, "1,3", &allowed));
    wi_cpu_kinds(m->arena, &t, &allowed, &cpu);
    assert_int_equal(cpu.allowed_threads, 2);
    expect_kind(m, &cpu, 0, "performance", 4, ""); /* it is there, and not ours */
    expect_kind(m, &cpu, 1, "efficiency", 4, "1,3");
}

/* ---- without hwloc ---- */

static struct wi_cpu_topology sysfs(struct made *m) {
    struct wi_cpu_topology t;
    struct wi_env *env = made_env(m);
    wi_cpu_topology_sysfs(env, m->arena, &t);
    wi_env_destroy(env);
    m->recording = wi_recording_create();
    return t;
}

static void add_cpu(struct made *m, unsigned cpu, const char *siblings, const char *package) {
    add_file(m, wi_arena_printf(m->arena, CPUS "/cpu%u/topology/thread_siblings_list", cpu),
             siblings);
    add_file(m, wi_arena_printf(m->arena, CPUS "/cpu%u/topology/physical_package_id", cpu),
             package);
}

static void add_cache(struct made *m, unsigned cpu, unsigned index, const char *level,
                      const char *type, const char *size, const char *shared) {
    const char *folder = wi_arena_printf(m->arena, CPUS "/cpu%u/cache/index%u", cpu, index);
    add_file(m, wi_arena_printf(m->arena, "%s/level", folder), level);
    add_file(m, wi_arena_printf(m->arena, "%s/type", folder), type);
    add_file(m, wi_arena_printf(m->arena, "%s/size", folder), size);
    add_file(m, wi_arena_printf(m->arena, "%s/shared_cpu_list", folder), shared);
    add_file(m, wi_arena_printf(m->arena, "%s/coherency_line_size", folder), "64\n");
}

static void sysfs_gives_cores_packages_nodes_and_caches(void **state) {
    struct made *m = *state;
    add_file(m, CPUS "/online", "0-3\n");
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        const char *pair = cpu % 2 ? "1,3\n" : "0,2\n";
        add_cpu(m, cpu, pair, cpu % 2 ? "1\n" : "0\n");
        add_cache(m, cpu, 0, "1\n", "Data\n", "48K\n", pair);
        add_cache(m, cpu, 1, "3\n", "Unified\n", "2M\n", "0-3\n");
    }
    add_dir(m, "/sys/devices/system/node", "has_cpu/node0/node1/nodes/possible");
    struct wi_cpu_topology t = sysfs(m);
    assert_int_equal(t.packages, 2);
    assert_int_equal(t.cores, 2);
    assert_int_equal(t.numa_nodes, 2);
    assert_int_equal(t.threads.count, 4);
    assert_int_equal(t.threads.items[2].rank, 1);
    assert_int_equal(t.caches.count, 2);
    assert_int_equal(t.caches.items[0].bytes, 48 * 1024);
    assert_int_equal(t.caches.items[0].instances, 2);
    assert_int_equal(t.caches.items[0].shared_threads, 2);
    assert_int_equal(t.caches.items[0].type, 'd');
    assert_int_equal(t.caches.items[1].bytes, 2 << 20);
    assert_int_equal(t.caches.items[1].instances, 1);
    assert_int_equal(t.caches.items[1].line_bytes, 64);
}

static void sysfs_tells_hybrid_cores_apart(void **state) {
    struct made *m = *state;
    struct wi_cpu cpu = {0};
    add_file(m, CPUS "/online", "0-3\n");
    add_file(m, "/sys/devices/cpu_core/cpus", "0-1\n");
    add_file(m, "/sys/devices/cpu_atom/cpus", "2-3\n");
    struct wi_cpu_topology t = sysfs(m);
    wi_cpu_kinds(m->arena, &t, NULL, &cpu);
    expect_kind(m, &cpu, 0, "performance", 2, "0,1");
    expect_kind(m, &cpu, 1, "efficiency", 2, "2,3");
    add_file(m, CPUS "/online", "0-1\n");
    add_file(m, CPUS "/cpu0/cpu_capacity", "400\n");
    add_file(m, CPUS "/cpu1/cpu_capacity", "1024\n");
    t = sysfs(m);
    wi_cpu_kinds(m->arena, &t, NULL, &cpu);
    expect_kind(m, &cpu, 0, "performance", 1, "1");
}

static void damaged_sysfs_leaves_a_processor(void **state) {
    struct made *m = *state;
    struct wi_cpu_topology t = sysfs(m);
    assert_int_equal(t.threads.count, 1);
    assert_int_equal(t.cores, 1);
    assert_int_equal(t.packages, 1);
    assert_int_equal(t.numa_nodes, 1);
    add_file(m, CPUS "/online", "garbage\n");
    add_value(m, "online_cpus", "3");
    add_cpu(m, 0, "7\n", "-1\n"); /* siblings that leave the thread itself out */
    add_cache(m, 0, 0, "9\n", "?\n", "-1K\n", "x\n");
    add_cache(m, 0, 1, "1\n", "Data\n", "0K\n", "0\n");
    t = sysfs(m);
    assert_int_equal(t.threads.count, 3);
    assert_int_equal(t.cores, 3);
    assert_int_equal(t.caches.count, 0);
    add_file(m, "/proc/cpuinfo", "processor\t: 0\n\nprocessor\t: 1\n");
    assert_int_equal(sysfs(m).threads.count, 2);
}

static void why_there_is_no_hwloc_is_a_fact(void **state) {
    static const char *const damaged[] = {
        NULL, "", "<", "<topology>", "<?xml version=\"1.0\"?>", "no xml at all"};
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(damaged); i++) {
        add_file(m, CPUS "/online", "0-4\n");
        if (damaged[i])
            add_xml(m, damaged[i]);
        struct wi_inventory *inventory = look(m);
        const char *how = wi_facts_value(&inventory->facts, "cpu.topology");
        assert_int_equal(inventory->cpu.threads, 5);
        assert_int_equal(inventory->cpu.allowed_threads, 5);
        if (!how || strncmp(how, "without hwloc: ", 15) != 0)
            fail_msg("topology: %s", how ? how : "no fact");
    }
}

/* ---- hwloc's XML ---- */

static struct wi_cpu_topology from_xml(struct made *m, const char *xml) {
    struct wi_cpu_topology t = {0};
    struct wi_err err = {0};
    if (wi_cpu_topology_xml(xml, m->arena, &t, &err) != WI_OK)
        fail_msg("%s", err.message);
    return t;
}

#define PU(cpu) "<object type=\"PU\" os_index=\"" #cpu "\"/>"

static void the_tree_is_read(void **state) {
    struct wi_cpu_topology t =
        from_xml(*state, "<?xml version=\"1.0\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
                         "<!-- a > comment <object type=\"PU\" os_index=\"9\"/> -->\n"
                         "<topology version=\"2.0\"><object type=\"Machine\" cpuset=\"0xf\">"
                         "<object type=\"Package\"><info name=\"CPUModel\" value=\"A Chip\"/>"
                         "<object type=\"NUMANode\"/>"
                         "<object type=\"L2Cache\" cache_size=\"1048576\" depth=\"2\" "
                         "cache_linesize=\"64\" cache_type=\"0\">"
                         "<object type=\"Core\">" PU(0)
                             PU(2) "</object>"
                                   "<object type=\"Core\">" PU(1)
                                       PU(3) "</object>"
                                             "</object></object></object></topology>");
    assert_int_equal(t.packages, 1);
    assert_int_equal(t.cores, 2);
    assert_int_equal(t.numa_nodes, 1);
    assert_int_equal(t.threads.count, 4);
    assert_int_equal(t.threads.items[1].cpu, 2);
    assert_int_equal(t.threads.items[1].rank, 1);
    assert_int_equal(t.threads.items[2].core, 1);
    assert_int_equal(t.caches.count, 1);
    assert_int_equal(t.caches.items[0].shared_threads, 4);
    assert_int_equal(t.caches.items[0].type, 'u');
    assert_string_equal(t.name, "A Chip");
}

/* Word by word from the highest, "" for none set, "0xf...f" for all above. */
static void sets_are_read_as_hwloc_writes_them(void **state) {
    static const struct {
        const char *set;
        bool cpu1, cpu33, cpu64;
    } cases[] = {
        {"0x00000002", true, false, false},
        {"0x00000002,0x0", false, true, false},
        {"0x00000001,,0x00000002", true, false, true},
        {"0xf...f,0x0", false, true, true},
        {"0xf...f", true, true, true},
        {"0x0", false, false, false},
        {"", false, false, false},
        {",,,,", false, false, false},
        {"garbage", false, false, false},
    };
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(cases); i++) {
        struct wi_cpu_topology t = from_xml(
            m, wi_arena_printf(m->arena,
                               "<topology><object type=\"Machine\" allowed_cpuset=\"%s\">" PU(1)
                                   PU(33) PU(64) "</object></topology>",
                               cases[i].set));
        assert_int_equal(t.cores, 3); /* threads without a core are cores */
        if (t.threads.items[0].allowed != cases[i].cpu1 ||
            t.threads.items[1].allowed != cases[i].cpu33 ||
            t.threads.items[2].allowed != cases[i].cpu64)
            fail_msg("\"%s\" is read wrongly", cases[i].set);
    }
}

static void the_first_kind_that_claims_a_thread_has_it(void **state) {
    struct made *m = *state;
    struct wi_cpu cpu = {0};
    struct wi_cpu_topology t = from_xml(
        m, "<topology><object type=\"Machine\">" PU(0) PU(1)
               PU(2) "</object>"
                     "<cpukind cpuset=\"0x1\"><info name=\"CoreType\" value=\"IntelAtom\"/>"
                     "</cpukind>"
                     "<cpukind cpuset=\"0x7\"><info name=\"CoreType\" value=\"IntelCore\"/>"
                     "<info name=\"FrequencyMaxMHz\" value=\"4700\"/></cpukind>"
                     "<cpukind/><cpukind cpuset=\"0xf...f\"/></topology>");
    wi_cpu_kinds(m->arena, &t, NULL, &cpu);
    assert_int_equal(cpu.kind_count, 2);
    expect_kind(m, &cpu, 0, "performance", 2, "1,2");
    expect_kind(m, &cpu, 1, "efficiency", 1, "0");
    assert_int_equal(cpu.kinds[0].max_mhz.value, 4700);
}

static void damaged_xml_is_refused_in_one_sentence(void **state) {
    static const char *const damaged[] = {
        "",
        "<",
        "<>",
        "</>",
        "</topology>",
        "<topology>",
        "<topology/>",
        "<!-- never ends",
        "<topology><object type=\"PU\" os_index=\"0\"",
        "<topology><object type=\"PU\" os_index=\"0\"/>",
        "<object type=\"PU\" os_index=\"0/>",
        "<object type=\"PU\" os_index=\"8192\"/>",
        "<object type=\"PU\" os_index=\"-1\"/>",
        "<object type=\"Machine\" x=\" type='PU' os_index='1'\"/>",
    };
    struct made *m = *state;
    for (size_t i = 0; i < WI_COUNT(damaged); i++) {
        struct wi_cpu_topology t = {.cores = 77};
        struct wi_err err = {0};
        if (wi_cpu_topology_xml(damaged[i], m->arena, &t, &err) != WI_CORRUPT || t.cores != 77 ||
            !err.message[0])
            fail_msg("\"%s\": %s", damaged[i], err.message);
    }
}

static void xml_that_nests_without_end_is_refused(void **state) {
    struct made *m = *state;
    struct wi_buf text = {0};
    struct wi_cpu_topology t;
    struct wi_err err = {0};
    for (int i = 0; i < 100000; i++)
        wi_buf_puts(&text, "<object type=\"Core\">");
    assert_int_equal(wi_cpu_topology_xml(wi_buf_str(&text), m->arena, &t, &err), WI_CORRUPT);
    wi_buf_fini(&text);
}

/* ---- cpuset ---- */

static void the_affinity_is_what_may_be_used(void **state) {
    struct made *m = *state;
    add_file(m, CPUS "/online", "0-7\n");
    add_value(m, "sched_affinity", "2,4-5");
    struct wi_inventory *i = look(m);
    assert_int_equal(i->cpu.threads, 8);
    assert_int_equal(i->cpu.allowed_threads, 3);
    expect_kind(m, &i->cpu, 0, "uniform", 8, "2,4,5");
    assert_string_equal(wi_facts_value(&i->facts, "cpu.allowed"), "2,4,5");
}

static void an_affinity_of_another_machine_is_not_believed(void **state) {
    static const char *const odd[] = {"64-127", "garbage", ""};
    struct made *m = *state;
    for (size_t k = 0; k < WI_COUNT(odd); k++) {
        add_file(m, CPUS "/online", "0-7\n");
        add_value(m, "sched_affinity", odd[k]);
        assert_int_equal(look(m)->cpu.allowed_threads, 8);
    }
}

/* ---- quota ---- */

static struct wi_maybe_f64 quota(struct made *m) {
    return look(m)->cpu.quota_cpus;
}

static void the_tightest_quota_up_to_the_root_counts(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "0::/a/b\n");
    add_file(m, CG "/a/b/cpu.max", "max 100000\n");
    add_file(m, CG "/a/cpu.max", "150000 100000\n");
    add_file(m, CG "/cpu.max", "400000 100000\n");
    struct wi_inventory *i = look(m);
    assert_true(i->cpu.quota_cpus.value == 1.5);
    assert_string_equal(wi_facts_find(&i->facts, "cpu.quota_cpus")->source, CG "/a/cpu.max");
    assert_string_equal(wi_facts_value(&i->facts, "cpu.quota_cpus"), "1.5");
}

static void version_one_has_two_files(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/self/cgroup", "5:cpu,cpuacct:/docker/1\n1:name=systemd:/x\n");
    add_file(m, CG "/cpu/cpu.cfs_quota_us", "50000\n");
    add_file(m, CG "/cpu/cpu.cfs_period_us", "200000\n");
    assert_true(quota(m).value == 0.25);
    add_file(m, "/proc/self/cgroup", "5:cpu,cpuacct:/docker/1\n");
    add_file(m, CG "/cpu,cpuacct/docker/1/cpu.cfs_quota_us", "-1\n");
    add_file(m, CG "/cpu,cpuacct/docker/1/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(m).known, WI_KNOWN_not_applicable);
    add_file(m, "/proc/self/cgroup", "5:cpu,cpuacct:/docker/1\n");
    add_file(m, CG "/cpu,cpuacct/docker/cpu.cfs_quota_us", "300000\n");
    add_file(m, CG "/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n");
    assert_true(quota(m).value == 3);
}

static void no_quota_is_none_and_damage_is_unknown(void **state) {
    static const char *const damaged[] = {"",           "0 100000", "100000 0",   "-5 100000",
                                          "maximum 10", "1 2 3",    "1e5 100000", "100000 max"};
    struct made *m = *state;
    assert_int_equal(quota(m).known, WI_KNOWN_not_applicable);
    for (size_t i = 0; i < WI_COUNT(damaged); i++) {
        add_file(m, CG "/cpu.max", damaged[i]);
        struct wi_maybe_f64 q = quota(m);
        if (q.known != WI_KNOWN_unknown)
            fail_msg("\"%s\": %s", damaged[i], wi_known_name(q.known));
    }
    add_no_file(m, CG "/cpu.max", WI_UNAVAILABLE);
    assert_int_equal(quota(m).known, WI_KNOWN_denied);
    add_file(m, CG "/cpu/cpu.cfs_quota_us", "50000\n"); /* and no period */
    assert_int_equal(quota(m).known, WI_KNOWN_unknown);
    add_file(m, CG "/cpu.max", "200000\n"); /* the period may be left out: 100 ms */
    assert_true(quota(m).value == 2);
}

/* ---- clocks ---- */

static void clocks_are_those_of_the_fastest_cores(void **state) {
    struct made *m = *state;
    add_file(m, CPUS "/online", "0-7\n");
    add_dir(m, CPUS "/cpufreq", "boost/policy0/policy4");
    add_file(m, CPUS "/cpufreq/policy0/cpuinfo_max_freq", "1800000\n");
    add_file(m, CPUS "/cpufreq/policy0/scaling_cur_freq", "1700000\n");
    add_file(m, CPUS "/cpufreq/policy4/cpuinfo_max_freq", "4700000\n");
    add_file(m, CPUS "/cpufreq/policy4/base_frequency", "2100000\n");
    add_file(m, CPUS "/cpufreq/policy4/scaling_cur_freq", "900000\n");
    struct wi_inventory *i = look(m);
    assert_int_equal(i->cpu.max_mhz.value, 4700);
    assert_int_equal(i->cpu.base_mhz.value, 2100);
    assert_int_equal(i->cpu.now_mhz.value, 900);
    assert_string_equal(wi_facts_find(&i->facts, "cpu.max_mhz")->source,
                        CPUS "/cpufreq/policy4/cpuinfo_max_freq");
}

static void without_cpufreq_the_processor_and_its_name_tell(void **state) {
    struct made *m = *state;
    add_value(m, "cpuid", "00000001.0=000906a3 0 0 0\n00000016.0=00000834 0000125c 64 0\n");
    struct wi_cpu cpu = look(m)->cpu;
    assert_int_equal(cpu.base_mhz.value, 2100);
    assert_int_equal(cpu.max_mhz.value, 4700);
    assert_int_equal(cpu.now_mhz.known, WI_KNOWN_unknown);
    add_file(m, "/proc/cpuinfo", "model name\t: Intel(R) Xeon(R) CPU @ 2.50GHz\n");
    cpu = look(m)->cpu;
    assert_int_equal(cpu.base_mhz.value, 2500);
    assert_int_equal(cpu.max_mhz.known, WI_KNOWN_unknown);
    add_file(m, CPUS "/cpu0/acpi_cppc/nominal_freq", "3001\n");
    assert_int_equal(look(m)->cpu.base_mhz.value, 3001);
}

static void a_guests_constant_is_no_reading(void **state) {
    struct made *m = *state;
    add_file(m, "/proc/cpuinfo", "cpu MHz\t\t: 2499.998\n");
    assert_int_equal(look_under(m, "KVM")->cpu.now_mhz.known, WI_KNOWN_unknown);
    add_file(m, "/proc/cpuinfo", "cpu MHz\t\t: 2499.998\n");
    assert_int_equal(look(m)->cpu.now_mhz.value, 2500);
}

static void damaged_clocks_are_unknown(void **state) {
    struct made *m = *state;
    add_dir(m, CPUS "/cpufreq", "policy/policy0/policyX/policy99999");
    add_file(m, CPUS "/cpufreq/policy0/cpuinfo_max_freq", "<unsupported>\n");
    add_file(m, CPUS "/cpufreq/policy99999/cpuinfo_max_freq", "5000000\n");
    add_file(m, "/proc/cpuinfo", "cpu MHz : fast\nmodel name : X @ GHz\n");
    struct wi_cpu cpu = look(m)->cpu;
    assert_int_equal(cpu.max_mhz.known, WI_KNOWN_unknown);
    assert_int_equal(cpu.base_mhz.known, WI_KNOWN_unknown);
    assert_int_equal(cpu.now_mhz.known, WI_KNOWN_unknown);
}

/* ---- names and instruction sets ---- */

static void a_machine_that_says_nothing_has_one_thread(void **state) {
    struct wi_inventory *i = look(*state);
    assert_int_equal(i->cpu.threads, 1);
    assert_int_equal(i->cpu.allowed_threads, 1);
    assert_int_equal(i->cpu.isa, 0);
    assert_null(i->cpu.name);
    assert_string_equal(i->cpu.arch, "unknown");
    assert_int_equal(wi_facts_find(&i->facts, "cpu.isa")->known, WI_KNOWN_unknown);
}

static void cpuid_is_believed_before_the_kernels_flags(void **state) {
    struct made *m = *state;
    add_value(m, "uname.machine", "x86_64");
    add_file(m, "/proc/cpuinfo",
             "vendor_id : GenuineIntel\ncpu family : 6\nmodel : 85\nmodel name : Xeon\n"
             "stepping : 4\nmicrocode : 0x2007006\nflags : avx2 avx512f\n");
    add_value(m, "cpuid",
              "00000000.0=00000007 0 0 0\n00000001.0=00050654 0 08000000 0\n"
              "00000007.0=0 00010020 0 0\nxcr0=0000000000000007\n");
    struct wi_inventory *i = look(m);
    assert_string_equal(wi_facts_value(&i->facts, "cpu.isa"), "avx2");
    assert_string_equal(wi_facts_value(&i->facts, "cpu.isa_asleep"), "avx512f");
    assert_string_equal(i->cpu.name, "Xeon"); /* no brand leaves: the kernel's words */
    assert_string_equal(i->cpu.microcode, "0x2007006");
    assert_int_equal(i->cpu.model.value, 85);
}

static void without_cpuid_the_flags_tell(void **state) {
    static const char *const damaged[] = {NULL, "garbage", "00000001.0=zz\n"};
    struct made *m = *state;
    for (size_t k = 0; k < WI_COUNT(damaged); k++) {
        add_value(m, "uname.machine", "x86_64");
        add_file(m, "/proc/cpuinfo", "model\t\t: 85\nmodel name\t: Xeon\nflags\t\t: fma avx2\n");
        if (damaged[k])
            add_value(m, "cpuid", damaged[k]);
        struct wi_inventory *i = look(m);
        assert_string_equal(wi_facts_value(&i->facts, "cpu.isa"), "avx2 fma");
        assert_int_equal(i->cpu.model.value, 85);
        assert_string_equal(i->cpu.name, "Xeon");
    }
}

static void arm_reads_hwcaps_and_registers(void **state) {
    struct made *m = *state;
    add_value(m, "uname.machine", "aarch64");
    add_value(m, "auxv.hwcap", "1155071");
    add_value(m, "auxv.hwcap2", "garbage");
    add_file(m, CPUS "/online", "0-1\n");
    add_file(m, CPUS "/cpu0/regs/identification/midr_el1", "0x00000000414fd0b1\n");
    add_file(m, CPUS "/cpu1/regs/identification/midr_el1", "0x00000000414fd0b1\n");
    struct wi_inventory *i = look(m);
    assert_string_equal(i->cpu.name, "2x Cortex-A76");
    assert_string_equal(wi_facts_value(&i->facts, "cpu.isa"), "neon fp16 dotprod");
    assert_int_equal(wi_facts_find(&i->facts, "cpu.microcode")->known, WI_KNOWN_not_applicable);
    add_value(m, "uname.machine", "arm64");
    add_file(m, "/proc/cpuinfo", "Features\t: fp asimd i8mm\n");
    assert_string_equal(wi_facts_value(&look(m)->facts, "cpu.isa"), "neon i8mm");
}

int main(void) {
#define T(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)
    const struct CMUnitTest tests[] = {
        T(lists_are_read_and_written),
        T(what_is_no_list_is_refused),
        T(favoured_cores_are_no_kind_of_their_own),
        T(three_makes_are_three_kinds),
        T(unranked_makes_are_told_apart_by_their_clock),
        T(nothing_known_is_uniform),
        T(a_make_that_no_thread_has_makes_no_kind),
        T(kinds_hold_allowed_threads_only),
        T(sysfs_gives_cores_packages_nodes_and_caches),
        T(sysfs_tells_hybrid_cores_apart),
        T(damaged_sysfs_leaves_a_processor),
        T(why_there_is_no_hwloc_is_a_fact),
        T(the_tree_is_read),
        T(sets_are_read_as_hwloc_writes_them),
        T(the_first_kind_that_claims_a_thread_has_it),
        T(damaged_xml_is_refused_in_one_sentence),
        T(xml_that_nests_without_end_is_refused),
        T(the_affinity_is_what_may_be_used),
        T(an_affinity_of_another_machine_is_not_believed),
        T(the_tightest_quota_up_to_the_root_counts),
        T(version_one_has_two_files),
        T(no_quota_is_none_and_damage_is_unknown),
        T(clocks_are_those_of_the_fastest_cores),
        T(without_cpufreq_the_processor_and_its_name_tell),
        T(a_guests_constant_is_no_reading),
        T(damaged_clocks_are_unknown),
        T(a_machine_that_says_nothing_has_one_thread),
        T(cpuid_is_believed_before_the_kernels_flags),
        T(without_cpuid_the_flags_tell),
        T(arm_reads_hwcaps_and_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
