/* The AVX2 version. Rows shorter than a vector go to the plain twin; a rest at the end of a row is done by one vector
   that overlaps the one before it, so that nothing outside a row is touched. */

#include "planes_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

enum { VECTOR = 32 };

/* (x + 64) >> 7 for 0 ≤ x < 32704, in one instruction: mulhrs gives (x × 256 + 2^14) >> 15. */
#define SCALE_BACK (1 << (15 - WEIGHT_BITS))

/* Two weights side by side in every 16 bits, as maddubs takes them. */
AVX2 static inline __m256i weights_of(const int8_t *two)
{
    return _mm256_set1_epi16((short)((uint8_t)two[0] | (uint8_t)two[1] << 8));
}

AVX2 static inline __m256i load(const uint8_t *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

AVX2 static inline void blend_two(uint8_t *dst, const uint8_t *a, const uint8_t *b, __m256i weights)
{
    const __m256i back = _mm256_set1_epi16(SCALE_BACK);
    __m256i va = load(a), vb = load(b);
    __m256i low = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(va, vb), weights);
    __m256i high = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(va, vb), weights);
    __m256i out = _mm256_packus_epi16(_mm256_mulhrs_epi16(low, back), _mm256_mulhrs_epi16(high, back));
    _mm256_storeu_si256((__m256i *)dst, out);
}

AVX2 static inline void blend_four(uint8_t *dst, const uint8_t *const row[TAPS], int at, __m256i first, __m256i second)
{
    const __m256i back = _mm256_set1_epi16(SCALE_BACK);
    __m256i a = load(row[0] + at), b = load(row[1] + at), c = load(row[2] + at), d = load(row[3] + at);
    __m256i low = _mm256_add_epi16(_mm256_maddubs_epi16(_mm256_unpacklo_epi8(a, b), first),
                                   _mm256_maddubs_epi16(_mm256_unpacklo_epi8(c, d), second));
    __m256i high = _mm256_add_epi16(_mm256_maddubs_epi16(_mm256_unpackhi_epi8(a, b), first),
                                    _mm256_maddubs_epi16(_mm256_unpackhi_epi8(c, d), second));
    __m256i out = _mm256_packus_epi16(_mm256_mulhrs_epi16(low, back), _mm256_mulhrs_epi16(high, back));
    _mm256_storeu_si256((__m256i *)dst, out);
}

AVX2 static void blend_rows(uint8_t *dst, const uint8_t *const row[TAPS], const int8_t weight[TAPS], int pairs, int n)
{
    if (n < VECTOR) {
        planes_scalar.blend_rows(dst, row, weight, pairs, n);
        return;
    }
    __m256i first = weights_of(weight), second = weights_of(weight + 2);
    int i = 0;
    if (pairs == 1 || (weight[2] == 0 && weight[3] == 0)) {
        for (; i + VECTOR <= n; i += VECTOR)
            blend_two(dst + i, row[0] + i, row[1] + i, first);
        if (i < n)
            blend_two(dst + n - VECTOR, row[0] + n - VECTOR, row[1] + n - VECTOR, first);
    } else {
        for (; i + VECTOR <= n; i += VECTOR)
            blend_four(dst + i, row, i, first, second);
        if (i < n)
            blend_four(dst + n - VECTOR, row, n - VECTOR, first, second);
    }
}

/* Sixteen outputs' sums over one pair of taps. */
AVX2 static inline __m256i pair_sums(const uint8_t *low_window, const uint8_t *high_window, __m256i shuffle,
                                     __m256i weights)
{
    __m128i low = _mm_loadu_si128((const __m128i *)low_window);
    __m128i high = _mm_loadu_si128((const __m128i *)high_window);
    __m256i taps = _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1), shuffle);
    return _mm256_maddubs_epi16(taps, weights);
}

AVX2 static inline void store_group(uint8_t *dst, __m256i sums)
{
    __m256i out = _mm256_mulhrs_epi16(sums, _mm256_set1_epi16(SCALE_BACK));
    __m128i packed = _mm_packus_epi16(_mm256_castsi256_si128(out), _mm256_extracti128_si256(out, 1));
    _mm_storeu_si128((__m128i *)dst, packed);
}

AVX2 static void filter_columns(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int rows,
                                const struct axis *columns)
{
    if (columns->groups == 0) {
        planes_scalar.filter_columns(dst, dst_stride, src, src_stride, rows, columns);
        return;
    }
    const struct column_group *end = columns->group + columns->groups;
    for (const struct column_group *group = columns->group; group < end; group++) {
        __m256i shuffle = load(group->shuffle[0]), weights = load((const uint8_t *)group->weight[0]);
        const uint8_t *low = src + group->window[0][0], *high = src + group->window[0][1];
        uint8_t *to = dst + group->first;
        if (columns->pairs == 1) {
            for (int row = 0; row < rows; row++, to += dst_stride, low += src_stride, high += src_stride)
                store_group(to, pair_sums(low, high, shuffle, weights));
            continue;
        }
        __m256i shuffle_2 = load(group->shuffle[1]), weights_2 = load((const uint8_t *)group->weight[1]);
        ptrdiff_t low_2 = group->window[1][0] - group->window[0][0], high_2 = group->window[1][1] - group->window[0][1];
        for (int row = 0; row < rows; row++, to += dst_stride, low += src_stride, high += src_stride)
            store_group(to, _mm256_add_epi16(pair_sums(low, high, shuffle, weights),
                                             pair_sums(low + low_2, high + high_2, shuffle_2, weights_2)));
    }
}

AVX2 static inline __m256i halve_sums(const uint8_t *a, const uint8_t *b)
{
    const __m256i ones = _mm256_set1_epi8(1);
    __m256i sums = _mm256_add_epi16(_mm256_maddubs_epi16(load(a), ones), _mm256_maddubs_epi16(load(b), ones));
    return _mm256_srli_epi16(_mm256_add_epi16(sums, _mm256_set1_epi16(2)), 2);
}

AVX2 static inline void halve_vector(uint8_t *dst, const uint8_t *a, const uint8_t *b)
{
    __m256i packed = _mm256_packus_epi16(halve_sums(a, b), halve_sums(a + VECTOR, b + VECTOR));
    _mm256_storeu_si256((__m256i *)dst, _mm256_permute4x64_epi64(packed, 0xD8)); /* undo the lanes of packus */
}

AVX2 static void halve(uint8_t *dst, const uint8_t *a, const uint8_t *b, int n)
{
    if (n < VECTOR) {
        planes_scalar.halve(dst, a, b, n);
        return;
    }
    int i = 0;
    for (; i + VECTOR <= n; i += VECTOR)
        halve_vector(dst + i, a + 2 * i, b + 2 * i);
    if (i < n)
        halve_vector(dst + n - VECTOR, a + 2 * (n - VECTOR), b + 2 * (n - VECTOR));
}

AVX2 static inline __m256i mix_words(__m256i dst, __m256i src, __m256i alpha)
{
    __m256i part = _mm256_add_epi16(alpha, _mm256_srli_epi16(alpha, 7));
    __m256i rest = _mm256_sub_epi16(_mm256_set1_epi16(256), part);
    __m256i sum = _mm256_add_epi16(_mm256_mullo_epi16(dst, rest), _mm256_mullo_epi16(src, part));
    return _mm256_srli_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(128)), 8); /* at most 65408: fits 16 bits */
}

AVX2 static void mix(uint8_t *dst, const uint8_t *src, const uint8_t *alpha, int n)
{
    const __m256i zero = _mm256_setzero_si256();
    int i = 0;
    for (; i + VECTOR <= n; i += VECTOR) {
        __m256i d = load(dst + i), s = load(src + i), a = load(alpha + i);
        __m256i low = mix_words(_mm256_unpacklo_epi8(d, zero), _mm256_unpacklo_epi8(s, zero), _mm256_unpacklo_epi8(a, zero));
        __m256i high = mix_words(_mm256_unpackhi_epi8(d, zero), _mm256_unpackhi_epi8(s, zero), _mm256_unpackhi_epi8(a, zero));
        _mm256_storeu_si256((__m256i *)(dst + i), _mm256_packus_epi16(low, high));
    }
    for (; i + GROUP <= n; i += GROUP) {
        __m256i d = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(dst + i)));
        __m256i s = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(src + i)));
        __m256i out = mix_words(d, s, _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(alpha + i))));
        __m128i packed = _mm_packus_epi16(_mm256_castsi256_si128(out), _mm256_extracti128_si256(out, 1));
        _mm_storeu_si128((__m128i *)(dst + i), packed);
    }
    planes_scalar.mix(dst + i, src + i, alpha + i, n - i);
}

/* One block of 8 × 8: three rounds of interleaving. */
AVX2 static inline void transpose_block(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride)
{
    __m128i row[8];
    for (int i = 0; i < 8; i++)
        row[i] = _mm_loadl_epi64((const __m128i *)(src + i * src_stride));
    __m128i ab = _mm_unpacklo_epi8(row[0], row[1]), cd = _mm_unpacklo_epi8(row[2], row[3]);
    __m128i ef = _mm_unpacklo_epi8(row[4], row[5]), gh = _mm_unpacklo_epi8(row[6], row[7]);
    __m128i low[2] = {_mm_unpacklo_epi16(ab, cd), _mm_unpackhi_epi16(ab, cd)};
    __m128i high[2] = {_mm_unpacklo_epi16(ef, gh), _mm_unpackhi_epi16(ef, gh)};
    for (int half = 0; half < 2; half++) {
        __m128i first = _mm_unpacklo_epi32(low[half], high[half]), second = _mm_unpackhi_epi32(low[half], high[half]);
        uint8_t *to = dst + 4 * half * dst_stride;
        _mm_storel_epi64((__m128i *)to, first);
        _mm_storel_epi64((__m128i *)(to + dst_stride), _mm_srli_si128(first, 8));
        _mm_storel_epi64((__m128i *)(to + 2 * dst_stride), second);
        _mm_storel_epi64((__m128i *)(to + 3 * dst_stride), _mm_srli_si128(second, 8));
    }
}

AVX2 static void transpose(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int width, int height)
{
    int whole_width = width & ~7, whole_height = height & ~7;
    for (int y = 0; y < whole_height; y += 8)
        for (int x = 0; x < whole_width; x += 8)
            transpose_block(dst + x * dst_stride + y, dst_stride, src + y * src_stride + x, src_stride);
    planes_scalar.transpose(dst + whole_width * dst_stride, dst_stride, src + whole_width, src_stride,
                            width - whole_width, whole_height);
    planes_scalar.transpose(dst + whole_height, dst_stride, src + whole_height * src_stride, src_stride, width,
                            height - whole_height);
}

static const struct plane_kernels planes_avx2 = {
    .name = "avx2",
    .blend_rows = blend_rows,
    .filter_columns = filter_columns,
    .halve = halve,
    .mix = mix,
    .transpose = transpose,
};

const struct plane_kernels *planes_best(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? &planes_avx2 : &planes_scalar;
}

#else

const struct plane_kernels *planes_best(void)
{
    return &planes_scalar;
}

#endif
