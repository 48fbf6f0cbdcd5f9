-- 001.sql: the database from nothing: schema version 1.
-- SPDX-License-Identifier: Apache-2.0
--
-- A public interface: docs/database.md describes every column, a test holds the two together.
-- Evidence tables only grow: triggers at the end refuse UPDATE, DELETE and replacing inserts.
-- Derived tables can be emptied and rebuilt to the same rows. Keys are text, ordered by time or
-- made from content, so that databases merge without renumbering. Units stand in the names.
-- NULL is "unknown", never 0. `states` says more of columns that are NULL for another reason than
-- that nothing answered: "limit_bytes=not_applicable microcode=denied"; a number that exceeds a
-- signed 64-bit integer stands there too.

-- ---- what a device is: one row of inventory per probing, the rest hangs from it ----

CREATE TABLE inventory (
    inventory_id TEXT NOT NULL PRIMARY KEY,
    device_id TEXT NOT NULL CHECK (device_id <> ''),
    run_id TEXT NOT NULL,
    utc_ns INTEGER NOT NULL,
    name TEXT,
    maker TEXT,
    product TEXT,
    id_source TEXT,
    id_strength TEXT,
    hardware_id TEXT,
    sku_id TEXT,
    memory_total_bytes INTEGER,
    memory_available_bytes INTEGER,
    memory_limit_bytes INTEGER,
    swap_total_bytes INTEGER,
    swap_free_bytes INTEGER,
    huge_pages TEXT,
    hugetlb_free_pages INTEGER,
    form TEXT NOT NULL
        CHECK (form IN ('unknown','desktop','laptop','server','phone','tablet','sbc','vm')),
    form_because TEXT,
    storage_path TEXT,
    storage_free_bytes INTEGER,
    storage_total_bytes INTEGER,
    os TEXT,
    kernel TEXT,
    distribution TEXT,
    container TEXT,
    hypervisor TEXT,
    compiler TEXT,
    compiler_flags TEXT,
    tool_version TEXT,
    tool_commit TEXT,
    states TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX inventory_by_device ON inventory (device_id, utc_ns, inventory_id);
CREATE INDEX inventory_by_run ON inventory (run_id);

CREATE TABLE backend_state (
    inventory_id TEXT NOT NULL REFERENCES inventory (inventory_id),
    backend TEXT NOT NULL CHECK (backend IN ('cpu','vulkan','opencl','null')),
    status TEXT NOT NULL CHECK (status IN ('ok','wrong','crashed','timeout','too_big',
        'unsupported','unavailable','not_built','skipped')),
    reason TEXT,
    advice TEXT,
    software_id TEXT,
    PRIMARY KEY (inventory_id, backend)
) STRICT, WITHOUT ROWID;

CREATE TABLE cpu (
    inventory_id TEXT NOT NULL PRIMARY KEY REFERENCES inventory (inventory_id),
    compute_device_id TEXT,
    name TEXT,
    vendor TEXT,
    arch TEXT,
    family INTEGER,
    model INTEGER,
    stepping INTEGER,
    microcode TEXT,
    packages INTEGER NOT NULL,
    cores INTEGER NOT NULL,
    threads INTEGER NOT NULL,
    numa_nodes INTEGER NOT NULL,
    allowed_threads INTEGER NOT NULL,
    quota_cpus REAL,
    isa TEXT NOT NULL,
    base_mhz INTEGER,
    max_mhz INTEGER,
    now_mhz INTEGER,
    states TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cpu_kind (
    inventory_id TEXT NOT NULL REFERENCES inventory (inventory_id),
    position INTEGER NOT NULL,
    name TEXT,
    cores INTEGER NOT NULL,
    threads INTEGER NOT NULL,
    max_mhz INTEGER,
    cpus TEXT NOT NULL,
    states TEXT NOT NULL,
    PRIMARY KEY (inventory_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE cpu_cache (
    inventory_id TEXT NOT NULL REFERENCES inventory (inventory_id),
    position INTEGER NOT NULL,
    level INTEGER NOT NULL,
    type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    instances INTEGER NOT NULL,
    shared_threads INTEGER NOT NULL,
    line_bytes INTEGER NOT NULL,
    PRIMARY KEY (inventory_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE gpu (
    inventory_id TEXT NOT NULL REFERENCES inventory (inventory_id),
    position INTEGER NOT NULL,
    compute_device_id TEXT,
    name TEXT,
    vendor TEXT,
    vendor_id INTEGER,
    pci_device_id INTEGER,
    type TEXT NOT NULL
        CHECK (type IN ('unknown','integrated','discrete','virtual','software')),
    software INTEGER NOT NULL CHECK (software IN (0, 1)),
    pci TEXT,
    uuid TEXT,
    unified INTEGER CHECK (unified IN (0, 1)),
    largest_allocation_bytes INTEGER,
    largest_binding_bytes INTEGER,
    subgroup_min INTEGER,
    subgroup_max INTEGER,
    features TEXT NOT NULL,
    same_because TEXT,
    states TEXT NOT NULL,
    PRIMARY KEY (inventory_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE gpu_pool (
    inventory_id TEXT NOT NULL,
    gpu INTEGER NOT NULL,
    position INTEGER NOT NULL,
    pool_id TEXT,
    total_bytes INTEGER,
    budget_bytes INTEGER,
    proven_bytes INTEGER,
    device_local INTEGER NOT NULL CHECK (device_local IN (0, 1)),
    host_visible INTEGER NOT NULL CHECK (host_visible IN (0, 1)),
    states TEXT NOT NULL,
    PRIMARY KEY (inventory_id, gpu, position),
    FOREIGN KEY (inventory_id, gpu) REFERENCES gpu (inventory_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE gpu_api (
    inventory_id TEXT NOT NULL,
    gpu INTEGER NOT NULL,
    position INTEGER NOT NULL,
    api TEXT NOT NULL CHECK (api IN ('cpu','vulkan','opencl','null')),
    device_name TEXT,
    platform TEXT,
    driver_name TEXT,
    driver_version TEXT,
    api_version TEXT,
    loader TEXT,
    PRIMARY KEY (inventory_id, gpu, position),
    FOREIGN KEY (inventory_id, gpu) REFERENCES gpu (inventory_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE unopened_gpu (
    inventory_id TEXT NOT NULL REFERENCES inventory (inventory_id),
    position INTEGER NOT NULL,
    pci TEXT,
    name TEXT,
    vendor_id INTEGER,
    pci_device_id INTEGER,
    kernel_driver TEXT,
    advice TEXT,
    states TEXT NOT NULL,
    PRIMARY KEY (inventory_id, position)
) STRICT, WITHOUT ROWID;

-- gpu -1: a fact of the whole device; else of that GPU as its API number `api` told it.
CREATE TABLE fact (
    inventory_id TEXT NOT NULL REFERENCES inventory (inventory_id),
    gpu INTEGER NOT NULL,
    api INTEGER NOT NULL,
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('unknown','known','denied','not_applicable')),
    value TEXT,
    unit TEXT,
    source TEXT,
    PRIMARY KEY (inventory_id, gpu, api, position)
) STRICT, WITHOUT ROWID;

-- ---- runs and what they measured ----

CREATE TABLE run (
    run_id TEXT NOT NULL PRIMARY KEY CHECK (run_id <> ''),
    device_id TEXT NOT NULL,
    inventory_id TEXT NOT NULL REFERENCES inventory (inventory_id),
    hardware_id TEXT,
    sku_id TEXT,
    started_utc_ns INTEGER NOT NULL,
    finished_utc_ns INTEGER,
    state TEXT NOT NULL CHECK (state IN ('open','finished','interrupted')),
    started_mono_ns INTEGER NOT NULL,
    boot_id TEXT,
    clock_sync TEXT,
    profile TEXT,
    tool_version TEXT,
    tool_commit TEXT,
    tool_built_utc_ns INTEGER NOT NULL,
    suite_hash TEXT NOT NULL,
    plan_hash TEXT NOT NULL,
    seed TEXT NOT NULL,
    received_utc_ns INTEGER,
    origin TEXT,
    UNIQUE (run_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_by_device ON run (device_id, started_utc_ns, run_id);

CREATE TABLE label (
    run_id TEXT NOT NULL REFERENCES run (run_id),
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE condition (
    run_id TEXT NOT NULL REFERENCES run (run_id),
    reading INTEGER NOT NULL,
    position INTEGER NOT NULL,
    taken TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('unknown','known','denied','not_applicable')),
    value TEXT,
    unit TEXT,
    source TEXT,
    PRIMARY KEY (run_id, reading, position)
) STRICT, WITHOUT ROWID;

-- Not WITHOUT ROWID: rows with samples are large, and a large row slows the search in such a tree.
CREATE TABLE measurement (
    measurement_id TEXT NOT NULL PRIMARY KEY CHECK (measurement_id <> ''),
    run_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    hardware_id TEXT,
    software_id TEXT,
    kind TEXT NOT NULL
        CHECK (kind IN ('model','op','roofline','ladder','sustained','load')),
    -- the case key
    model TEXT,
    model_hash TEXT,
    precision TEXT,
    precision_hash TEXT,
    kv_precision TEXT,
    phase TEXT CHECK (phase IN ('prefill','decode','encode')),
    tokens INTEGER,
    depth INTEGER,
    batch INTEGER,
    backend TEXT NOT NULL CHECK (backend IN ('cpu','vulkan','opencl','null')),
    compute_device_id TEXT NOT NULL,
    cap TEXT NOT NULL,
    op TEXT,
    m INTEGER,
    n INTEGER,
    k INTEGER,
    -- what came of it
    status TEXT NOT NULL CHECK (status IN ('ok','wrong','crashed','timeout','too_big',
        'unsupported','unavailable','not_built','skipped')),
    reason TEXT,
    software INTEGER NOT NULL CHECK (software IN (0, 1)),
    what_if INTEGER NOT NULL CHECK (what_if IN (0, 1)),
    arithmetic TEXT,
    kernel TEXT,
    kernel_generation INTEGER NOT NULL,
    threads INTEGER NOT NULL,
    thread_cpus TEXT,
    huge_page_bytes INTEGER NOT NULL,
    layers_run INTEGER NOT NULL,
    layers_total INTEGER NOT NULL,
    layers_global INTEGER,
    layers_local INTEGER,
    tokens_per_sample INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    warmups INTEGER NOT NULL,
    tokens_per_s_median REAL,
    tokens_per_s_lo REAL,
    tokens_per_s_hi REAL,
    tokens_per_s_best REAL,
    error REAL,
    tolerance REAL,
    worst_op TEXT,
    ops TEXT NOT NULL,
    doubts TEXT NOT NULL,
    weight_bytes INTEGER,
    bytes_per_token REAL,
    flops_per_token REAL,
    achieved_gb_per_s REAL,
    achieved_gflop_per_s REAL,
    bound TEXT NOT NULL
        CHECK (bound IN ('unknown','memory','compute','unpack','launch','latency')),
    second_bound TEXT NOT NULL
        CHECK (second_bound IN ('unknown','memory','compute','unpack','launch','latency')),
    roofline_fraction REAL,
    peak_memory_bytes INTEGER,
    -- kind roofline: what the compute device can do at most
    read_gb_per_s REAL,
    copy_gb_per_s REAL,
    peak_gflop_per_s_f32 REAL,
    peak_gflop_per_s_bf16 REAL,
    peak_gflop_per_s_int8 REAL,
    launch_us REAL,
    seed TEXT NOT NULL,
    wall_s REAL NOT NULL,
    states TEXT NOT NULL,
    -- 21 bytes a sample, little-endian: start_ns u64, ns u64, pass u32, segment u8
    sample_count INTEGER NOT NULL CHECK (sample_count >= 0),
    samples BLOB NOT NULL,
    content_hash TEXT NOT NULL,
    CHECK (length(samples) = 21 * sample_count),
    CHECK (kind NOT IN ('model','sustained','load') OR model IS NOT NULL),
    FOREIGN KEY (run_id, device_id) REFERENCES run (run_id, device_id)
) STRICT;
CREATE INDEX measurement_by_run ON measurement (run_id, kind);
CREATE INDEX measurement_by_device ON measurement (device_id, kind, model);

CREATE TABLE tuning (
    tuning_id TEXT NOT NULL PRIMARY KEY CHECK (tuning_id <> ''),
    run_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    compute_device_id TEXT NOT NULL,
    software_id TEXT,
    kernel_generation INTEGER NOT NULL,
    op TEXT NOT NULL,
    precision TEXT NOT NULL,
    shape_class TEXT NOT NULL,
    choice TEXT NOT NULL,
    rivals TEXT NOT NULL,
    FOREIGN KEY (run_id, device_id) REFERENCES run (run_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE engine_result (
    engine_result_id TEXT NOT NULL PRIMARY KEY CHECK (engine_result_id <> ''),
    device_id TEXT NOT NULL,
    compute_device_id TEXT,
    engine TEXT NOT NULL,
    engine_version TEXT,
    backend TEXT,
    model TEXT NOT NULL,
    model_hash TEXT,
    precision TEXT NOT NULL,
    kv_precision TEXT,
    phase TEXT NOT NULL CHECK (phase IN ('prefill','decode','encode')),
    tokens INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    threads INTEGER,
    status TEXT NOT NULL CHECK (status IN ('ok','wrong','crashed','timeout','too_big',
        'unsupported','unavailable','not_built','skipped')),
    reason TEXT,
    tokens_per_s_median REAL,
    tokens_per_s_lo REAL,
    tokens_per_s_hi REAL,
    repeats INTEGER,
    measured_utc_ns INTEGER,
    imported_utc_ns INTEGER NOT NULL,
    source_name TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    document TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE annotation (
    annotation_id TEXT NOT NULL PRIMARY KEY CHECK (annotation_id <> ''),
    kind TEXT NOT NULL CHECK (kind IN ('measurement','run','device')),
    target TEXT NOT NULL CHECK (target <> ''),
    action TEXT NOT NULL CHECK (action IN ('exclude','relabel','resolve','retire')),
    detail TEXT,
    reason TEXT NOT NULL CHECK (reason <> ''),
    author TEXT NOT NULL CHECK (author <> ''),
    utc_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX annotation_by_target ON annotation (kind, target, action);

CREATE TABLE decision (
    decision_id TEXT NOT NULL PRIMARY KEY CHECK (decision_id <> ''),
    kind TEXT NOT NULL CHECK (kind IN ('gate','tier_change')),
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    because TEXT,
    derived_from TEXT NOT NULL,
    document TEXT NOT NULL,
    utc_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ---- the catalogue that derived rows use ----

CREATE TABLE model (
    model TEXT NOT NULL,
    model_hash TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT,
    vendor TEXT,
    family TEXT,
    license TEXT,
    released TEXT,
    disclosed INTEGER NOT NULL CHECK (disclosed IN (0, 1)),
    arch TEXT NOT NULL CHECK (arch IN ('decoder','encoder')),
    size_class TEXT,
    params INTEGER,
    params_published INTEGER,
    layers INTEGER,
    layers_global INTEGER,
    layers_local INTEGER,
    d_model INTEGER,
    n_head INTEGER,
    n_kv_head INTEGER,
    head_dim INTEGER,
    d_ff INTEGER,
    vocab INTEGER,
    max_context INTEGER,
    window INTEGER,
    unrunnable TEXT,
    catalogue_hash TEXT NOT NULL,
    PRIMARY KEY (model, model_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE size_class (
    size_class TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    params_below REAL,
    representative TEXT,
    catalogue_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE precision_family (
    family TEXT NOT NULL,
    position INTEGER NOT NULL,
    precision TEXT NOT NULL,
    catalogue_hash TEXT NOT NULL,
    PRIMARY KEY (family, precision)
) STRICT, WITHOUT ROWID;

-- ---- derived: emptied and filled again by `weighin derive` ----

CREATE TABLE tier (
    tier TEXT NOT NULL PRIMARY KEY,
    rank INTEGER NOT NULL,
    says TEXT,
    usable_memory_mib REAL,
    decode_tok_s REAL,
    prefill_tok_s REAL,
    states TEXT NOT NULL,
    ruler TEXT NOT NULL,
    ruler_hash TEXT NOT NULL,
    ruler_precision TEXT NOT NULL,
    prefill_tokens INTEGER NOT NULL,
    decode_depth INTEGER NOT NULL,
    tiers_name TEXT,
    rules_version TEXT NOT NULL,
    tiers_hash TEXT NOT NULL,
    catalogue_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device_tier (
    device_id TEXT NOT NULL PRIMARY KEY,
    tier TEXT NOT NULL,
    compute_device_id TEXT,
    borderline INTEGER NOT NULL CHECK (borderline IN (0, 1)),
    because TEXT,
    evidence TEXT NOT NULL,
    rules_version TEXT NOT NULL,
    tiers_hash TEXT NOT NULL,
    catalogue_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feasibility (
    device_id TEXT NOT NULL,
    model TEXT NOT NULL,
    model_hash TEXT NOT NULL,
    precision TEXT NOT NULL,
    kv_precision TEXT NOT NULL,
    context INTEGER NOT NULL,
    engine TEXT NOT NULL,
    claim TEXT NOT NULL,
    compute_device_id TEXT,
    verdict TEXT NOT NULL CHECK (verdict IN ('unknown','unsupported','does_not_fit','too_slow',
        'usable','comfortable')),
    borderline INTEGER NOT NULL CHECK (borderline IN (0, 1)),
    fits INTEGER CHECK (fits IN (0, 1)),
    fast_enough INTEGER CHECK (fast_enough IN (0, 1)),
    binding_limit TEXT NOT NULL CHECK (binding_limit IN ('none','memory','load_peak','paging',
        'largest_buffer','largest_allocation','feature','engine_limit','context','storage',
        'bandwidth','compute','unpack','launch','first_token')),
    because TEXT,
    basis_fit TEXT NOT NULL
        CHECK (basis_fit IN ('none','specification','predicted','measured')),
    basis_decode TEXT NOT NULL
        CHECK (basis_decode IN ('none','specification','predicted','measured')),
    basis_prefill TEXT NOT NULL
        CHECK (basis_prefill IN ('none','specification','predicted','measured')),
    -- the targets it was judged by
    prompt_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    usable_decode_tok_s REAL,
    usable_first_token_s REAL,
    comfortable_decode_tok_s REAL,
    comfortable_first_token_s REAL,
    usable_encode_s REAL,
    comfortable_encode_s REAL,
    -- memory
    pool TEXT,
    budget_bytes INTEGER,
    available_now_bytes INTEGER,
    largest_allowed_bytes INTEGER,
    weights_bytes INTEGER,
    kv_cache_bytes INTEGER,
    compute_bytes INTEGER,
    overhead_bytes INTEGER,
    total_bytes INTEGER,
    load_peak_bytes INTEGER,
    reclaimable_bytes INTEGER,
    largest_tensor_bytes INTEGER,
    largest_tensor TEXT,
    file_bytes INTEGER,
    memory_items TEXT,
    -- speed
    decode_tok_s_lo REAL,
    decode_tok_s REAL,
    decode_tok_s_hi REAL,
    prefill_tok_s_lo REAL,
    prefill_tok_s REAL,
    prefill_tok_s_hi REAL,
    first_token_s_lo REAL,
    first_token_s REAL,
    first_token_s_hi REAL,
    evidence TEXT NOT NULL,
    not_counted TEXT NOT NULL,
    states TEXT NOT NULL,
    rules_version TEXT NOT NULL,
    tiers_hash TEXT NOT NULL,
    catalogue_hash TEXT NOT NULL,
    PRIMARY KEY (device_id, model, precision, kv_precision, context, engine)
) STRICT, WITHOUT ROWID;

CREATE TABLE tier_feasibility (
    tier TEXT NOT NULL,
    model TEXT NOT NULL,
    model_hash TEXT NOT NULL,
    size_class TEXT,
    precision TEXT NOT NULL,
    context INTEGER NOT NULL,
    engine TEXT NOT NULL,
    claim TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('unknown','unsupported','does_not_fit','too_slow',
        'usable','comfortable')),
    devices INTEGER NOT NULL,
    skus INTEGER NOT NULL,
    feasible INTEGER NOT NULL,
    infeasible INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    share REAL,
    share_lo REAL,
    share_hi REAL,
    decode_tok_s_p10 REAL,
    decode_tok_s_median REAL,
    first_token_s_p10 REAL,
    first_token_s_median REAL,
    by_definition INTEGER NOT NULL CHECK (by_definition IN (0, 1)),
    evidence TEXT NOT NULL,
    rules_version TEXT NOT NULL,
    tiers_hash TEXT NOT NULL,
    catalogue_hash TEXT NOT NULL,
    PRIMARY KEY (tier, model, precision, context, engine)
) STRICT, WITHOUT ROWID;

-- ---- views ----

-- One row a device: what its newest probing said.
CREATE VIEW device AS
SELECT i.device_id,
       coalesce((SELECT a.detail FROM annotation AS a
                 WHERE a.kind = 'device' AND a.target = i.device_id AND a.action = 'relabel'
                 ORDER BY a.utc_ns DESC, a.annotation_id DESC LIMIT 1), i.name) AS name,
       i.maker, i.product, i.sku_id, i.hardware_id, i.id_source, i.id_strength, i.form,
       i.memory_total_bytes,
       (SELECT min(f.utc_ns) FROM inventory AS f WHERE f.device_id = i.device_id)
           AS first_seen_utc_ns,
       i.utc_ns AS last_seen_utc_ns,
       (SELECT count(*) FROM run AS r WHERE r.device_id = i.device_id) AS runs,
       EXISTS (SELECT 1 FROM annotation AS a
               WHERE a.kind = 'device' AND a.target = i.device_id AND a.action = 'retire')
           AS retired,
       i.inventory_id
FROM inventory AS i
WHERE i.inventory_id = (SELECT j.inventory_id FROM inventory AS j
                        WHERE j.device_id = i.device_id
                        ORDER BY j.utc_ns DESC, j.inventory_id DESC LIMIT 1);

-- CPU and GPUs of each device, as its newest probing saw them.
CREATE VIEW compute_device AS
SELECT d.device_id, c.compute_device_id, 'cpu' AS kind, c.name, c.vendor, 0 AS software,
       d.memory_total_bytes, d.inventory_id
FROM device AS d JOIN cpu AS c ON c.inventory_id = d.inventory_id
UNION ALL
SELECT d.device_id, g.compute_device_id, g.type, g.name, g.vendor, g.software,
       (SELECT max(p.total_bytes) FROM gpu_pool AS p
        WHERE p.inventory_id = g.inventory_id AND p.gpu = g.position AND p.device_local = 1),
       d.inventory_id
FROM device AS d JOIN gpu AS g ON g.inventory_id = d.inventory_id;

-- What a run ran on, per backend.
CREATE VIEW run_backend AS
SELECT r.run_id, r.device_id, b.backend, b.status, b.software_id,
       (SELECT max(m.kernel_generation) FROM measurement AS m
        WHERE m.run_id = r.run_id AND m.backend = b.backend AND m.status = 'ok')
           AS kernel_generation
FROM run AS r JOIN backend_state AS b ON b.inventory_id = r.inventory_id;

-- The measured limits of compute devices.
CREATE VIEW roofline AS
SELECT run_id, device_id, backend, compute_device_id, read_gb_per_s, copy_gb_per_s,
       peak_gflop_per_s_f32, peak_gflop_per_s_bf16, peak_gflop_per_s_int8, launch_us,
       measurement_id
FROM measurement WHERE kind = 'roofline';

-- One row a sample, unpacked from measurement.samples: `h` is a sample's 21 bytes in hex, two
-- digits a byte, lowest byte first; instr() turns a digit into its value ('0' is not found: 0).
CREATE VIEW sample AS
WITH RECURSIVE counter (i) AS (
    SELECT 0
    UNION ALL
    SELECT i + 1 FROM counter WHERE i + 1 < (SELECT max(length(samples)) / 21 FROM measurement)
)
SELECT measurement_id, i,
         (instr(d, substr(h, 1, 1)) << 4) | instr(d, substr(h, 2, 1))
       | (instr(d, substr(h, 3, 1)) << 12) | (instr(d, substr(h, 4, 1)) << 8)
       | (instr(d, substr(h, 5, 1)) << 20) | (instr(d, substr(h, 6, 1)) << 16)
       | (instr(d, substr(h, 7, 1)) << 28) | (instr(d, substr(h, 8, 1)) << 24)
       | (instr(d, substr(h, 9, 1)) << 36) | (instr(d, substr(h, 10, 1)) << 32)
       | (instr(d, substr(h, 11, 1)) << 44) | (instr(d, substr(h, 12, 1)) << 40)
       | (instr(d, substr(h, 13, 1)) << 52) | (instr(d, substr(h, 14, 1)) << 48)
       | (instr(d, substr(h, 15, 1)) << 60) | (instr(d, substr(h, 16, 1)) << 56) AS start_ns,
         (instr(d, substr(h, 17, 1)) << 4) | instr(d, substr(h, 18, 1))
       | (instr(d, substr(h, 19, 1)) << 12) | (instr(d, substr(h, 20, 1)) << 8)
       | (instr(d, substr(h, 21, 1)) << 20) | (instr(d, substr(h, 22, 1)) << 16)
       | (instr(d, substr(h, 23, 1)) << 28) | (instr(d, substr(h, 24, 1)) << 24)
       | (instr(d, substr(h, 25, 1)) << 36) | (instr(d, substr(h, 26, 1)) << 32)
       | (instr(d, substr(h, 27, 1)) << 44) | (instr(d, substr(h, 28, 1)) << 40)
       | (instr(d, substr(h, 29, 1)) << 52) | (instr(d, substr(h, 30, 1)) << 48)
       | (instr(d, substr(h, 31, 1)) << 60) | (instr(d, substr(h, 32, 1)) << 56) AS ns,
         (instr(d, substr(h, 33, 1)) << 4) | instr(d, substr(h, 34, 1))
       | (instr(d, substr(h, 35, 1)) << 12) | (instr(d, substr(h, 36, 1)) << 8)
       | (instr(d, substr(h, 37, 1)) << 20) | (instr(d, substr(h, 38, 1)) << 16)
       | (instr(d, substr(h, 39, 1)) << 28) | (instr(d, substr(h, 40, 1)) << 24) AS pass,
       CASE substr(h, 41, 2) WHEN '00' THEN 'all' WHEN '01' THEN 'embed' WHEN '02' THEN 'global'
           WHEN '03' THEN 'local' WHEN '04' THEN 'head' END AS segment
FROM (SELECT m.measurement_id, c.i, hex(substr(m.samples, 21 * c.i + 1, 21)) AS h,
             '123456789ABCDEF' AS d
      FROM measurement AS m JOIN counter AS c ON c.i < m.sample_count);

-- ---- evidence only grows ----
-- RAISE speaks to whoever tries: withdrawing evidence is an annotation. The third trigger of each
-- table stops INSERT OR REPLACE, which deletes without asking the DELETE trigger.

CREATE TRIGGER inventory_no_update BEFORE UPDATE ON inventory BEGIN
    SELECT RAISE(ABORT, 'inventory is evidence and never changed: annotate instead');
END;
CREATE TRIGGER inventory_no_delete BEFORE DELETE ON inventory BEGIN
    SELECT RAISE(ABORT, 'inventory is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER inventory_no_replace BEFORE INSERT ON inventory
WHEN EXISTS (SELECT 1 FROM inventory WHERE inventory_id = NEW.inventory_id) BEGIN
    SELECT RAISE(ABORT, 'inventory: a row with this key is already there');
END;
CREATE TRIGGER backend_state_no_update BEFORE UPDATE ON backend_state BEGIN
    SELECT RAISE(ABORT, 'backend_state is evidence and never changed: annotate instead');
END;
CREATE TRIGGER backend_state_no_delete BEFORE DELETE ON backend_state BEGIN
    SELECT RAISE(ABORT, 'backend_state is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER backend_state_no_replace BEFORE INSERT ON backend_state
WHEN EXISTS (SELECT 1 FROM backend_state
    WHERE inventory_id = NEW.inventory_id AND backend = NEW.backend)
BEGIN
    SELECT RAISE(ABORT, 'backend_state: a row with this key is already there');
END;
CREATE TRIGGER cpu_no_update BEFORE UPDATE ON cpu BEGIN
    SELECT RAISE(ABORT, 'cpu is evidence and never changed: annotate instead');
END;
CREATE TRIGGER cpu_no_delete BEFORE DELETE ON cpu BEGIN
    SELECT RAISE(ABORT, 'cpu is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER cpu_no_replace BEFORE INSERT ON cpu
WHEN EXISTS (SELECT 1 FROM cpu WHERE inventory_id = NEW.inventory_id) BEGIN
    SELECT RAISE(ABORT, 'cpu: a row with this key is already there');
END;
CREATE TRIGGER cpu_kind_no_update BEFORE UPDATE ON cpu_kind BEGIN
    SELECT RAISE(ABORT, 'cpu_kind is evidence and never changed: annotate instead');
END;
CREATE TRIGGER cpu_kind_no_delete BEFORE DELETE ON cpu_kind BEGIN
    SELECT RAISE(ABORT, 'cpu_kind is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER cpu_kind_no_replace BEFORE INSERT ON cpu_kind
WHEN EXISTS (SELECT 1 FROM cpu_kind
    WHERE inventory_id = NEW.inventory_id AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'cpu_kind: a row with this key is already there');
END;
CREATE TRIGGER cpu_cache_no_update BEFORE UPDATE ON cpu_cache BEGIN
    SELECT RAISE(ABORT, 'cpu_cache is evidence and never changed: annotate instead');
END;
CREATE TRIGGER cpu_cache_no_delete BEFORE DELETE ON cpu_cache BEGIN
    SELECT RAISE(ABORT, 'cpu_cache is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER cpu_cache_no_replace BEFORE INSERT ON cpu_cache
WHEN EXISTS (SELECT 1 FROM cpu_cache
    WHERE inventory_id = NEW.inventory_id AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'cpu_cache: a row with this key is already there');
END;
CREATE TRIGGER gpu_no_update BEFORE UPDATE ON gpu BEGIN
    SELECT RAISE(ABORT, 'gpu is evidence and never changed: annotate instead');
END;
CREATE TRIGGER gpu_no_delete BEFORE DELETE ON gpu BEGIN
    SELECT RAISE(ABORT, 'gpu is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER gpu_no_replace BEFORE INSERT ON gpu
WHEN EXISTS (SELECT 1 FROM gpu
    WHERE inventory_id = NEW.inventory_id AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'gpu: a row with this key is already there');
END;
CREATE TRIGGER gpu_pool_no_update BEFORE UPDATE ON gpu_pool BEGIN
    SELECT RAISE(ABORT, 'gpu_pool is evidence and never changed: annotate instead');
END;
CREATE TRIGGER gpu_pool_no_delete BEFORE DELETE ON gpu_pool BEGIN
    SELECT RAISE(ABORT, 'gpu_pool is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER gpu_pool_no_replace BEFORE INSERT ON gpu_pool
WHEN EXISTS (SELECT 1 FROM gpu_pool
    WHERE inventory_id = NEW.inventory_id AND gpu = NEW.gpu AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'gpu_pool: a row with this key is already there');
END;
CREATE TRIGGER gpu_api_no_update BEFORE UPDATE ON gpu_api BEGIN
    SELECT RAISE(ABORT, 'gpu_api is evidence and never changed: annotate instead');
END;
CREATE TRIGGER gpu_api_no_delete BEFORE DELETE ON gpu_api BEGIN
    SELECT RAISE(ABORT, 'gpu_api is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER gpu_api_no_replace BEFORE INSERT ON gpu_api
WHEN EXISTS (SELECT 1 FROM gpu_api
    WHERE inventory_id = NEW.inventory_id AND gpu = NEW.gpu AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'gpu_api: a row with this key is already there');
END;
CREATE TRIGGER unopened_gpu_no_update BEFORE UPDATE ON unopened_gpu BEGIN
    SELECT RAISE(ABORT, 'unopened_gpu is evidence and never changed: annotate instead');
END;
CREATE TRIGGER unopened_gpu_no_delete BEFORE DELETE ON unopened_gpu BEGIN
    SELECT RAISE(ABORT, 'unopened_gpu is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER unopened_gpu_no_replace BEFORE INSERT ON unopened_gpu
WHEN EXISTS (SELECT 1 FROM unopened_gpu
    WHERE inventory_id = NEW.inventory_id AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'unopened_gpu: a row with this key is already there');
END;
CREATE TRIGGER fact_no_update BEFORE UPDATE ON fact BEGIN
    SELECT RAISE(ABORT, 'fact is evidence and never changed: annotate instead');
END;
CREATE TRIGGER fact_no_delete BEFORE DELETE ON fact BEGIN
    SELECT RAISE(ABORT, 'fact is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER fact_no_replace BEFORE INSERT ON fact
WHEN EXISTS (SELECT 1 FROM fact
    WHERE inventory_id = NEW.inventory_id AND gpu = NEW.gpu AND api = NEW.api AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'fact: a row with this key is already there');
END;
-- A run is closed once: open or interrupted -> interrupted or finished; nothing else changes.
CREATE TRIGGER run_no_update BEFORE UPDATE ON run
WHEN OLD.state = 'finished' OR NEW.state = 'open'
    OR NEW.run_id IS NOT OLD.run_id
    OR NEW.device_id IS NOT OLD.device_id
    OR NEW.inventory_id IS NOT OLD.inventory_id
    OR NEW.hardware_id IS NOT OLD.hardware_id
    OR NEW.sku_id IS NOT OLD.sku_id
    OR NEW.started_utc_ns IS NOT OLD.started_utc_ns
    OR NEW.started_mono_ns IS NOT OLD.started_mono_ns
    OR NEW.boot_id IS NOT OLD.boot_id
    OR NEW.clock_sync IS NOT OLD.clock_sync
    OR NEW.profile IS NOT OLD.profile
    OR NEW.tool_version IS NOT OLD.tool_version
    OR NEW.tool_commit IS NOT OLD.tool_commit
    OR NEW.tool_built_utc_ns IS NOT OLD.tool_built_utc_ns
    OR NEW.suite_hash IS NOT OLD.suite_hash
    OR NEW.plan_hash IS NOT OLD.plan_hash
    OR NEW.seed IS NOT OLD.seed
    OR NEW.received_utc_ns IS NOT OLD.received_utc_ns
    OR NEW.origin IS NOT OLD.origin
BEGIN
    SELECT RAISE(ABORT, 'run is evidence: only an open run can be closed, once');
END;
CREATE TRIGGER run_no_delete BEFORE DELETE ON run BEGIN
    SELECT RAISE(ABORT, 'run is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER run_no_replace BEFORE INSERT ON run
WHEN EXISTS (SELECT 1 FROM run WHERE run_id = NEW.run_id) BEGIN
    SELECT RAISE(ABORT, 'run: a row with this key is already there');
END;
CREATE TRIGGER label_no_update BEFORE UPDATE ON label BEGIN
    SELECT RAISE(ABORT, 'label is evidence and never changed: annotate instead');
END;
CREATE TRIGGER label_no_delete BEFORE DELETE ON label BEGIN
    SELECT RAISE(ABORT, 'label is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER label_no_replace BEFORE INSERT ON label
WHEN EXISTS (SELECT 1 FROM label WHERE run_id = NEW.run_id AND position = NEW.position) BEGIN
    SELECT RAISE(ABORT, 'label: a row with this key is already there');
END;
CREATE TRIGGER condition_no_update BEFORE UPDATE ON condition BEGIN
    SELECT RAISE(ABORT, 'condition is evidence and never changed: annotate instead');
END;
CREATE TRIGGER condition_no_delete BEFORE DELETE ON condition BEGIN
    SELECT RAISE(ABORT, 'condition is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER condition_no_replace BEFORE INSERT ON condition
WHEN EXISTS (SELECT 1 FROM condition
    WHERE run_id = NEW.run_id AND reading = NEW.reading AND position = NEW.position)
BEGIN
    SELECT RAISE(ABORT, 'condition: a row with this key is already there');
END;
CREATE TRIGGER measurement_no_update BEFORE UPDATE ON measurement BEGIN
    SELECT RAISE(ABORT, 'measurement is evidence and never changed: annotate instead');
END;
CREATE TRIGGER measurement_no_delete BEFORE DELETE ON measurement BEGIN
    SELECT RAISE(ABORT, 'measurement is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER measurement_no_replace BEFORE INSERT ON measurement
WHEN EXISTS (SELECT 1 FROM measurement WHERE measurement_id = NEW.measurement_id) BEGIN
    SELECT RAISE(ABORT, 'measurement: a row with this key is already there');
END;
CREATE TRIGGER tuning_no_update BEFORE UPDATE ON tuning BEGIN
    SELECT RAISE(ABORT, 'tuning is evidence and never changed: annotate instead');
END;
CREATE TRIGGER tuning_no_delete BEFORE DELETE ON tuning BEGIN
    SELECT RAISE(ABORT, 'tuning is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER tuning_no_replace BEFORE INSERT ON tuning
WHEN EXISTS (SELECT 1 FROM tuning WHERE tuning_id = NEW.tuning_id) BEGIN
    SELECT RAISE(ABORT, 'tuning: a row with this key is already there');
END;
CREATE TRIGGER engine_result_no_update BEFORE UPDATE ON engine_result BEGIN
    SELECT RAISE(ABORT, 'engine_result is evidence and never changed: annotate instead');
END;
CREATE TRIGGER engine_result_no_delete BEFORE DELETE ON engine_result BEGIN
    SELECT RAISE(ABORT, 'engine_result is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER engine_result_no_replace BEFORE INSERT ON engine_result
WHEN EXISTS (SELECT 1 FROM engine_result WHERE engine_result_id = NEW.engine_result_id) BEGIN
    SELECT RAISE(ABORT, 'engine_result: a row with this key is already there');
END;
CREATE TRIGGER annotation_no_update BEFORE UPDATE ON annotation BEGIN
    SELECT RAISE(ABORT, 'annotation is evidence and never changed: annotate instead');
END;
CREATE TRIGGER annotation_no_delete BEFORE DELETE ON annotation BEGIN
    SELECT RAISE(ABORT, 'annotation is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER annotation_no_replace BEFORE INSERT ON annotation
WHEN EXISTS (SELECT 1 FROM annotation WHERE annotation_id = NEW.annotation_id) BEGIN
    SELECT RAISE(ABORT, 'annotation: a row with this key is already there');
END;
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN
    SELECT RAISE(ABORT, 'decision is evidence and never changed: annotate instead');
END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision BEGIN
    SELECT RAISE(ABORT, 'decision is evidence and never deleted: annotate instead');
END;
CREATE TRIGGER decision_no_replace BEFORE INSERT ON decision
WHEN EXISTS (SELECT 1 FROM decision WHERE decision_id = NEW.decision_id) BEGIN
    SELECT RAISE(ABORT, 'decision: a row with this key is already there');
END;
