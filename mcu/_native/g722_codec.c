/* ITU-T G.722 (09/2012) at 64 kbit/s (mode 1). Names in capitals are those of the recommendation; the arithmetic is its
 * 16-bit fixed point, so that both ends of a call keep the same state. */
#include "g722_codec.h"

#include <math.h>
#include <string.h>

enum {
    LOW_SCALE = 32, HIGH_SCALE = 8,               /* DETL, DETH after a reset */
    LOW_MOST = 18432, HIGH_MOST = 22528,          /* of NBL, NBH (LOGSCL, LOGSCH) */
    LOW_SHIFT = 8, HIGH_SHIFT = 10,               /* SCALEL, SCALEH */
    POLE2_MOST = 12288, POLES_MOST = 15360,       /* LIMIT of UPPOL2, UPPOL1 */
    LOW_OUTPUT = 16384,                           /* LIMIT of the decoder's two bands */
    HIGH_DECISION = 564,                          /* Q2 */
    LOW_LEVELS = 30,                              /* decision levels of QUANTL, the last without end */
};

/* QMF, table 11: the 24 coefficients are symmetric; every second one. */
static const int QMF[G722_TAPS] = {3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11};

/* Q6: decision levels of QUANTL (table 17). */
static const int LOW_DECISION[LOW_LEVELS] = {0,   35,  72,  110,  150,  190,  233,  276,  323,  370,
                                             422, 473, 530, 587,  650,  714,  786,  858,  940,  1023,
                                             1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919};

/* QQ4: inverse quantizer of four bits, which the predictor works with (INVQAL). */
static const int LOW_LEVEL4[16] = {0,     -20456, -12896, -8968, -6288, -4240, -2584, -1200,
                                   20456, 12896,  8968,   6288,  4240,  2584,  1200,  0};

/* QQ6: inverse quantizer of six bits, for what is heard (INVQBL). */
static const int LOW_LEVEL6[64] = {
    -136,   -136,   -136,   -136,   -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232,
    -9360,  -8576,  -7856,  -7192,  -6576,  -6000,  -5456,  -4944,  -4464,  -4008,  -3576,  -3168,  -2776,
    -2400,  -2032,  -1688,  -1360,  -1040,  -728,   24808,  21904,  19008,  16704,  14984,  13512,  12280,
    11192,  10232,  9360,   8576,   7856,   7192,   6576,   6000,   5456,   4944,   4464,   4008,   3576,
    3168,   2776,   2400,   2032,   1688,   1360,   1040,   728,    432,    136,    -432,   -136};

/* QQ2: inverse quantizer of the higher band (INVQAH). */
static const int HIGH_LEVEL[4] = {-7408, -1616, 7408, 1616};

/* WL by RIL, and WH by IH: what a code does to the scale (LOGSCL, LOGSCH). */
static const int LOW_STEP[16] = {-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60};
static const int HIGH_STEP[4] = {798, -214, 798, -214};

/* ILB: 2048 * 2 ** (i / 32). */
static const int POWER[32] = {2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543,
                              2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025, 3091, 3158, 3228,
                              3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008};

static int within(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

static int saturate(int value)
{
    return within(value, -32768, 32767);
}

static int to_int16(float x)
{
    float scaled = x * 32768.0f;
    return scaled >= 32767.0f ? 32767 : scaled <= -32768.0f ? -32768 : (int)lrintf(scaled);
}

static int same_sign(int a, int b) /* zero counts as positive */
{
    return (a < 0) == (b < 0);
}

/* LOGSCL and SCALEL, LOGSCH and SCALEH. */
static void adapt_scale(g722_band *band, int step, int most, int shift)
{
    band->scale_log = within((band->scale_log * 127 >> 7) + step, 0, most);
    int power = POWER[band->scale_log >> 6 & 31], down = shift - (band->scale_log >> 11);
    band->scale = (down < 0 ? power << -down : power >> down) << 2;
}

/* Block 4: what the quantized `difference` teaches the predictor, and its next estimate. */
static void predict(g722_band *band, int difference)
{
    int reconstructed = saturate(band->estimate + difference); /* RECONS */
    int partial = saturate(band->zero_part + difference);      /* PARREC */

    int turned = same_sign(partial, band->partial[0]), again = same_sign(partial, band->partial[1]);
    int first = saturate(band->pole[0] * 4); /* UPPOL2 */
    first = turned ? saturate(-first) : first;
    int pole2 = (first >> 7) + (again ? 128 : -128) + (band->pole[1] * 32512 >> 15);
    pole2 = within(pole2, -POLE2_MOST, POLE2_MOST);
    int pole1 = saturate((turned ? 192 : -192) + (band->pole[0] * 32640 >> 15)); /* UPPOL1 */
    int most = POLES_MOST - pole2;
    pole1 = within(pole1, -most, most);

    int sum = 0;
    for (int i = G722_ZEROS - 1; i >= 0; i--) { /* UPZERO, DELAYA, FILTEZ */
        int step = difference == 0 ? 0 : same_sign(band->difference[i], difference) ? 128 : -128;
        band->zero[i] = saturate(step + (band->zero[i] * 32640 >> 15));
    }
    memmove(band->difference + 1, band->difference, (G722_ZEROS - 1) * sizeof(int));
    band->difference[0] = difference;
    for (int i = 0; i < G722_ZEROS; i++)
        sum += saturate(2 * band->difference[i]) * band->zero[i] >> 15;
    band->zero_part = saturate(sum);

    band->partial[1] = band->partial[0]; /* DELAYA */
    band->partial[0] = partial;
    band->reconstructed[1] = band->reconstructed[0];
    band->reconstructed[0] = reconstructed;
    band->pole[0] = pole1;
    band->pole[1] = pole2;
    int poles = (saturate(2 * band->reconstructed[0]) * pole1 >> 15) + /* FILTEP */
                (saturate(2 * band->reconstructed[1]) * pole2 >> 15);
    band->estimate = saturate(saturate(poles) + band->zero_part); /* PREDIC */
}

static void learn_low(g722_band *band, int code4)
{
    int difference = band->scale * LOW_LEVEL4[code4] >> 15; /* INVQAL */
    adapt_scale(band, LOW_STEP[code4], LOW_MOST, LOW_SHIFT);
    predict(band, difference);
}

static int learn_high(g722_band *band, int code)
{
    int difference = band->scale * HIGH_LEVEL[code] >> 15; /* INVQAH */
    int heard = within(band->estimate + difference, -LOW_OUTPUT, LOW_OUTPUT - 1);
    adapt_scale(band, HIGH_STEP[code], HIGH_MOST, HIGH_SHIFT);
    predict(band, difference);
    return heard;
}

static int encode_low(g722_band *band, int sample)
{
    int error = saturate(sample - band->estimate), magnitude = error < 0 ? -(error + 1) : error, level = 1;
    while (level < LOW_LEVELS && magnitude >= LOW_DECISION[level] * band->scale >> 12) /* QUANTL */
        level++;
    int code = error >= 0 ? 62 - level : level < 3 ? 64 - level : 34 - level; /* table 18 */
    learn_low(band, code >> 2);
    return code;
}

static int encode_high(g722_band *band, int sample)
{
    int error = saturate(sample - band->estimate), magnitude = error < 0 ? -(error + 1) : error;
    int far = magnitude >= HIGH_DECISION * band->scale >> 12; /* QUANTH */
    int code = (error < 0 ? 0 : 2) + !far;
    learn_high(band, code);
    return code;
}

/* Both phases of the mirror filter: `a` and `b` are the newest samples of the two lines. */
static void filter(g722_state *state, int a, int b, int *sum_a, int *sum_b)
{
    for (int i = 0; i < 2; i++)
        memmove(state->line[i], state->line[i] + 1, (G722_TAPS - 1) * sizeof(int));
    state->line[0][G722_TAPS - 1] = a;
    state->line[1][G722_TAPS - 1] = b;
    int total_a = 0, total_b = 0;
    for (int i = 0; i < G722_TAPS; i++) {
        total_a += state->line[0][i] * QMF[i];
        total_b += state->line[1][i] * QMF[G722_TAPS - 1 - i];
    }
    *sum_a = total_a;
    *sum_b = total_b;
}

void g722_reset(g722_state *state)
{
    memset(state, 0, sizeof *state);
    state->low.scale = LOW_SCALE;
    state->high.scale = HIGH_SCALE;
}

void g722_encode(g722_state *state, uint8_t *code, const float *samples, int n)
{
    for (int i = 0; i < n; i++) {
        int odd, even;
        filter(state, to_int16(samples[2 * i]), to_int16(samples[2 * i + 1]), &odd, &even);
        int low = encode_low(&state->low, (even + odd) >> 14), high = encode_high(&state->high, (even - odd) >> 14);
        code[i] = (uint8_t)(high << 6 | low);
    }
}

void g722_decode(g722_state *state, float *samples, const uint8_t *code, int n)
{
    for (int i = 0; i < n; i++) {
        int bits = code[i] & 63, difference = state->low.scale * LOW_LEVEL6[bits] >> 15; /* INVQBL */
        int low = within(state->low.estimate + difference, -LOW_OUTPUT, LOW_OUTPUT - 1);
        learn_low(&state->low, bits >> 2);
        int high = learn_high(&state->high, code[i] >> 6), second, first;
        filter(state, low + high, low - high, &second, &first);
        samples[2 * i] = (float)saturate(first >> 11) / 32768.0f;
        samples[2 * i + 1] = (float)saturate(second >> 11) / 32768.0f;
    }
}
