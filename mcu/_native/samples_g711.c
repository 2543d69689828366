/* ITU-T G.711: a sign, an exponent and four bits of mantissa. Tables by value would not fit the first-level cache;
 * these loops cost a few nanoseconds a sample, at 8,000 samples a second. */
#include "samples_kernels.h"

#include <math.h>

enum { PCMU_BIAS = 132, PCMU_CLIP = 32635 };

static int to_int16(float x)
{
    float scaled = x * 32768.0f;
    return scaled >= 32767.0f ? 32767 : scaled <= -32768.0f ? -32768 : (int)lrintf(scaled);
}

static int exponent_of(int magnitude) /* position of the highest bit above bit 7; 0..7 */
{
    int exponent = 0;
    for (magnitude >>= 8; magnitude; magnitude >>= 1)
        exponent++;
    return exponent;
}

void samples_decode_pcmu(float *restrict out, const uint8_t *restrict code, int n)
{
    for (int i = 0; i < n; i++) {
        int c = code[i] ^ 0xff, magnitude = ((((c & 15) << 3) + PCMU_BIAS) << (c >> 4 & 7)) - PCMU_BIAS;
        out[i] = (float)(c & 0x80 ? -magnitude : magnitude) / 32768.0f;
    }
}

void samples_decode_pcma(float *restrict out, const uint8_t *restrict code, int n)
{
    for (int i = 0; i < n; i++) {
        int c = code[i] ^ 0x55, exponent = c >> 4 & 7, magnitude = ((c & 15) << 4) + 8;
        if (exponent)
            magnitude = (magnitude + 256) << (exponent - 1);
        out[i] = (float)(c & 0x80 ? magnitude : -magnitude) / 32768.0f;
    }
}

void samples_encode_pcmu(uint8_t *restrict code, const float *restrict x, int n)
{
    for (int i = 0; i < n; i++) {
        int value = to_int16(x[i]), sign = value < 0 ? 0x80 : 0, magnitude = value < 0 ? -value : value;
        magnitude = (magnitude > PCMU_CLIP ? PCMU_CLIP : magnitude) + PCMU_BIAS;
        int exponent = exponent_of(magnitude);
        code[i] = (uint8_t)(~(sign | exponent << 4 | (magnitude >> (exponent + 3) & 15)));
    }
}

void samples_encode_pcma(uint8_t *restrict code, const float *restrict x, int n)
{
    for (int i = 0; i < n; i++) {
        int value = to_int16(x[i]), sign = value < 0 ? 0 : 0x80, magnitude = value < 0 ? -value - 1 : value;
        int exponent = exponent_of(magnitude);
        int mantissa = exponent ? magnitude >> (exponent + 3) & 15 : magnitude >> 4;
        code[i] = (uint8_t)((sign | exponent << 4 | mantissa) ^ 0x55);
    }
}
