/* See h263_scan.h. Clause and table numbers are those of ITU-T H.263 (01/2005). */
#include "h263_scan.h"
#include "h26x_bits.h"

#include <string.h>

enum {
    MOST_COLUMNS = 88,       /* macroblocks in a row of 16CIF */
    GROUP_ZEROS = 16,        /* of GBSC (5.2.2) */
    ESCAPE_BITS = 7 + 1 + 6 + 8,
    MOST_COEFFICIENTS = 64,
    STUFFING_I = 8, STUFFING_P = 20,
    QUANT_CHANGES = 8, INTRA_TYPE = 4, FOUR_VECTORS = 16, /* in the index of table 8, as it is laid out below */
};

/* Columns and rows of macroblocks, and rows in a group, by source format (5.1.3, 4.2.1). */
static const struct {
    int columns, rows, group;
} FORMAT[8] = {{0}, {8, 6, 1}, {11, 9, 1}, {22, 18, 1}, {44, 36, 2}, {88, 72, 4}};

/* Table 7: MCBPC in I pictures, by type and CBPC. */
static const word MCBPC_I[] = {{1, 1}, {3, 1}, {3, 2}, {3, 3}, {4, 1}, {6, 1}, {6, 2}, {6, 3}, {9, 1}};

/* Table 8: MCBPC in P pictures. Fours of CBPC: inter, intra, both again with DQUANT, four vectors, stuffing. */
static const word MCBPC_P[] = {{1, 1}, {4, 3}, {4, 2}, {6, 5}, {5, 3}, {8, 4}, {8, 3}, {7, 3}, {3, 3}, {7, 7}, {7, 6},
                               {9, 5}, {6, 4}, {9, 4}, {9, 3}, {9, 2}, {3, 2}, {7, 5}, {7, 4}, {8, 5}, {9, 1}};

/* Table 13: CBPY by its value in intra macroblocks. */
static const word CBPY[] = {{4, 3}, {5, 5}, {5, 4}, {4, 9}, {5, 3}, {4, 7}, {6, 2}, {4, 11},
                            {5, 2}, {6, 3}, {4, 5}, {4, 10}, {4, 4}, {4, 8}, {4, 6}, {2, 3}};

/* Table 14: magnitudes of vector differences in half samples, without the sign that follows all but 0. */
static const word MVD[] = {{1, 1},   {2, 1},   {3, 1},   {4, 1},   {6, 3},   {7, 5},   {7, 4},   {7, 3},   {9, 11},
                           {9, 10},  {9, 9},   {10, 17}, {10, 16}, {10, 15}, {10, 14}, {10, 13}, {10, 12}, {10, 11},
                           {10, 10}, {10, 9},  {10, 8},  {10, 7},  {10, 6},  {10, 5},  {10, 4},  {11, 7},  {11, 6},
                           {11, 5},  {11, 4},  {11, 3},  {11, 2},  {12, 3},  {12, 2}};

/* Table 16: lengths of TCOEF without sign, and where LAST is set; codes of one kind lie side by side. */
static const struct {
    uint8_t bits, first, final, last;
} TCOEF[] = {
    {2, 2, 2, 0},       {3, 6, 6, 0},       {4, 14, 15, 0},     {4, 7, 7, 1},       {5, 11, 13, 0},
    {6, 16, 21, 0},     {6, 12, 15, 1},     {7, 20, 23, 0},     {7, 16, 19, 1},     {8, 27, 31, 0},
    {8, 19, 26, 1},     {9, 26, 37, 0},     {9, 17, 25, 1},     {10, 8, 15, 0},     {10, 32, 33, 0},
    {10, 4, 7, 1},      {11, 6, 7, 0},      {11, 32, 35, 0},    {11, 4, 5, 1},      {11, 36, 39, 1},
    {12, 80, 87, 0},    {12, 88, 95, 1},
};

typedef struct {
    int x, y;
} vector;

typedef struct {
    reader r;
    int columns, rows, group, inter;
    int quant, first_row;                 /* of the group with the newest header */
    vector above[MOST_COLUMNS], row[MOST_COLUMNS];
} state;

static int skip_block(reader *r)
{
    for (int coefficients = 0; coefficients < MOST_COEFFICIENTS && r->at < r->end; coefficients++) {
        if (peek(r, 7) == 3) { /* ESCAPE: LAST, RUN, LEVEL */
            int last = peek(r, 8) & 1;
            r->at += ESCAPE_BITS;
            if (last)
                return 0;
            continue;
        }
        uint32_t window = ahead(r);
        int kind = 0, kinds = (int)(sizeof TCOEF / sizeof *TCOEF);
        for (; kind < kinds; kind++) {
            uint32_t code = window >> (32 - TCOEF[kind].bits);
            if (code >= TCOEF[kind].first && code <= TCOEF[kind].final)
                break;
        }
        if (kind == kinds)
            return -1;
        r->at += TCOEF[kind].bits + 1u;
        if (TCOEF[kind].last)
            return 0;
    }
    return -1;
}

static int middle(int a, int b, int c)
{
    int low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

/* 6.1.1: the middle one of left, above and above to the right; what lies outside of the group is not used. */
static vector predicted(const state *s, int column, int row)
{
    vector left = column ? s->row[column - 1] : (vector){0, 0}, up = left, right = left;
    if (row > s->first_row) {
        up = s->above[column];
        right = column + 1 < s->columns ? s->above[column + 1] : (vector){0, 0};
    }
    return (vector){middle(left.x, up.x, right.x), middle(left.y, up.y, right.y)};
}

static int add_difference(reader *r, int *component)
{
    int magnitude = find(r, MVD, sizeof MVD / sizeof *MVD);
    if (magnitude < 0)
        return -1;
    int sum = *component + (magnitude && take(r, 1) ? -magnitude : magnitude);
    *component = sum > 31 ? sum - 64 : sum < -32 ? sum + 64 : sum;
    return 0;
}

/* One macroblock. 0, or -1. */
static int macroblock(state *s, int column, vector guess)
{
    static const int CHANGE[4] = {-1, -2, 1, 2}; /* table 12 */
    reader *r = &s->r;
    int type;
    s->row[column] = (vector){0, 0};
    do {
        if (s->inter && take(r, 1))
            return r->at <= r->end ? 0 : -1; /* COD: nothing is coded */
        type = s->inter ? find(r, MCBPC_P, sizeof MCBPC_P / sizeof *MCBPC_P)
                        : find(r, MCBPC_I, sizeof MCBPC_I / sizeof *MCBPC_I);
    } while (type == (s->inter ? STUFFING_P : STUFFING_I) && r->at < r->end);
    if (!s->inter && type >= 0)
        type = (type & 3) | INTRA_TYPE | (type & 4 ? QUANT_CHANGES : 0);
    if (type < 0 || type & FOUR_VECTORS)
        return -1;
    int intra = type & INTRA_TYPE, luma = find(r, CBPY, sizeof CBPY / sizeof *CBPY);
    if (luma < 0)
        return -1;
    int pattern = (intra ? luma : 15 - luma) << 2 | (type & 3);
    if (type & QUANT_CHANGES) {
        s->quant += CHANGE[take(r, 2)];
        s->quant = s->quant < 1 ? 1 : s->quant > 31 ? 31 : s->quant;
    }
    if (!intra) {
        if (add_difference(r, &guess.x) || add_difference(r, &guess.y))
            return -1;
        s->row[column] = guess;
    }
    for (int block = 32; block; block >>= 1) {
        if (intra)
            r->at += 8; /* INTRADC */
        if (pattern & block && skip_block(r))
            return -1;
    }
    return r->at <= r->end ? 0 : -1;
}

static void skip_spare(reader *r) /* PEI and PSUPP */
{
    while (r->at < r->end && take(r, 1))
        r->at += 8;
}

/* The picture header. 0, or -1 for one with options. */
static int picture_header(state *s)
{
    reader *r = &s->r;
    if (take(r, 22) != 32)
        return -1;
    r->at += 8 + 5; /* TR, and bits 1 to 5 of PTYPE */
    int format = take(r, 3);
    s->inter = take(r, 1);
    if (FORMAT[format].columns == 0 || take(r, 4)) /* UMV, SAC, AP, PB */
        return -1;
    s->columns = FORMAT[format].columns, s->rows = FORMAT[format].rows, s->group = FORMAT[format].group;
    s->quant = take(r, 5);
    if (take(r, 1)) /* CPM */
        return -1;
    skip_spare(r);
    return 0;
}

/* The header of the group that begins at `row`, if it has one. 1, 0 for none, -1 for another one. */
static int group_header(state *s, int row)
{
    reader begin = s->r, *r = &s->r;
    if (zeros_ahead(r) < GROUP_ZEROS)
        return 0;
    r->at += (uint32_t)zeros_ahead(r) + 1; /* GSTUF and GBSC */
    if (take(r, 5) != row / s->group) {
        *r = begin;
        return -1;
    }
    r->at += 2; /* GFID */
    s->quant = take(r, 5);
    s->first_row = row;
    return 1;
}

int h263_scan(h263_place *place, const uint8_t *data, uint32_t bits)
{
    state s;
    int places = 0;
    memset(&s, 0, sizeof s);
    s.r = (reader){data, 0, bits};
    if (picture_header(&s))
        return 0;
    for (int row = 0; row < s.rows; row++) {
        int header = row == 0;
        if (row && row % s.group == 0 && (header = group_header(&s, row)) < 0)
            return places;
        for (int column = 0; column < s.columns; column++) {
            vector guess = predicted(&s, column, row);
            h263_place here = {s.r.at, s.quant, row / s.group, row % s.group * s.columns + column, guess.x, guess.y};
            if (macroblock(&s, column, guess))
                return places;
            if (column || !header)
                place[places++] = here;
        }
        memcpy(s.above, s.row, sizeof s.above);
    }
    return places;
}
