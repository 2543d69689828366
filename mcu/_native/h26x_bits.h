/* Reading bits, for h261_scan.c and h263_scan.c. */
#ifndef H26X_BITS_H
#define H26X_BITS_H

#include <stdint.h>

typedef struct {
    const uint8_t *data;
    uint32_t at, end; /* bits */
} reader;

typedef struct {
    uint8_t bits;
    uint16_t code;
} word;

/* The next 32 bits; zeros behind the end. */
static inline uint32_t ahead(const reader *r)
{
    uint32_t byte = r->at >> 3, last = (r->end + 7) >> 3;
    uint64_t window = 0;
    for (uint32_t i = byte; i < byte + 5; i++)
        window = window << 8 | (i < last ? r->data[i] : 0);
    return (uint32_t)(window << (r->at & 7) >> 8);
}

static inline int peek(const reader *r, int count)
{
    return (int)(ahead(r) >> (32 - count));
}

static inline int take(reader *r, int count)
{
    int value = peek(r, count);
    r->at += (uint32_t)count;
    return value;
}

static inline int zeros_ahead(const reader *r)
{
    uint32_t window = ahead(r);
    return window ? __builtin_clz(window) : 32;
}

/* The number of the code that is next, or -1. */
static inline int find(reader *r, const word *table, int count)
{
    uint32_t window = ahead(r);
    for (int i = 0; i < count; i++)
        if (table[i].bits && window >> (32 - table[i].bits) == table[i].code) {
            r->at += table[i].bits;
            return i;
        }
    return -1;
}

#endif
