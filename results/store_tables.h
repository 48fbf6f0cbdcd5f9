/* store_tables.h: every table and view that is part of the interface. For results/store_*.c only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_STORE_TABLES_H
#define WI_STORE_TABLES_H

/* clang-format off */
/*    name              key: the order in which rows are shown */
#define WI_STORE_TABLE_LIST(X)                                                                     \
    X(device,           "device_id")                                                               \
    X(compute_device,   "device_id, compute_device_id")                                            \
    X(inventory,        "inventory_id")                                                            \
    X(backend_state,    "inventory_id, backend")                                                   \
    X(cpu,              "inventory_id")                                                            \
    X(cpu_kind,         "inventory_id, position")                                                  \
    X(cpu_cache,        "inventory_id, position")                                                  \
    X(gpu,              "inventory_id, position")                                                  \
    X(gpu_pool,         "inventory_id, gpu, position")                                             \
    X(gpu_api,          "inventory_id, gpu, position")                                             \
    X(unopened_gpu,     "inventory_id, position")                                                  \
    X(fact,             "inventory_id, gpu, api, position")                                        \
    X(run,              "run_id")                                                                  \
    X(run_backend,      "run_id, backend")                                                         \
    X(label,            "run_id, position")                                                        \
    X(condition,        "run_id, reading, position")                                               \
    X(measurement,      "measurement_id")                                                          \
    X(sample,           "measurement_id, i")                                                       \
    X(roofline,         "run_id, compute_device_id, backend, measurement_id")                      \
    X(ceiling,          "measurement_id, i")                                                       \
    X(tuning,           "tuning_id")                                                               \
    X(engine_result,    "engine_result_id")                                                        \
    X(annotation,       "annotation_id")                                                           \
    X(decision,         "decision_id")                                                             \
    X(model,            "position, model, model_hash")                                             \
    X(size_class,       "position")                                                                \
    X(precision_family, "family, position")                                                        \
    X(tier,             "rank")                                                                    \
    X(device_tier,      "device_id")                                                               \
    X(feasibility,      "device_id, model, precision, kv_precision, context, engine")              \
    X(tier_feasibility, "tier, model, precision, context, engine")
/* clang-format on */

#endif
