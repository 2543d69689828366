/* SRTP and SRTCP with AES-GCM: RFC 3711 with the transforms of RFC 7714, the ciphering by OpenSSL. */
#ifndef MCU_PACKETS_AEAD_H
#define MCU_PACKETS_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AEAD_SALT = 12,          /* bytes; RFC 7714 section 12 */
    AEAD_TAG = 16,           /* bytes that protection adds, the word of SRTCP not counted */
    AEAD_WORD = 4,           /* bytes: "encrypted" and the index of SRTCP, behind the tag */
    AEAD_MAX_SOURCES = 256,  /* SSRCs in one direction; none is forgotten, as its nonces must never be used again */
    REPLAY_WINDOW = 1024,    /* packets; two seconds of the fastest stream we take, and the longest history */
};

enum aead_result { AEAD_OK, AEAD_FORGED, AEAD_REPLAYED };

struct aead; /* one direction of a transport: keys, and how far each SSRC is */

/* `master` is a key of `key_size` bytes (16 or 32) and a salt of AEAD_SALT. NULL without memory, or without AES-GCM. */
struct aead *aead_open(const uint8_t *master, size_t key_size, bool sealing);
void aead_close(struct aead *aead); /* wipes the keys */

/* In place, with room for AEAD_TAG + AEAD_WORD bytes behind. False when OpenSSL refuses, or there are too many SSRCs.
 * `header` is the size of the RTP header with its extension. */
bool aead_seal_rtp(struct aead *aead, uint8_t *data, size_t header, size_t *size);
bool aead_seal_rtcp(struct aead *aead, uint8_t *data, size_t *size);

/* In place. Nothing is kept of what is not AEAD_OK. `data` has a whole header. */
enum aead_result aead_unseal_rtp(struct aead *aead, uint8_t *data, size_t header, size_t *size);
enum aead_result aead_unseal_rtcp(struct aead *aead, uint8_t *data, size_t *size);

#endif
