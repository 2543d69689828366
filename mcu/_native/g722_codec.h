/* ITU-T G.722 (09/2012) at 64 kbit/s: two bands of 8 kHz, each in ADPCM, 6 and 2 bits a sample. */
#ifndef G722_CODEC_H
#define G722_CODEC_H

#include <stdint.h>

enum { G722_ZEROS = 6, G722_TAPS = 12 };

typedef struct { /* one band: quantizer scale and predictor (clauses 3.3 to 3.6) */
    int scale_log; /* NB */
    int scale;     /* DET */
    int estimate;  /* S */
    int zero_part; /* SZ */
    int pole[2];                    /* A1, A2 */
    int zero[G722_ZEROS];           /* B1..B6 */
    int reconstructed[2];           /* RLT1, RLT2 */
    int partial[2];                 /* PLT1, PLT2 */
    int difference[G722_ZEROS];     /* DLT1..DLT6 */
} g722_band;

typedef struct { /* an encoder or a decoder; plain memory, copied to fork it */
    g722_band low, high;
    int line[2][G722_TAPS]; /* of the quadrature mirror filter, newest last */
} g722_state;

void g722_reset(g722_state *state);
/* 2 * n samples at 16 kHz to n octets. */
void g722_encode(g722_state *state, uint8_t *code, const float *samples, int n);
/* n octets to 2 * n samples at 16 kHz. */
void g722_decode(g722_state *state, float *samples, const uint8_t *code, int n);

#endif
