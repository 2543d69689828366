/* Pairs of addresses, and a bounded table from them to whatever they belong to. */
#ifndef MCU_PACKETS_PATHS_H
#define MCU_PACKETS_PATHS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IPv4 addresses are kept v4-mapped. No padding, so that paths compare and hash as bytes. */
struct path {
    struct in6_addr remote;
    struct in6_addr local; /* all zero: any of ours */
    uint32_t port;         /* remote, host order */
    uint32_t scope;        /* interface of a link-local remote address, else 0 */
};

/* Numeric IPv4 or IPv6; an IPv6 one may end in %interface. False when it is neither. */
bool address_read(const char *text, struct in6_addr *address, uint32_t *scope);

void address_write(const struct in6_addr *address, char text[INET6_ADDRSTRLEN]); /* dotted when v4-mapped */

uint64_t path_hash(const struct path *path, uint64_t seed);

static inline bool path_is_any_local(const struct path *path) { return IN6_IS_ADDR_UNSPECIFIED(&path->local); }

struct path_slot {
    struct path path;
    void *value;
    bool used;
};

/* Open addressing with linear probing, at most half full; the seed is secret so that nobody can aim at one chain. */
struct path_table {
    struct path_slot *slots;
    size_t mask;
    size_t used;
    size_t limit;
    uint64_t seed;
};

bool path_table_open(struct path_table *table, size_t limit);
void path_table_close(struct path_table *table);

/* The slot of exactly this path, else of this remote with any local address, else NULL. */
struct path_slot *path_table_find(const struct path_table *table, const struct path *path);

bool path_table_put(struct path_table *table, const struct path *path, void *value); /* false when full */
void path_table_remove(struct path_table *table, const struct path *path);

#endif
