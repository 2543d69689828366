/* Sums, ramps and the limiter. Reductions keep eight partial sums so that the compiler may use vector registers
 * without being allowed to reorder anything else. */
#include "samples_kernels.h"

#include <math.h>
#include <string.h>

enum { LANES = 8, LIMITER_STEP = 120 /* samples, 2.5 ms: the gain is a straight line over each */ };

static const float LIMITER_THRESHOLD = 0.80f; /* -1.9 dBFS: below it the sum is left alone */
static const float LIMITER_RELEASE = 0.0165f; /* of the missing gain regained per step: time constant 150 ms */
static const float KNEE = 0.90f;              /* what the gain could not catch in time is bent from here */
static const float CEILING = 0.999f;          /* to here */

float samples_peak(const float *x, int n)
{
    float lane[LANES] = {0};
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            float a = fabsf(x[i + k]);
            lane[k] = a > lane[k] ? a : lane[k];
        }
    float peak = 0;
    for (int k = 0; k < LANES; k++)
        peak = lane[k] > peak ? lane[k] : peak;
    for (; i < n; i++)
        peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
    return peak;
}

float samples_energy(const float *x, int n)
{
    float lane[LANES] = {0};
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += x[i + k] * x[i + k];
    float sum = 0;
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    for (; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

void samples_add(float *restrict total, const float *restrict x, int n)
{
    for (int i = 0; i < n; i++)
        total[i] += x[i];
}

void samples_subtract(float *restrict out, const float *restrict total, const float *restrict own, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = total[i] - own[i];
}

/* Gain from `first` to `last` along half a cosine over `length` samples, then `last`. Half a cosine because its slope
 * is zero at both ends: a straight line would leave two corners that are heard on loud low tones. */
void samples_ramp(float *restrict out, const float *restrict x, int n, float first, float last, int length)
{
    int end = length < n ? length : n;
    double turn = 3.14159265358979 / (length > 0 ? length : 1), c = cos(turn), s = sin(turn);
    double re = 1, im = 0; /* rotated by one step per sample: cheaper than a cosine each */
    for (int i = 0; i < end; i++) {
        float w = 0.5f - 0.5f * (float)re;
        out[i] = x[i] * (first + (last - first) * w);
        double next = re * c - im * s;
        im = re * s + im * c;
        re = next;
    }
    for (int i = end; i < n; i++)
        out[i] = x[i] * last;
}

int samples_limiter_idle(const samples_limiter *limiter, const float *x, int n)
{
    return limiter->gain == 1.0f && samples_peak(x, n) <= LIMITER_THRESHOLD;
}

/* The gain of each step is known before the step begins, because the whole block is here: no overshoot inside a block,
 * and no added delay. Only the first step of a block can be surprised; the knee takes what is left of that. */
void samples_limit(samples_limiter *limiter, float *restrict out, const float *restrict x, int n)
{
    float gain = limiter->gain;
    float here = samples_peak(x, n < LIMITER_STEP ? n : LIMITER_STEP);
    for (int start = 0; start < n; start += LIMITER_STEP) {
        int length = n - start < LIMITER_STEP ? n - start : LIMITER_STEP;
        int rest = n - start - length;
        float next = samples_peak(x + start + length, rest < LIMITER_STEP ? rest : LIMITER_STEP);
        float loudest = here > next ? here : next;
        float wanted = loudest > LIMITER_THRESHOLD ? LIMITER_THRESHOLD / loudest : 1.0f;
        float released = gain + (1.0f - gain) * LIMITER_RELEASE;
        if (released > 0.9999f)
            released = 1.0f;
        float end = wanted < released ? wanted : released, slope = (end - gain) / (float)length;
        for (int i = 0; i < length; i++) {
            float y = x[start + i] * (gain + slope * (float)(i + 1)), a = fabsf(y);
            if (a > KNEE)
                y = copysignf(KNEE + (CEILING - KNEE) * tanhf((a - KNEE) / (CEILING - KNEE)), y);
            out[start + i] = y;
        }
        gain = end;
        here = next;
    }
    limiter->gain = gain;
}

/* x has `count / factor - 1` older samples in front of its first; out has n * factor. */
void samples_interpolate(float *restrict out, const float *restrict x, int n, const float *restrict taps, int count,
                         int factor)
{
    int per_phase = count / factor;
    for (int i = 0; i < n; i++)
        for (int phase = 0; phase < factor; phase++) {
            const float *h = taps + phase * per_phase, *past = x + i;
            float sum = 0;
            for (int k = 0; k < per_phase; k++)
                sum += past[k] * h[k];
            out[i * factor + phase] = sum;
        }
}

/* x has `count - factor` older samples in front of its first; out has n / factor. */
void samples_decimate(float *restrict out, const float *restrict x, int n, const float *restrict taps, int count,
                      int factor)
{
    for (int i = 0; i < n / factor; i++) {
        const float *past = x + i * factor;
        float lane[LANES] = {0};
        int k = 0;
        for (; k + LANES <= count; k += LANES)
            for (int j = 0; j < LANES; j++)
                lane[j] += past[k + j] * taps[k + j];
        float sum = 0;
        for (int j = 0; j < LANES; j++)
            sum += lane[j];
        for (; k < count; k++)
            sum += past[k] * taps[k];
        out[i] = sum;
    }
}
