/* A picture of one size into a tile of another: what is cut off, where the rest lands, and with which weights. */

#ifndef MCU_PLANES_SCALER_H
#define MCU_PLANES_SCALER_H

#include "planes_kernels.h"

enum fit { FIT_CONTAIN, FIT_COVER };
enum { ASPECT_ONE = 7920 }; /* makes a whole number of every ratio in H.264's table E-1, and of their inverses with 11 */

struct plane {
    uint8_t *data;
    ptrdiff_t stride;
};

/* Made once for (size, rotation, aspect, tile); then used for every picture of that size. All sizes in luma samples. */
struct scaler {
    int width, height, rotation;                    /* of the pictures it takes; the rotation is clockwise */
    int aspect;                                     /* width of a sample over its height, in 1 / ASPECT_ONE */
    int crop_x, crop_y, crop_width, crop_height;    /* the part that is shown, in the picture as it arrives */
    int left, top, out_width, out_height;           /* the part of the tile that it fills */
    int halvings;                                   /* 2×2 means before the filter */
    int transposed;                                 /* not 0 for 90 and 270 degrees */
    struct axis columns[2], rows[2];                /* [0] luma, [1] chroma */
};

/* Memory between the stages. Grows to what the largest picture needs and stays. */
struct scratch {
    uint8_t *memory;
    size_t size;
};

/* 0, or -1 when a picture of this size cannot be shown in such a tile or memory is out. */
int scaler_build(struct scaler *self, int width, int height, int rotation, int aspect, int tile_width, int tile_height,
                 enum fit fit);
void scaler_free(struct scaler *self);

/* Scale one picture into a tile whose top left corner `dst` points to. 0, or -1 when memory is out. */
int scaler_run(const struct scaler *self, const struct plane_kernels *kernels, const struct plane src[3],
               const struct plane dst[3], struct scratch *scratch);

#endif
