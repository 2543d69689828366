/* See h261_scan.h. Clause numbers are those of ITU-T H.261 (03/93). */
#include "h261_scan.h"
#include "h26x_bits.h"

#include <string.h>

enum {
    START_BITS = 16, START = 1,                  /* the begin of both start codes */
    PICTURE_BITS = 20 + 5 + 6, GROUP_BITS = 16 + 4 + 5, /* PSC TR PTYPE; GBSC GN GQUANT */
    CIF_BIT = 28,                                /* bit 4 of PTYPE, from the start code's first bit */
    ESCAPE_ZEROS = 5, ESCAPE_BITS = 6 + 6 + 8,
    MOST_COEFFICIENTS = 64,
};

/* Table 1: macroblock addresses 1 to 33, then stuffing. */
static const word ADDRESS[] = {
    {1, 1},   {3, 3},   {3, 2},   {4, 3},   {4, 2},   {5, 3},   {5, 2},   {7, 7},   {7, 6},   {8, 11},  {8, 10},  {8, 9},
    {8, 8},   {8, 7},   {8, 6},   {10, 23}, {10, 22}, {10, 21}, {10, 20}, {10, 19}, {10, 18}, {11, 35}, {11, 34}, {11, 33},
    {11, 32}, {11, 31}, {11, 30}, {11, 29}, {11, 28}, {11, 27}, {11, 26}, {11, 25}, {11, 24}, {11, 15},
};
enum { STUFFING = 34 };

/* Table 2, by the number of leading zeros: bits, then what follows. */
enum { INTRA = 1, QUANT = 2, VECTOR = 4, PATTERN = 8, BLOCKS = 16 };
static const uint8_t TYPE[10] = {
    PATTERN | BLOCKS,                   /* 1 */
    VECTOR | PATTERN | BLOCKS,          /* 01, filtered */
    VECTOR,                             /* 001, filtered */
    INTRA | BLOCKS,                     /* 0001 */
    QUANT | PATTERN | BLOCKS,           /* 0000 1 */
    QUANT | VECTOR | PATTERN | BLOCKS,  /* 0000 01, filtered */
    INTRA | QUANT | BLOCKS,             /* 0000 001 */
    VECTOR | PATTERN | BLOCKS,          /* 0000 0001 */
    VECTOR,                             /* 0000 0000 1 */
    QUANT | VECTOR | PATTERN | BLOCKS,  /* 0000 0000 01 */
};

/* Table 3: magnitudes of vector differences, without the sign that follows all but 0. */
static const word DIFFERENCE[] = {{1, 1},  {2, 1},  {3, 1},  {4, 1},   {6, 3},   {7, 5},   {7, 4},   {7, 3},  {9, 11},
                                  {9, 10}, {9, 9},  {10, 17}, {10, 16}, {10, 15}, {10, 14}, {10, 13}, {10, 12}};

/* Table 4: coded block patterns by code length; only how many blocks there are matters here. */
typedef struct {
    uint8_t bits;
    uint8_t first; /* the lowest code of this length; codes go on upwards */
    uint8_t count;
    const char *patterns; /* from the lowest code on */
} patterns;
static const patterns PATTERNS[] = {
    {3, 7, 1, "\74"},
    {4, 10, 4, "\40\20\10\4"},
    {5, 8, 12, "\76\2\75\1\70\64\54\34\50\24\60\14"},
    {6, 12, 4, "\77\3\44\30"},
    {7, 16, 8, "\42\22\12\6\41\21\11\5"},
    {8, 4, 28, "\72\66\56\36\71\65\55\35\46\32\45\31\53\27\63\17\52\26\62\16\51\25\61\15\43\23\13\7"},
    {9, 2, 6, "\47\33\73\67\57\37"},
};

static int pattern(reader *r)
{
    for (int i = 0; i < (int)(sizeof PATTERNS / sizeof *PATTERNS); i++) {
        int code = peek(r, PATTERNS[i].bits) - PATTERNS[i].first;
        if (code >= 0 && code < PATTERNS[i].count) {
            r->at += PATTERNS[i].bits;
            return PATTERNS[i].patterns[code];
        }
    }
    return 0;
}

/* Table 5: a block up to its end; every length of a code follows from its leading zeros. 0, or -1. */
static int skip_block(reader *r, int intra)
{
    static const uint8_t BITS[10] = {3, 5, 6, 7, 8, ESCAPE_BITS, 11, 13, 14, 0}; /* with sign */
    int coefficients = 0;
    if (intra) {
        r->at += 8; /* INTRA DC */
        coefficients = 1;
    } else if (peek(r, 1)) { /* 1s: no block ends before it has begun */
        r->at += 2;
        coefficients = 1;
    }
    for (; coefficients <= MOST_COEFFICIENTS && r->at < r->end; coefficients++) {
        int zeros = zeros_ahead(r);
        if (zeros == 0 && peek(r, 2) == 2) { /* 10: end of block */
            r->at += 2;
            return r->at <= r->end ? 0 : -1;
        }
        if (zeros > 8)
            return -1;
        int bits = BITS[zeros];
        if (zeros == 1)
            bits = peek(r, 3) == 3 ? 4 : 5; /* 011s, 010xs */
        else if (zeros == 2)
            bits = peek(r, 5) == 4 ? 9 : 6; /* 0010 0xxx s, 001xxs */
        r->at += (uint32_t)bits;
    }
    return -1;
}

static int vector(reader *r, int before)
{
    int magnitude = find(r, DIFFERENCE, sizeof DIFFERENCE / sizeof *DIFFERENCE);
    if (magnitude <= 0)
        return magnitude < 0 ? 32 : before;
    int sum = before + (take(r, 1) ? -magnitude : magnitude);
    return sum > 15 ? sum - 32 : sum < -16 ? sum + 32 : sum;
}

typedef struct {
    int gobn, address, quant, h, v, has_vector;
} state;

/* One macroblock behind its address. 0, or -1. */
static int macroblock(reader *r, state *s, int step, int *intra)
{
    int zeros = zeros_ahead(r);
    if (zeros > 9)
        return -1;
    r->at += (uint32_t)zeros + 1;
    int type = TYPE[zeros];
    if (type & QUANT)
        s->quant = take(r, 5);
    if (type & VECTOR) {
        /* 4.2.3.4: no prediction at the left edge, behind a gap and behind a macroblock without vector */
        if (!s->has_vector || step != 1 || s->address == 1 || s->address == 12 || s->address == 23)
            s->h = s->v = 0;
        s->h = vector(r, s->h);
        s->v = vector(r, s->v);
        if (s->h > 15 || s->v > 15 || s->h < -15 || s->v < -15)
            return -1;
    } else
        s->h = s->v = 0;
    s->has_vector = (type & VECTOR) != 0;
    *intra = (type & INTRA) != 0;
    if (!(type & BLOCKS))
        return r->at <= r->end ? 0 : -1;
    int blocks = type & PATTERN ? pattern(r) : 63;
    if (!blocks)
        return -1;
    for (int i = __builtin_popcount((unsigned)blocks); i > 0; i--)
        if (skip_block(r, *intra))
            return -1;
    return 0;
}

static void note(h261_picture *picture, uint32_t bit, const state *s)
{
    if (picture->places == H261_MOST)
        return;
    h261_place *place = &picture->place[picture->places++];
    memset(place, 0, sizeof *place);
    place->bit = bit;
    if (s) {
        place->gobn = s->gobn, place->mbap = (s->address - 1), place->quant = s->quant;
        place->hmvd = s->h, place->vmvd = s->v;
    }
}

static void skip_spare(reader *r) /* PEI and PSPARE, GEI and GSPARE */
{
    while (r->at < r->end && take(r, 1))
        r->at += 8;
}

/* The macroblocks of one group; returns at whatever is none. 0, or -1. */
static int group(h261_picture *picture, reader *r, state *s)
{
    for (;;) {
        if (r->at >= r->end || zeros_ahead(r) >= START_BITS - 1)
            return 0;
        uint32_t begin = r->at;
        int step = find(r, ADDRESS, sizeof ADDRESS / sizeof *ADDRESS) + 1, intra;
        if (step == STUFFING)
            continue;
        state before = *s;
        s->address += step;
        if (step == 0 || s->address > H261_MACROBLOCKS) {
            *s = before;
            r->at = begin;
            return r->end - begin < 8 ? 0 : -1; /* bits that fill the last octet */
        }
        if (macroblock(r, s, step, &intra)) {
            r->at = begin;
            return -1;
        }
        if (before.address)
            note(picture, begin, &before);
        picture->in_order &= step == 1;
        picture->macroblocks++;
        picture->intra += intra;
    }
}

void h261_scan(h261_picture *picture, const uint8_t *data, uint32_t bits)
{
    reader r = {data, 0, bits};
    memset(picture, 0, sizeof *picture);
    picture->in_order = 1;
    if (bits < PICTURE_BITS || peek(&r, 20) != 16) {
        picture->broken = 1;
        return;
    }
    note(picture, 0, NULL);
    r.at = CIF_BIT;
    picture->cif = take(&r, 1);
    r.at = PICTURE_BITS;
    skip_spare(&r);
    while (r.at + GROUP_BITS < r.end) {
        uint32_t begin = r.at;
        if (take(&r, START_BITS) != START) {
            picture->broken = r.end - begin >= 2 * START_BITS; /* less than that is filling */
            return;
        }
        state s = {.gobn = take(&r, 4)};
        if (s.gobn == 0 || s.gobn > H261_GOBS) {
            picture->broken = 1;
            return;
        }
        s.quant = take(&r, 5);
        skip_spare(&r);
        if (picture->gobs++)
            note(picture, begin, NULL);
        if (group(picture, &r, &s)) {
            picture->broken = 1;
            return;
        }
    }
}
