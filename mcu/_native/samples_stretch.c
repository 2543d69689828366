/* Time scale and concealment: find the period with which a voice repeats, then cut, double or continue at it.
 *
 * The period is found in two steps: over all lags on the signal averaged down to 6 kHz, where voices have their pitch,
 * then to the sample around the best of them. */
#include "samples_kernels.h"

#include <math.h>
#include <string.h>

enum {
    COARSE = 8,                                    /* 48 kHz to 6 kHz */
    MAX_SPAN = 2 * SAMPLES_MAX_PERIOD,             /* how much signal a search looks at */
    COARSE_SPAN = MAX_SPAN / COARSE,
    OFFSET_SAMPLES = 96,                           /* 2 ms over which the step at the start of an extension is spread */
};

static const float SILENT_ENERGY = 1e-9f; /* mean square, -90 dBov: any cut is inaudible */

static float similarity_of(const float *a, const float *b, int n)
{
    float dot = 0, ea = 0, eb = 0;
    float d[4] = {0}, p[4] = {0}, q[4] = {0};
    int i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++) {
            d[k] += a[i + k] * b[i + k];
            p[k] += a[i + k] * a[i + k];
            q[k] += b[i + k] * b[i + k];
        }
    for (int k = 0; k < 4; k++) {
        dot += d[k];
        ea += p[k];
        eb += q[k];
    }
    for (; i < n; i++) {
        dot += a[i] * b[i];
        ea += a[i] * a[i];
        eb += b[i] * b[i];
    }
    float floor = SILENT_ENERGY * (float)n;
    if (ea < floor && eb < floor)
        return 1.0f;
    return dot / (sqrtf(ea * eb) + floor);
}

/* The lag whose `window` samples at `reference + sign * lag` are most like those at `reference`. */
static int best_lag(const float *reference, int window, int low, int high, int sign, int step, float *similarity)
{
    int best = low;
    *similarity = -1.0f;
    for (int lag = low; lag <= high; lag += step) {
        float s = similarity_of(reference, reference + sign * lag, window);
        if (s > *similarity) {
            *similarity = s;
            best = lag;
        }
    }
    return best;
}

static int find_period(const float *x, int n, int reference, int window, int highest, int sign, float *similarity)
{
    float coarse[COARSE_SPAN];
    int count = n / COARSE;
    for (int i = 0; i < count; i++) {
        float sum = 0;
        for (int k = 0; k < COARSE; k++)
            sum += x[i * COARSE + k];
        coarse[i] = sum;
    }
    int lag = best_lag(coarse + reference / COARSE, window / COARSE, SAMPLES_MIN_PERIOD / COARSE, highest / COARSE,
                       sign, 1, similarity);
    int low = (lag - 1) * COARSE, high = (lag + 1) * COARSE;
    low = low < SAMPLES_MIN_PERIOD ? SAMPLES_MIN_PERIOD : low;
    high = high > highest ? highest : high;
    return best_lag(x + reference, window, low, high, sign, 1, similarity);
}

/* The period at the beginning of x. n >= 2 * SAMPLES_MIN_PERIOD. */
int samples_period_ahead(const float *x, int n, float *similarity)
{
    n = (n < MAX_SPAN ? n : MAX_SPAN) / (2 * COARSE) * (2 * COARSE);
    return find_period(x, n, 0, n / 2, n / 2, 1, similarity);
}

/* The period at the end of x. n >= 2 * SAMPLES_MIN_PERIOD. */
int samples_period_behind(const float *x, int n, float *similarity)
{
    int span = (n < MAX_SPAN ? n : MAX_SPAN) / (2 * COARSE) * (2 * COARSE);
    return find_period(x + n - span, span, span / 2, span / 2, span / 2, -1, similarity);
}

/* out[i] goes from a[i] to b[i] along a straight line: right for signals that are alike. */
static void crossfade(float *restrict out, const float *restrict a, const float *restrict b, int n)
{
    float step = 1.0f / (float)n;
    for (int i = 0; i < n; i++)
        out[i] = a[i] + (b[i] - a[i]) * ((float)i + 0.5f) * step;
}

/* out has n - period samples. n >= 2 * period. */
void samples_remove(float *restrict out, const float *restrict x, int n, int period)
{
    crossfade(out, x, x + period, period);
    memcpy(out + period, x + 2 * period, (size_t)(n - 2 * period) * sizeof *out);
}

/* out has n + period samples. n >= 2 * period. */
void samples_insert(float *restrict out, const float *restrict x, int n, int period)
{
    memcpy(out, x, (size_t)period * sizeof *out);
    crossfade(out + period, x + period, x, period);
    memcpy(out + 2 * period, x + period, (size_t)(n - period) * sizeof *out);
}

/* Continue `history` for `length` samples: its last period again and again, each end bent into the next beginning. */
void samples_extend(float *restrict out, int length, const float *restrict history, int n)
{
    float loop[SAMPLES_MAX_PERIOD], similarity;
    int period = samples_period_behind(history, n, &similarity);
    int bend = period / 4;
    const float *last = history + n - period;
    memcpy(loop, last, (size_t)period * sizeof *loop);
    crossfade(loop + period - bend, last + period - bend, last - bend, bend);
    for (int i = 0; i < length; i++)
        out[i] = loop[i % period];
    float step = history[n - 1] - last[-1]; /* what the first repetition would jump by */
    int spread = length < OFFSET_SAMPLES ? length : OFFSET_SAMPLES;
    for (int i = 0; i < spread; i++)
        out[i] += step * (1.0f - (float)(i + 1) / (float)spread);
}
