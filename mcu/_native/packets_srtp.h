/* One leg's security and header state: keys of both directions, known SSRCs, extension ids, counters. RFC 3711, 7714. */
#ifndef MCU_PACKETS_SRTP_H
#define MCU_PACKETS_SRTP_H

#include <srtp2/srtp.h>

#include "packets_aead.h"
#include "packets_paths.h"
#include "packets_rtp.h"

enum {
    TRANSPORT_MAX_SSRCS = 64,      /* received; a browser uses about ten, and each has a replay window */
    TRANSPORT_SENT_RECORDS = 2048, /* packets; over 10 s of 2 Mbit/s, far more than any feedback is late */
    PROTECTION_MAX = 64,           /* bytes that protection may add: tag 16, SRTCP index 4, and room to spare */
};

enum srtp_suite { SUITE_PLAIN, SUITE_GCM_128, SUITE_GCM_256, SUITE_SHA1_80, SUITES };

enum transport_counter {
    TRANSPORT_RECEIVED,
    TRANSPORT_RECEIVED_OCTETS,
    TRANSPORT_SENT,
    TRANSPORT_SENT_OCTETS,
    TRANSPORT_RESENT,
    TRANSPORT_REPEATS_REFUSED,
    TRANSPORT_MALFORMED,
    TRANSPORT_SRTP_FAILURES,
    TRANSPORT_REPLAYED,
    TRANSPORT_TOO_MANY_SSRCS,
    TRANSPORT_SENT_NOWHERE,
    TRANSPORT_SEND_FAILURES,
    TRANSPORT_COUNTERS
};
extern const char *const transport_counter_names[TRANSPORT_COUNTERS];

struct sent_record {
    double time;
    uint32_t size;
    uint16_t sequence;
    bool used;
};

struct udp_sender;

struct transport {
    void *owner; /* the Python object around this */
    struct aead *unsealing, *sealing; /* AES-GCM; NULL with other suites */
    srtp_t receive, send;             /* SHA1-80; NULL with other suites */
    uint32_t ssrcs[TRANSPORT_MAX_SSRCS];
    unsigned ssrc_count;
    struct rtp_received_ids received_ids;
    struct rtp_sent_ids sent_ids;
    struct udp_sender *sender; /* NULL: nowhere, or a byte stream */
    struct path path;
    uint16_t transport_sequence;
    struct sent_record *sent_records; /* once transport-wide sequence numbers are agreed on */
    uint64_t counters[TRANSPORT_COUNTERS];
};

bool srtp_suite_known(const char *name, enum srtp_suite *suite);
size_t srtp_suite_key_size(enum srtp_suite suite); /* master key and salt */

/* `receive_key` and `send_key` have the suite's key size. False when a library refuses. */
bool transport_open(struct transport *transport, enum srtp_suite suite, const uint8_t *receive_key,
                    const uint8_t *send_key);
void transport_close(struct transport *transport);

/* From the second byte (RFC 5761 section 4). `data` has at least two bytes. */
static inline bool is_rtcp(const uint8_t *data) { return data[1] >= 192 && data[1] <= 223; }

/* Decrypts in place; `data` is 4-byte aligned. On failure counts and returns the counter that says why, else -1. */
int transport_unprotect(struct transport *transport, uint8_t *data, size_t *size);

/* Encrypts in place; `data` is 4-byte aligned with PROTECTION_MAX bytes of room behind. False only if a library refuses. */
bool transport_protect(struct transport *transport, uint8_t *data, size_t *size, bool rtcp);

bool transport_record_sent(struct transport *transport); /* make the table of sent packets; false without memory */
void transport_note_sent(struct transport *transport, uint16_t sequence, double now, size_t size);

/* Bytes of the packet that was sent with this number, and when; 0 when nothing is known of it any more. */
uint32_t transport_find_sent(const struct transport *transport, uint16_t sequence, double *time);

#endif
