/* The address table: looked up once for every datagram that arrives. */
#include "packets_paths.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

_Static_assert(sizeof(struct path) == 40, "paths are hashed as five 64-bit words");

bool address_read(const char *text, struct in6_addr *address, uint32_t *scope) {
    char numeric[INET6_ADDRSTRLEN] = {0};
    size_t length = strcspn(text, "%");
    *scope = 0;
    if (length >= sizeof numeric)
        return false;
    memcpy(numeric, text, length);
    if (text[length]) {
        const char *interface = text + length + 1;
        char *end;
        unsigned long number = strtoul(interface, &end, 10);
        *scope = *interface && !*end && number <= UINT32_MAX ? (uint32_t)number : if_nametoindex(interface);
        if (!*scope)
            return false;
        return inet_pton(AF_INET6, numeric, address) == 1;
    }
    struct in_addr ipv4;
    if (inet_pton(AF_INET, numeric, &ipv4) == 1) {
        memset(address, 0, sizeof *address);
        address->s6_addr[10] = address->s6_addr[11] = 0xff;
        memcpy(&address->s6_addr[12], &ipv4, sizeof ipv4);
        return true;
    }
    return inet_pton(AF_INET6, numeric, address) == 1;
}

void address_write(const struct in6_addr *address, char text[INET6_ADDRSTRLEN]) {
    text[0] = 0;
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, &address->s6_addr[12], text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

/* Multiply, fold, repeat: every bit of the address reaches every bit of the hash. */
static inline uint64_t fold(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t path_hash(const struct path *path, uint64_t seed) {
    uint64_t word[5];
    memcpy(word, path, sizeof word);
    uint64_t hash = seed;
    for (int i = 0; i < 5; i++)
        hash = fold(hash ^ word[i] ^ 0x9e3779b97f4a7c15u, 0xd6e8feb86659fd93u + seed);
    return fold(hash, 0xa0761d6478bd642fu);
}

bool path_table_open(struct path_table *table, size_t limit) {
    size_t size = 2;
    while (size < 2 * limit)
        size *= 2;
    memset(table, 0, sizeof *table);
    if (getrandom(&table->seed, sizeof table->seed, 0) != sizeof table->seed)
        return false;
    table->seed |= 1;
    table->mask = size - 1;
    table->limit = limit;
    table->slots = calloc(size, sizeof *table->slots);
    return table->slots != NULL;
}

void path_table_close(struct path_table *table) {
    free(table->slots);
    table->slots = NULL;
}

static size_t home(const struct path_table *table, const struct path *path) {
    return (size_t)path_hash(path, table->seed) & table->mask;
}

/* Where `path` is, or the free slot where it would go; the table is never full, so the search ends. */
static struct path_slot *probe(const struct path_table *table, const struct path *path) {
    size_t at = home(table, path);
    while (table->slots[at].used && memcmp(&table->slots[at].path, path, sizeof *path))
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

struct path_slot *path_table_find(const struct path_table *table, const struct path *path) {
    struct path_slot *slot = probe(table, path);
    if (!slot->used && !path_is_any_local(path)) {
        struct path any = *path;
        memset(&any.local, 0, sizeof any.local);
        slot = probe(table, &any);
    }
    return slot->used ? slot : NULL;
}

bool path_table_put(struct path_table *table, const struct path *path, void *value) {
    struct path_slot *slot = probe(table, path);
    if (!slot->used) {
        if (table->used == table->limit)
            return false;
        table->used++;
        slot->used = true;
        slot->path = *path;
    }
    slot->value = value;
    return true;
}

/* Closes the gap by moving later members of the chain back, so that no tombstones pile up. */
void path_table_remove(struct path_table *table, const struct path *path) {
    struct path_slot *slot = probe(table, path);
    if (!slot->used)
        return;
    table->used--;
    size_t gap = (size_t)(slot - table->slots);
    for (size_t at = (gap + 1) & table->mask; table->slots[at].used; at = (at + 1) & table->mask) {
        size_t from_home = (at - home(table, &table->slots[at].path)) & table->mask;
        if (from_home < ((at - gap) & table->mask))
            continue; /* its home lies after the gap: it stays */
        table->slots[gap] = table->slots[at];
        gap = at;
    }
    table->slots[gap].used = false;
}
