/* Arithmetic on float32 samples. Shapes and meanings are documented in samples.pyx, reasons in samples_kernels.c. */
#ifndef MCU_SAMPLES_KERNELS_H
#define MCU_SAMPLES_KERNELS_H

#include <stdint.h>

enum {
    SAMPLES_MIN_PERIOD = 120, /* 2.5 ms at 48 kHz: a voice of 400 Hz */
    SAMPLES_MAX_PERIOD = 720, /* 15 ms: a voice of 67 Hz */
};

typedef struct {
    float gain; /* at the end of the last block */
} samples_limiter;

float samples_peak(const float *x, int n);
float samples_energy(const float *x, int n);
void samples_add(float *restrict total, const float *restrict x, int n);
void samples_subtract(float *restrict out, const float *restrict total, const float *restrict own, int n);
void samples_ramp(float *restrict out, const float *restrict x, int n, float first, float last, int length);

int samples_period_ahead(const float *x, int n, float *similarity);
int samples_period_behind(const float *x, int n, float *similarity);
void samples_remove(float *restrict out, const float *restrict x, int n, int period);
void samples_insert(float *restrict out, const float *restrict x, int n, int period);
void samples_extend(float *restrict out, int length, const float *restrict history, int n);

int samples_limiter_idle(const samples_limiter *limiter, const float *x, int n);
void samples_limit(samples_limiter *limiter, float *restrict out, const float *restrict x, int n);

void samples_interpolate(float *restrict out, const float *restrict x, int n, const float *restrict taps, int count,
                         int factor);
void samples_decimate(float *restrict out, const float *restrict x, int n, const float *restrict taps, int count,
                      int factor);

void samples_decode_pcmu(float *restrict out, const uint8_t *restrict code, int n);
void samples_decode_pcma(float *restrict out, const uint8_t *restrict code, int n);
void samples_encode_pcmu(uint8_t *restrict code, const float *restrict x, int n);
void samples_encode_pcma(uint8_t *restrict code, const float *restrict x, int n);

#endif
