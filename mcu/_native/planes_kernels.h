/* The inner loops on rows of 8-bit samples, once in plain C and once with AVX2, chosen at run time.

   Both give the same bytes for every input: all arithmetic is on integers, and each output sample depends on its own
   inputs only, never on how a row is cut into vectors. Rows are read and written inside their n samples, and no
   further. */

#ifndef MCU_PLANES_KERNELS_H
#define MCU_PLANES_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    TAPS = 4,          /* source samples that may make one output sample */
    WEIGHT_BITS = 7,   /* the weights of an output sample add up to 128; each alone is at most 127 (int8_t) */
    GROUP = 16,        /* output samples that filter_columns makes at once */
    ROW_PADDING = 32,  /* bytes that must be readable after a row given to filter_columns */
    BATCH = 8,         /* rows filtered at once: the tables are read once, and the rows have left the store buffer */
};

/* GROUP adjacent output samples, in the order in which one AVX2 register takes them: two lanes of eight outputs, each
   from a window of 16 source bytes, two taps at a time. */
struct column_group {
    int32_t first;                 /* index of the first output sample */
    int32_t window[2][2];          /* [taps 0-1, taps 2-3][lane]: source index of the window */
    uint8_t shuffle[2][2 * GROUP]; /* byte of the window for each (output, tap of two) */
    int8_t weight[2][2 * GROUP];
};

/* How one axis of a plane is resampled. */
struct axis {
    int from, to;                /* samples before and after */
    int pairs;                   /* 1 when no output sample has more than two taps, else 2 */
    int plain;                   /* not 0 when it is the identity */
    int groups;                  /* of columns; 0 when `to` is smaller than a group */
    int32_t *index;              /* [to][TAPS] source samples */
    int8_t *weight;              /* [to][TAPS] */
    struct column_group *group;  /* [groups]; the last one may overlap the one before */
};

struct plane_kernels {
    const char *name;
    /* dst[i] = sum over taps of weight × row[i], rounded; for 0 ≤ i < n. Two or four rows. */
    void (*blend_rows)(uint8_t *dst, const uint8_t *const row[TAPS], const int8_t weight[TAPS], int pairs, int n);
    /* `rows` rows through `columns`; each has ROW_PADDING readable bytes behind its columns->from samples. */
    void (*filter_columns)(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int rows,
                           const struct axis *columns);
    /* dst[i] = mean of a[2i], a[2i+1], b[2i], b[2i+1], rounded; for 0 ≤ i < n. */
    void (*halve)(uint8_t *dst, const uint8_t *a, const uint8_t *b, int n);
    /* dst[i] moves towards src[i] by alpha[i] / 255; for 0 ≤ i < n. */
    void (*mix)(uint8_t *dst, const uint8_t *src, const uint8_t *alpha, int n);
    /* dst (height × width) becomes the mirror image of src (width × height) about its main diagonal. */
    void (*transpose)(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int width, int height);
};

extern const struct plane_kernels planes_scalar;

/* The best for this processor; the plain ones where there is nothing better. */
const struct plane_kernels *planes_best(void);

#endif
