/* One outgoing SSRC: headers, history, repair; and the fan-out of payloads over many of them. */
#ifndef MCU_PACKETS_SEND_H
#define MCU_PACKETS_SEND_H

#include "packets_srtp.h"
#include "packets_udp.h"

enum {
    SEND_MAX_PAYLOAD = 1400, /* bytes; with everything around it still within UDP_MAX_SENT */
    SEND_MAX_HISTORY = REPLAY_WINDOW, /* packets; older ones could not be protected again */
};
_Static_assert(RTP_MAX_HEADER + 2 + SEND_MAX_PAYLOAD + PROTECTION_MAX <= UDP_MAX_SENT, "a packet fits its slot");

/* A copy of a payload that the histories of all receiving streams share. */
struct kept_payload {
    unsigned users;
    uint32_t size;
    uint8_t data[];
};

struct payload {
    const uint8_t *data;
    size_t size;
    struct kept_payload *kept; /* made when the first stream keeps it */
};

/* What one call says of all its packets. */
struct departure {
    double now;
    uint32_t timestamp; /* before the stream's offset */
    bool marker_last;
    bool voice;
    int16_t audio_level;
};

struct history_slot {
    struct kept_payload *kept; /* NULL: empty */
    double repeated; /* when last, negative for never */
    uint16_t sequence_number;
    uint8_t header_size;
    uint8_t header[RTP_MAX_HEADER];
};

struct send_stream {
    struct transport *transport;
    uint32_t ssrc, rtx_ssrc, timestamp_offset, last_timestamp, clock_rate;
    uint16_t sequence_number, rtx_sequence_number;
    uint8_t payload_type, rtx_payload_type, mid_size;
    char mid[RTP_MAX_MID];
    double last_sent;
    double repair_credit; /* bytes that may be repeated */
    uint64_t packets, octets, resent, rtx_octets;
    struct history_slot *history;
    unsigned history_size;
};

bool send_stream_open(struct send_stream *stream, unsigned history_size); /* all else is zero; random start values */
void send_stream_close(struct send_stream *stream);

/* Builds the protected packet of a payload in `out` (a sender's slot); its size, or 0 when it could not be protected (counted). */
size_t send_stream_build(struct send_stream *stream, struct payload *payload, const struct departure *departure,
                         bool marker, uint8_t *out);

/* Builds the repeat of a packet in `out`; 0 when it is gone, was just repeated or is beyond the budget (counted). */
size_t send_stream_repeat(struct send_stream *stream, uint16_t sequence_number, double now, uint8_t *out);

/* Sends all payloads on all streams that go over UDP; the others are left to the caller. Packets taken by the kernel. */
uint64_t send_fan_out(struct send_stream **streams, size_t stream_count, struct payload *payloads,
                      size_t payload_count, const struct departure *departure);

/* One payload and the streams that carry it. */
struct sending {
    struct send_stream **streams;
    size_t stream_count;
    struct payload payload;
    struct departure departure;
};

/* Several of them in one batch, likewise. */
uint64_t send_each(struct sending *sendings, size_t count);

/* Repairs on a stream that goes over UDP. Packets taken by the kernel. */
uint64_t send_repeats(struct send_stream *stream, const uint16_t *sequence_numbers, size_t count, double now);

void payload_release(struct kept_payload *kept);

#endif
