/* The plain C twin: the definition of what every other version must compute. */

#include "planes_kernels.h"

static const int ROUND = 1 << (WEIGHT_BITS - 1);

static void blend_rows(uint8_t *dst, const uint8_t *const row[TAPS], const int8_t weight[TAPS], int pairs, int n)
{
    for (int i = 0; i < n; i++) {
        int sum = ROUND;
        for (int tap = 0; tap < 2 * pairs; tap++)
            sum += weight[tap] * row[tap][i];
        dst[i] = (uint8_t)(sum >> WEIGHT_BITS);
    }
}

static void filter_columns(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int rows,
                           const struct axis *columns)
{
    for (int row = 0; row < rows; row++, dst += dst_stride, src += src_stride)
        for (int i = 0; i < columns->to; i++) {
            const int32_t *index = columns->index + TAPS * i;
            const int8_t *weight = columns->weight + TAPS * i;
            int sum = ROUND;
            for (int tap = 0; tap < 2 * columns->pairs; tap++)
                sum += weight[tap] * src[index[tap]];
            dst[i] = (uint8_t)(sum >> WEIGHT_BITS);
        }
}

static void halve(uint8_t *dst, const uint8_t *a, const uint8_t *b, int n)
{
    for (int i = 0; i < n; i++)
        dst[i] = (uint8_t)((a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1] + 2) >> 2);
}

static void mix(uint8_t *dst, const uint8_t *src, const uint8_t *alpha, int n)
{
    for (int i = 0; i < n; i++) {
        int part = alpha[i] + (alpha[i] >> 7); /* 0...256, so that 255 replaces and 0 keeps */
        dst[i] = (uint8_t)((dst[i] * (256 - part) + src[i] * part + 128) >> 8);
    }
}

static void transpose(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            dst[x * dst_stride + y] = src[y * src_stride + x];
}

const struct plane_kernels planes_scalar = {
    .name = "scalar",
    .blend_rows = blend_rows,
    .filter_columns = filter_columns,
    .halve = halve,
    .mix = mix,
    .transpose = transpose,
};
