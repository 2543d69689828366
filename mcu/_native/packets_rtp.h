/* RTP headers and header extensions: RFC 3550 section 5.1, RFC 8285. Pure functions over byte ranges. */
#ifndef MCU_PACKETS_RTP_H
#define MCU_PACKETS_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RTP_FIXED_HEADER = 12,
    RTP_MAX_MID = 16,     /* bytes; the most that a one-byte element carries */
    RTP_MAX_HEADER = 44,  /* bytes we ever write: fixed part, extension header, all five elements padded to words */
};

/* The extensions that are understood; 0 is "not agreed on". */
enum rtp_extension {
    RTP_EXTENSION_NONE,
    RTP_EXTENSION_AUDIO_LEVEL,
    RTP_EXTENSION_MID,
    RTP_EXTENSION_ORIENTATION,
    RTP_EXTENSION_ABSOLUTE_SEND_TIME,
    RTP_EXTENSION_TRANSPORT_SEQUENCE,
    RTP_EXTENSIONS
};

struct rtp_received_ids { uint8_t kind[256]; };       /* id on the wire -> enum rtp_extension */
struct rtp_sent_ids { uint8_t id[RTP_EXTENSIONS]; };  /* enum rtp_extension -> id 1-14, 0 for none */

/* Values carried in extensions; -1, or a mid of no bytes, where absent. */
struct rtp_values {
    int32_t transport_sequence;
    int32_t absolute_send_time; /* 6.18 fixed point seconds */
    int16_t audio_level;        /* -dBov */
    int16_t orientation;        /* degrees clockwise */
    bool voice;
    uint8_t mid_size;
    char mid[RTP_MAX_MID];
};

struct rtp_header {
    uint32_t timestamp;
    uint32_t ssrc;
    uint16_t sequence_number;
    uint8_t payload_type;
    bool marker;
    struct rtp_values values;
};

/* True when `data` is a whole packet; then `header`, `payload` and `payload_size` are set. Never reads outside of it. */
bool rtp_parse(const uint8_t *data, size_t size, const struct rtp_received_ids *ids, struct rtp_header *header,
               const uint8_t **payload, size_t *payload_size);

/* Writes at most RTP_MAX_HEADER bytes and says how many. Elements without an id in `ids` or without a value are left out. */
size_t rtp_write_header(uint8_t *out, const struct rtp_header *header, const struct rtp_sent_ids *ids);

void rtp_clear_values(struct rtp_values *values);

static inline uint16_t read_u16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }

static inline uint32_t read_u32(const uint8_t *p) { return (uint32_t)read_u16(p) << 16 | read_u16(p + 2); }

static inline void write_u16(uint8_t *p, uint16_t value) {
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static inline void write_u32(uint8_t *p, uint32_t value) {
    write_u16(p, (uint16_t)(value >> 16));
    write_u16(p + 2, (uint16_t)value);
}

#endif
