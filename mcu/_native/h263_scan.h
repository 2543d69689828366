/* The syntax of one H.263 picture without options (ITU-T H.263 (01/2005) clause 5), read as far as packets of RFC 2190
 * have to know it: where macroblocks begin, and what a decoder has to be told that begins there. */
#ifndef H263_SCAN_H
#define H263_SCAN_H

#include <stdint.h>

enum { H263_MOST = 88 * 72 }; /* macroblocks of 16CIF */

typedef struct { /* a macroblock, with the fields of RFC 2190 section 5.2 */
    uint32_t bit;
    int quant, gobn, mba;
    int hmv, vmv; /* the vector predicted for it, in half samples */
} h263_place;

/* Fills `place` with macroblocks that are neither the first of the picture nor the first behind a header; returns how
 * many, up to where the syntax ends, is left, or has an option in it. */
int h263_scan(h263_place *place, const uint8_t *data, uint32_t bits);

#endif
