/* Scaling in two steps: means of 2×2 until the rest is at most a factor of two, then a separable filter.

   The filter is the area that an output sample covers, but never less than one source sample: the exact mean when a
   picture shrinks, linear interpolation when it grows, the identity in between. Its weights come from integers alone:
   an output sample i of `to` covers [(2i + 1) from - box, (2i + 1) from + box] in units of 1 / (2 to) source samples,
   box being the larger of `from` and `to`; source sample p covers [2 to p, 2 to (p + 1)]. */

#include "planes_scaler.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEAST_SIDE = 16,        /* samples: no codec of ours has smaller pictures, and nothing could be seen */
    MOST_SIDE = 8192,       /* samples: what H.264 level 6 allows; keeps all products in 64 bits */
    ASPECT_TOLERANCE = 64,  /* 1/64: bars this thin are a rounding of the tile; it is filled instead */
    MOST_ASPECT = 4,        /* of a sample: more than any in use */
    MOST_CUT = 2,           /* "cover" shows at least 1/2 of a picture; where a tile would cut more (an upright phone), */
    KEPT = 3, KEPT_OF = 4,  /* it shows 3/4, which keeps the head, between bars */
    NEAR = 32,              /* 1/32 of a side: what is larger by less than that is cut when it covers a tile, and */
    NEAR_WHOLE = 4,         /* samples: when all of it is to be seen; scaled by a hair it would be blurred */
    CACHE_LINE = 64,        /* bytes */
};

static int min_int(int a, int b) { return a < b ? a : b; }
static int max_int(int a, int b) { return a > b ? a : b; }
static int clamp_int(int value, int high) { return value < 0 ? 0 : min_int(value, high); }
static int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/* Taps of output sample i, before mirroring. */
static void taps_of(const struct axis *axis, int i, int32_t index[TAPS], int8_t weight[TAPS])
{
    int64_t from = axis->from, to = axis->to, box = from > to ? from : to;
    int64_t start = (2 * (int64_t)i + 1) * from - box, end = start + 2 * box;
    int64_t first = floor_div(start, 2 * to);
    int64_t done = 0;
    int alone = -1;
    for (int tap = 0; tap < TAPS; tap++) {
        int64_t edge = 2 * to * (first + tap + 1);
        int64_t covered = (edge < end ? edge : end) - start;
        int64_t total = ((covered << WEIGHT_BITS) + box) / (2 * box);
        if (total - done == 1 << WEIGHT_BITS)
            alone = tap;
        weight[tap] = (int8_t)(total - done);
        index[tap] = clamp_int((int)(first + tap), axis->from - 1);
        done = total;
    }
    if (alone >= 0) { /* one sample with all the weight, which does not fit into int8_t: take it twice */
        index[0] = index[1] = index[alone];
        weight[0] = (1 << WEIGHT_BITS) - 1, weight[1] = 1, weight[2] = 0, weight[3] = 0;
    }
}

static void group_columns(struct axis *axis)
{
    for (int number = 0; number < axis->groups; number++) {
        struct column_group *group = axis->group + number;
        group->first = min_int(number * GROUP, axis->to - GROUP);
        for (int pair = 0; pair < 2; pair++)
            for (int lane = 0; lane < 2; lane++) {
                const int32_t *index = axis->index + TAPS * (group->first + lane * GROUP / 2) + 2 * pair;
                const int8_t *weight = axis->weight + TAPS * (group->first + lane * GROUP / 2) + 2 * pair;
                int32_t window = index[0];
                for (int i = 0; i < GROUP; i++)
                    window = min_int(window, index[TAPS * (i / 2) + i % 2]);
                group->window[pair][lane] = window;
                for (int i = 0; i < GROUP; i++) {
                    group->shuffle[pair][lane * GROUP + i] = (uint8_t)(index[TAPS * (i / 2) + i % 2] - window);
                    group->weight[pair][lane * GROUP + i] = weight[TAPS * (i / 2) + i % 2];
                }
            }
    }
}

/* `from` is at most twice `to`, so that eight outputs' taps lie within a window of 16 samples. */
static int axis_build(struct axis *axis, int from, int to, int mirrored)
{
    if (from < 1 || to < 1 || from > 2 * to)
        return -1;
    axis->from = from, axis->to = to, axis->pairs = 1, axis->plain = from == to && !mirrored;
    axis->groups = to < GROUP ? 0 : (to + GROUP - 1) / GROUP;
    axis->index = malloc(sizeof(*axis->index) * TAPS * (size_t)to);
    axis->weight = malloc(sizeof(*axis->weight) * TAPS * (size_t)to);
    axis->group = malloc(sizeof(*axis->group) * (size_t)max_int(1, axis->groups));
    if (!axis->index || !axis->weight || !axis->group)
        return -1;
    for (int i = 0; i < to; i++) {
        int at = TAPS * (mirrored ? to - 1 - i : i);
        taps_of(axis, i, axis->index + at, axis->weight + at);
        if (axis->weight[at + 2] || axis->weight[at + 3])
            axis->pairs = 2;
    }
    group_columns(axis);
    return 0;
}

static void axis_free(struct axis *axis)
{
    free(axis->index);
    free(axis->weight);
    free(axis->group);
}

/* Part of the picture that is shown and part of the tile that it fills, both in the upright picture's terms. A sample is
   `wide` by `high`. */
static void place(struct scaler *self, int width, int height, int wide, int high, int tile_width, int tile_height,
                  enum fit fit)
{
    int64_t across = (int64_t)width * wide * tile_height, down = (int64_t)height * high * tile_width;
    int64_t more = across > down ? across : down, less = across > down ? down : across;
    int cover = (fit == FIT_COVER && less * MOST_CUT >= more) || (more - less) * ASPECT_TOLERANCE <= more;
    self->crop_width = width, self->crop_height = height;
    self->out_width = tile_width, self->out_height = tile_height;
    if (cover && across > down)
        self->crop_width = (int)(down / ((int64_t)tile_height * wide));
    else if (cover)
        self->crop_height = (int)(across / ((int64_t)tile_width * high));
    else if (across > down) {
        self->crop_width = fit == FIT_COVER ? width * KEPT / KEPT_OF : width;
        self->out_height = max_int(2, (int)(down / ((int64_t)self->crop_width * wide)) & ~1);
    } else {
        self->crop_height = fit == FIT_COVER ? height * KEPT / KEPT_OF : height;
        self->out_width = max_int(2, (int)(across / ((int64_t)self->crop_height * high)) & ~1);
    }
    self->left = (tile_width - self->out_width) / 2 & ~1;
    self->top = (tile_height - self->out_height) / 2 & ~1;
}

/* Have what is shown copied sample by sample where it is larger than its place by a hair at most: browsers round sizes. */
static void cut_a_hair(struct scaler *self, enum fit fit)
{
    int wider = self->crop_width - self->out_width, higher = self->crop_height - self->out_height;
    int across = fit == FIT_COVER ? max_int(NEAR_WHOLE, self->out_width / NEAR) : NEAR_WHOLE;
    int down = fit == FIT_COVER ? max_int(NEAR_WHOLE, self->out_height / NEAR) : NEAR_WHOLE;
    if (wider >= 0 && wider <= across && higher >= 0 && higher <= down)
        self->crop_width = self->out_width, self->crop_height = self->out_height;
}

static void swap_int(int *a, int *b)
{
    int kept = *a;
    *a = *b, *b = kept;
}

int scaler_build(struct scaler *self, int width, int height, int rotation, int aspect, int tile_width, int tile_height,
                 enum fit fit)
{
    memset(self, 0, sizeof(*self));
    if (min_int(width, height) < LEAST_SIDE || max_int(width, height) > MOST_SIDE || aspect * MOST_ASPECT < ASPECT_ONE ||
        aspect > MOST_ASPECT * ASPECT_ONE)
        return -1;
    int wide = aspect, high = ASPECT_ONE;
    self->width = width, self->height = height, self->rotation = rotation, self->aspect = aspect;
    self->transposed = rotation == 90 || rotation == 270;
    if (self->transposed) {
        swap_int(&width, &height);
        swap_int(&wide, &high);
    }
    place(self, width, height, wide, high, tile_width, tile_height, fit);
    cut_a_hair(self, fit);
    while (self->crop_width >> self->halvings > 2 * self->out_width ||
           self->crop_height >> self->halvings > 2 * self->out_height)
        self->halvings++;
    int unit = 2 << self->halvings; /* so that chroma can be halved as often as luma */
    self->crop_width &= -unit, self->crop_height &= -unit;
    int from_width = self->crop_width >> self->halvings, from_height = self->crop_height >> self->halvings;
    int mirror_columns = rotation == 90 || rotation == 180, mirror_rows = rotation == 180 || rotation == 270;
    for (int chroma = 0; chroma < 2; chroma++)
        if (axis_build(&self->columns[chroma], from_width >> chroma, self->out_width >> chroma, mirror_columns) ||
            axis_build(&self->rows[chroma], from_height >> chroma, self->out_height >> chroma, mirror_rows)) {
            scaler_free(self);
            return -1;
        }
    if (self->transposed)
        swap_int(&self->crop_width, &self->crop_height);
    self->crop_x = (self->width - self->crop_width) / 2 & ~1;
    self->crop_y = (self->height - self->crop_height) / 2 & ~1;
    return 0;
}

void scaler_free(struct scaler *self)
{
    for (int chroma = 0; chroma < 2; chroma++) {
        axis_free(&self->columns[chroma]);
        axis_free(&self->rows[chroma]);
    }
    memset(self, 0, sizeof(*self));
}

static ptrdiff_t line_stride(const struct scaler *self)
{
    return self->columns[0].from + ROW_PADDING;
}

/* Bytes for a batch of lines, every halved picture and the transposed one, luma being the largest plane. */
static size_t scratch_needed(const struct scaler *self)
{
    size_t crop = (size_t)self->crop_width * (size_t)self->crop_height;
    size_t halved = self->halvings ? crop / 2 : 0; /* 1/4 + 1/16 + ... */
    size_t turned = self->transposed ? crop >> 2 * self->halvings : 0;
    return (size_t)(BATCH * line_stride(self)) + halved + turned;
}

static int scratch_reserve(struct scratch *scratch, size_t size)
{
    if (scratch->size >= size)
        return 0;
    uint8_t *grown = realloc(scratch->memory, size);
    if (!grown)
        return -1;
    scratch->memory = grown, scratch->size = size;
    return 0;
}

/* One output row of `rows`, as wide as the source. */
static void blend_row(const struct plane_kernels *kernels, const struct axis *rows, int y, struct plane src, uint8_t *dst,
                      int width)
{
    const int32_t *index = rows->index + TAPS * y;
    const uint8_t *const row[TAPS] = {
        src.data + index[0] * src.stride, src.data + index[1] * src.stride,
        src.data + index[2] * src.stride, src.data + index[3] * src.stride,
    };
    if (rows->plain)
        memcpy(dst, row[0], (size_t)width);
    else
        kernels->blend_rows(dst, row, rows->weight + TAPS * y, rows->pairs, width);
}

/* Have the source of output rows `from` to `to` come to the nearest cache: the pictures of a composite do not fit there. */
static void fetch_rows(const struct axis *rows, int from, int to, struct plane src, int width)
{
    int first = rows->index[TAPS * from], last = rows->index[TAPS * (to - 1)];
    for (int row = min_int(first, last); row <= max_int(first, last) + 1 && row < rows->from; row++)
        for (int at = 0; at < width; at += CACHE_LINE)
            __builtin_prefetch(src.data + row * src.stride + at);
}

static void filter_plane(const struct plane_kernels *kernels, const struct axis *columns, const struct axis *rows,
                         struct plane src, struct plane dst, struct plane lines)
{
    for (int y = 0; y < rows->to; y += BATCH) {
        int batch = min_int(BATCH, rows->to - y);
        struct plane to = columns->plain ? dst : lines;
        if (y + batch < rows->to)
            fetch_rows(rows, y + batch, min_int(y + 2 * BATCH, rows->to), src, columns->from);
        for (int row = 0; row < batch; row++)
            blend_row(kernels, rows, y + row, src, to.data + row * to.stride, columns->from);
        if (!columns->plain)
            kernels->filter_columns(dst.data, dst.stride, lines.data, lines.stride, batch, columns);
        dst.data += batch * dst.stride;
    }
}

int scaler_run(const struct scaler *self, const struct plane_kernels *kernels, const struct plane src[3],
               const struct plane dst[3], struct scratch *scratch)
{
    if (scratch_reserve(scratch, scratch_needed(self)))
        return -1;
    for (int number = 0; number < 3; number++) {
        int chroma = number > 0;
        struct plane from = src[number], to = dst[number];
        int width = self->crop_width >> chroma, height = self->crop_height >> chroma;
        const struct axis *columns = &self->columns[chroma], *rows = &self->rows[chroma];
        struct plane lines = {scratch->memory, line_stride(self)};
        uint8_t *next = lines.data + BATCH * lines.stride;
        from.data += (self->crop_y >> chroma) * from.stride + (self->crop_x >> chroma);
        to.data += (self->top >> chroma) * to.stride + (self->left >> chroma);
        for (int halving = 0; halving < self->halvings; halving++) {
            width /= 2, height /= 2;
            for (int y = 0; y < height; y++)
                kernels->halve(next + (ptrdiff_t)y * width, from.data + 2 * y * from.stride,
                               from.data + (2 * y + 1) * from.stride, width);
            from = (struct plane){next, width};
            next += (size_t)width * (size_t)height;
        }
        if (self->transposed) {
            kernels->transpose(next, height, from.data, from.stride, width, height);
            from = (struct plane){next, height};
        }
        filter_plane(kernels, columns, rows, from, to, lines);
    }
    return 0;
}
