/* The syntax of one H.261 picture (ITU-T H.261 (03/93) clause 4.2), read as far as transport has to know it: where
 * macroblocks begin, and what a decoder has to be told that begins there. No coefficient is decoded. */
#ifndef H261_SCAN_H
#define H261_SCAN_H

#include <stdint.h>

enum {
    H261_GOBS = 12,        /* groups of blocks in CIF */
    H261_MACROBLOCKS = 33, /* in a group */
    H261_MOST = H261_GOBS * (H261_MACROBLOCKS + 1),
};

typedef struct { /* a place where a packet may begin, with the fields of RFC 4587 section 4.1 */
    uint32_t bit;
    int gobn;   /* 0 where a picture or group begins */
    int mbap;   /* the address before, less one */
    int quant;
    int hmvd, vmvd; /* of the macroblock before, where it has some */
} h261_place;

typedef struct {
    int cif;          /* source format, 0 for QCIF */
    int gobs;         /* headers seen */
    int macroblocks;  /* coded */
    int intra;        /* of those */
    int in_order;     /* none is left out between the first and the last one of each group */
    int places;
    int broken;       /* the syntax was left; what came before is as said */
    h261_place place[H261_MOST];
} h261_picture;

/* Reads a picture, or its beginning, from a picture start code at bit 0. */
void h261_scan(h261_picture *picture, const uint8_t *data, uint32_t bits);

#endif
