/* gemm_grid.h: who computes which tiles of y: the part that all gemm kernels share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * y is cut into tiles of MR rows by `nr` outputs. Threads split the outputs, and the panels of MR
 * rows when there are few outputs; sums of a thread's tiles stay in its scratch as [nr][MR] until
 * all of k is in them. */
#ifndef WI_CPU_GEMM_GRID_H
#define WI_CPU_GEMM_GRID_H

#include "kernels/cpu/scratch.h"
#include "kernels/cpu/unit.h"

struct part { /* what a thread computes of one packed block of rows */
    struct wi_share outputs, panels;
    size_t first, rows; /* of the block, in y */
};

INLINE size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Threads as a grid: along the outputs as long as each has a few tiles, then along the panels. */
INLINE struct part part_of(const struct wi_call *call, const struct wi_task *task, size_t nr,
                           size_t first, size_t rows) {
    size_t groups = (call->n + nr - 1) / nr;
    size_t panels = (rows + (size_t)MR - 1) / (size_t)MR;
    unsigned across = 1; /* threads along the panels */
    while (2 * across <= task->threads && 2 * across <= panels &&
           groups < 4 * (size_t)(task->threads / across))
        across *= 2;
    unsigned along = task->threads / across;
    struct part part = {.first = first, .rows = rows};
    if (task->thread < along * across) {
        struct wi_share g = wi_share_of(groups, task->thread / across, along);
        part.outputs = (struct wi_share){g.begin * nr, least(g.end * nr, call->n)};
        part.panels = wi_share_of(panels, task->thread % across, across);
    }
    return part;
}

/* Rows of x that make panel `panel` of a block of `rows` rows from `first` on; how many there are.
 */
INLINE size_t panel_rows(const struct wi_call *call, const struct wi_task *task, size_t first,
                         size_t rows, size_t panel, const float *inputs[MR]) {
    const float *x = wi_in(call->x);
    size_t row = panel * (size_t)MR, count = least(rows - row, (size_t)MR);
    for (size_t r = 0; r < count; r++)
        inputs[r] = x + wi_row_in(call, task, first + row + r) * call->k;
    return count;
}

/* A tile into y: transposed, clipped to the rows and outputs that there are. */
INLINE void write_tile(const float *sums, size_t rows, size_t outputs, float *y, size_t n) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < outputs; i++)
            y[r * n + i] = sums[i * (size_t)MR + r];
}

/* The tiles of `count` outputs from n on. */
INLINE void write_block(const struct wi_call *call, const struct part *part, size_t nr, size_t n,
                        size_t count, const float *sums) {
    float *y = wi_out(call->y);
    const float *at = sums;
    for (size_t p = part->panels.begin; p < part->panels.end; p++) {
        size_t row = p * (size_t)MR, rows = least(part->rows - row, (size_t)MR);
        for (size_t i = 0; i < count; i += nr, at += (size_t)MR * nr)
            write_tile(at, rows, least(count - i, nr), y + (part->first + row) * call->n + n + i,
                       call->n);
    }
}

#endif
