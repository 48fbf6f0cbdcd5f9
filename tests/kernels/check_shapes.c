/* check_shapes.c: shapes at and around every edge: of vectors (4 to 16 lanes), blocks of formats
 * (32), tiles (MR 8 to 32, NR 4 to 12), of cache blocks (KC 256, NC 96, MC 512; 32 cells), of
 * threads that have nothing to do, and of windows and caches that wrap around.
 * SPDX-License-Identifier: Apache-2.0 */
#include "check_case.h"

/* clang-format off */
#define MATMUL(tokens_, batch_, n_, k_, ...)                                                       \
    {.call = {.n = n_, .k = k_, __VA_ARGS__}, .dims = {.tokens = tokens_, .batch = batch_}}
#define LAST      .rows = WI_ROWS_gather_last
#define SEQUENCES .rows = WI_ROWS_sequences

static const struct shape gemv_shapes[] = {
    MATMUL(1, 1, 1, 1),      MATMUL(1, 1, 1, 31),    MATMUL(1, 1, 3, 32),    MATMUL(1, 1, 4, 33),
    MATMUL(1, 1, 5, 63),     MATMUL(1, 1, 7, 64),    MATMUL(1, 1, 31, 65),   MATMUL(1, 1, 67, 96),
    MATMUL(1, 1, 33, 1000),  MATMUL(1, 1, 18, 2048), MATMUL(2, 1, 9, 32),    MATMUL(3, 1, 8, 40),
    MATMUL(4, 1, 5, 96),     MATMUL(5, 1, 6, 7),     MATMUL(1, 7, 13, 64),   MATMUL(2, 4, 12, 128),
    MATMUL(9, 1, 4, 32),     MATMUL(3, 2, 9, 64, LAST), MATMUL(5, 1, 11, 45, LAST),
    MATMUL(5, 3, 7, 96, SEQUENCES),
};
static const struct shape gemm_shapes[] = {
    MATMUL(1, 1, 1, 1),      MATMUL(1, 1, 3, 32),    MATMUL(7, 1, 4, 31),    MATMUL(8, 1, 5, 32),
    MATMUL(9, 1, 6, 33),     MATMUL(15, 1, 7, 64),   MATMUL(16, 1, 8, 96),   MATMUL(17, 1, 9, 100),
    MATMUL(31, 1, 11, 255),  MATMUL(32, 1, 12, 256), MATMUL(33, 1, 13, 257), MATMUL(16, 2, 95, 64),
    MATMUL(8, 3, 96, 288),   MATMUL(12, 1, 97, 512), MATMUL(20, 1, 193, 544), MATMUL(11, 1, 25, 513),
    MATMUL(511, 1, 5, 32),   MATMUL(512, 1, 6, 33),  MATMUL(513, 1, 7, 64),  MATMUL(350, 3, 9, 32),
    MATMUL(3, 11, 10, 64, LAST), MATMUL(4, 33, 10, 64, SEQUENCES), MATMUL(64, 1, 2, 320),
};

#define EMBED(tokens_, depth_, batch_, n_, bare)                                                   \
    {.call = {.n = n_, .k = n_, .scale = 1.5f},                                                    \
     .dims = {.tokens = tokens_, .depth = depth_, .batch = batch_}, .no_bias = bare}
static const struct shape embed_shapes[] = {
    EMBED(1, 0, 1, 1, true),   EMBED(1, 3, 1, 31, false),  EMBED(2, 0, 2, 32, true),
    EMBED(3, 5, 2, 33, false), EMBED(9, 0, 1, 64, false),  EMBED(65, 2, 1, 160, true),
};

#define NORM(tokens_, batch_, heads_, n_, w, b, ...)                                               \
    {.call = {.n = n_, .heads = heads_, .eps = 1e-6f, __VA_ARGS__},                                \
     .dims = {.tokens = tokens_, .batch = batch_}, .no_weights = !(w), .no_bias = !(b)}
static const struct shape norm_shapes[] = {
    NORM(1, 1, 1, 1, true, true),    NORM(1, 1, 1, 7, true, false),  NORM(2, 1, 1, 8, false, true),
    NORM(3, 2, 1, 31, true, true),   NORM(1, 1, 3, 33, true, true),  NORM(5, 1, 4, 64, false, false),
    NORM(1, 1, 1, 2048, true, true), NORM(4, 3, 1, 100, true, true, LAST),
    NORM(4, 3, 2, 65, true, true, SEQUENCES),
};

#define ELEMENT(tokens_, batch_, n_, place, ...)                                                   \
    {.call = {.n = n_, .softcap = 3, .scale = 1, __VA_ARGS__},                                     \
     .dims = {.tokens = tokens_, .batch = batch_}, .in_place = place}
static const struct shape element_shapes[] = {
    ELEMENT(1, 1, 1, false),    ELEMENT(1, 1, 3, true),     ELEMENT(1, 1, 15, false),
    ELEMENT(1, 1, 16, true),    ELEMENT(1, 1, 17, false),   ELEMENT(3, 1, 33, true),
    ELEMENT(2, 2, 1000, false), ELEMENT(7, 1, 5, false),    ELEMENT(3, 4, 40, false, LAST),
    ELEMENT(9, 2, 50, true, SEQUENCES),  ELEMENT(5, 2, 41, false, .broadcast = true),
    ELEMENT(2, 3, 37, true, .broadcast = true), ELEMENT(3, 3, 70, false, .act = WI_ACT_silu),
    {.call = {.n = 300, .softcap = 0.05f}, .dims = {.tokens = 1, .batch = 1}, .in_place = true},
};
static const struct shape argmax_shapes[] = {
    ELEMENT(1, 1, 1, false),   ELEMENT(1, 1, 2, false),    ELEMENT(1, 1, 15, false),
    ELEMENT(1, 1, 33, false),  ELEMENT(3, 2, 100, false),  ELEMENT(1, 1, 5003, false),
    ELEMENT(3, 4, 77, false, LAST), ELEMENT(3, 5, 64, false, SEQUENCES),
};

#define ROPE(tokens_, depth_, batch_, heads_, dim, rotary_, place)                                 \
    {.call = {.heads = heads_, .head_dim = dim, .rotary = rotary_},                                \
     .dims = {.tokens = tokens_, .depth = depth_, .batch = batch_}, .in_place = place}
static const struct shape rope_shapes[] = {
    ROPE(1, 0, 1, 1, 2, 2, true),    ROPE(1, 5, 1, 3, 64, 64, true), ROPE(2, 1, 2, 2, 80, 32, false),
    ROPE(3, 0, 1, 4, 34, 34, false), ROPE(5, 7, 2, 1, 9, 6, true),   ROPE(4, 2, 1, 8, 256, 256, true),
};

#define STORE(tokens_, depth_, batch_, heads_, dim, cells_)                                        \
    {.call = {.kv_heads = heads_, .head_dim = dim, .cells = cells_},                               \
     .dims = {.tokens = tokens_, .depth = depth_, .batch = batch_}}
static const struct shape kv_store_shapes[] = {
    STORE(1, 0, 1, 1, 1, 1),   STORE(1, 9, 1, 2, 32, 12), STORE(3, 5, 2, 1, 33, 9),
    STORE(7, 6, 1, 3, 64, 10), STORE(9, 2, 2, 1, 96, 4),  STORE(33, 0, 1, 2, 31, 40),
};

#define ATTEND(tokens_, depth_, batch_, heads_, kv, dim, cells_, ...)                              \
    {.call = {.heads = heads_, .kv_heads = kv, .head_dim = dim, .cells = cells_,                   \
              .scale = 0.25f, __VA_ARGS__},                                                        \
     .dims = {.tokens = tokens_, .depth = depth_, .batch = batch_}}
#define CAUSAL .causal = true
static const struct shape attention_shapes[] = {
    ATTEND(1, 0, 1, 1, 1, 1, 1, CAUSAL),       ATTEND(1, 30, 1, 1, 1, 32, 31, CAUSAL),
    ATTEND(1, 31, 1, 2, 1, 64, 40, CAUSAL),    ATTEND(1, 32, 1, 4, 2, 33, 33, CAUSAL),
    ATTEND(1, 200, 1, 8, 1, 96, 256, CAUSAL),  ATTEND(1, 77, 3, 3, 3, 32, 90, CAUSAL),
    ATTEND(1, 500, 1, 8, 1, 64, 64, CAUSAL, .window = 50),
    ATTEND(5, 0, 1, 2, 2, 7, 5, CAUSAL),       ATTEND(33, 0, 1, 2, 1, 32, 33, CAUSAL),
    ATTEND(40, 70, 2, 4, 2, 64, 110, CAUSAL),  ATTEND(70, 3, 1, 3, 1, 32, 80, CAUSAL, .window = 9),
    ATTEND(35, 100, 1, 5, 1, 32, 140, CAUSAL, .window = 64),
    ATTEND(40, 100, 1, 2, 1, 32, 64, CAUSAL, .window = 24),
    ATTEND(5, 0, 2, 2, 2, 64, 5),              ATTEND(37, 0, 1, 3, 3, 32, 37),
    ATTEND(9, 20, 1, 4, 1, 32, 40, .window = 12), ATTEND(3, 3, 1, 40, 1, 32, 8, CAUSAL),
    ATTEND(6, 40, 1, 4, 2, 64, 50, CAUSAL, .softcap = 2), ATTEND(2, 64, 1, 9, 3, 160, 70, CAUSAL),
    {.call = {.heads = 2, .kv_heads = 2, .head_dim = 64, .cells = 100, CAUSAL, .scale = 8,
              .softcap = 0.5f}, .dims = {.tokens = 1, .depth = 90, .batch = 1}},
};

static const struct {
    const struct shape *shapes;
    size_t count;
} lists[WI_OP_COUNT] = {
#define LIST(op, array) [WI_OP_##op] = {array, WI_COUNT(array)}
    LIST(embed, embed_shapes),   LIST(rmsnorm, norm_shapes),    LIST(layernorm, norm_shapes),
    LIST(gemv, gemv_shapes),     LIST(gemm, gemm_shapes),       LIST(rope, rope_shapes),
    LIST(kv_store, kv_store_shapes), LIST(attention, attention_shapes),
    LIST(glu, element_shapes),   LIST(gelu, element_shapes),    LIST(add, element_shapes),
    LIST(softcap, element_shapes), LIST(argmax, argmax_shapes),
};
/* clang-format on */

const struct shape *shapes_of(enum wi_op_id op, size_t *count) {
    *count = lists[op].count;
    return lists[op].shapes;
}
