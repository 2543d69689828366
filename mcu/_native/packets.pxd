# What packets.pyx uses of its C files.
from libc.stdint cimport int16_t, int32_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "<netinet/in.h>" nogil:
    enum: INET6_ADDRSTRLEN
    struct in6_addr:
        pass

cdef extern from "packets_rtp.h" nogil:
    enum: RTP_MAX_MID
    enum: RTP_MAX_HEADER
    enum: RTP_EXTENSION_AUDIO_LEVEL
    enum: RTP_EXTENSION_MID
    enum: RTP_EXTENSION_ORIENTATION
    enum: RTP_EXTENSION_ABSOLUTE_SEND_TIME
    enum: RTP_EXTENSION_TRANSPORT_SEQUENCE
    struct rtp_received_ids:
        uint8_t kind[256]
    struct rtp_sent_ids:
        uint8_t id[6]
    struct rtp_values:
        int32_t transport_sequence
        int32_t absolute_send_time
        int16_t audio_level
        int16_t orientation
        bint voice
        uint8_t mid_size
        char mid[16]
    struct rtp_header:
        uint32_t timestamp
        uint32_t ssrc
        uint16_t sequence_number
        uint8_t payload_type
        bint marker
        rtp_values values
    bint rtp_parse(const uint8_t *data, size_t size, const rtp_received_ids *ids, rtp_header *header,
                   const uint8_t **payload, size_t *payload_size)
    size_t rtp_write_header(uint8_t *out, const rtp_header *header, const rtp_sent_ids *ids)
    void rtp_clear_values(rtp_values *values)

cdef extern from "packets_paths.h" nogil:
    struct path:
        in6_addr remote
        in6_addr local
        uint32_t port
        uint32_t scope
    struct path_table:
        size_t used
    bint address_read(const char *text, in6_addr *address, uint32_t *scope)
    void address_write(const in6_addr *address, char *text)
    bint path_is_any_local(const path *path)
    uint64_t path_hash(const path *path, uint64_t seed)
    bint path_table_open(path_table *table, size_t limit)
    void path_table_close(path_table *table)
    bint path_table_put(path_table *table, const path *path, void *value)
    void path_table_remove(path_table *table, const path *path)

cdef extern from "packets_udp.h" nogil:
    enum: UDP_BATCH
    enum: UDP_MAX_RECEIVED
    enum: UDP_PATHS_REFUSED
    enum: UDP_COUNTERS
    const char *const udp_counter_names[]
    struct packet_scratch:
        uint8_t data[2048]
    struct udp_receiver:
        bint drained
    struct udp_sender:
        uint64_t left
        uint64_t counters[17]
    bint udp_open(udp_receiver *receiver, udp_sender *sender, int fd)
    bint udp_can_reach(const udp_sender *sender, const path *path)
    uint8_t *udp_slot(udp_sender *sender)
    void udp_queue(udp_sender *sender, size_t size, const path *path, uint64_t *failures)
    void udp_flush(udp_sender *sender)
    bint udp_send(udp_sender *sender, const uint8_t *data, size_t size, const path *path)

cdef extern from "packets_srtp.h" nogil:
    enum: TRANSPORT_MALFORMED
    enum: TRANSPORT_SENT
    enum: TRANSPORT_SENT_OCTETS
    enum: TRANSPORT_SENT_NOWHERE
    enum: TRANSPORT_SEND_FAILURES
    enum: TRANSPORT_COUNTERS
    const char *const transport_counter_names[]
    enum srtp_suite:
        pass
    struct transport:
        void *owner
        rtp_received_ids received_ids
        rtp_sent_ids sent_ids
        udp_sender *sender
        path path
        uint16_t transport_sequence
        uint64_t counters[12]
    int srtp_init()
    bint srtp_suite_known(const char *name, srtp_suite *suite)
    size_t srtp_suite_key_size(srtp_suite suite)
    bint transport_open(transport *transport, srtp_suite suite, const uint8_t *receive_key, const uint8_t *send_key)
    void transport_close(transport *transport)
    bint transport_protect(transport *transport, uint8_t *data, size_t *size, bint rtcp)
    bint transport_record_sent(transport *transport)
    uint32_t transport_find_sent(const transport *transport, uint16_t sequence, double *time)

cdef extern from "packets_receive.h" nogil:
    enum received_kind:
        RECEIVED_NOTHING
        RECEIVED_DATAGRAM
        RECEIVED_RTCP
        RECEIVED_RTP
    struct received:
        received_kind kind
        const uint8_t *data
        size_t size
        size_t wire_size
        double waited
        path path
        transport *transport
        rtp_header header
    struct received_batch:
        received item[64]
    unsigned receive_batch(udp_receiver *receiver, udp_sender *sender, const path_table *paths, received_batch *batch)
    int receive_protected(transport *transport, uint8_t *data, size_t size, received *out)

cdef extern from "packets_send.h" nogil:
    enum: SEND_MAX_PAYLOAD
    enum: SEND_MAX_HISTORY
    struct kept_payload:
        pass
    struct payload:
        const uint8_t *data
        size_t size
        kept_payload *kept
    struct departure:
        double now
        uint32_t timestamp
        bint marker_last
        bint voice
        int16_t audio_level
    struct send_stream:
        transport *transport
        uint32_t ssrc, rtx_ssrc, timestamp_offset, last_timestamp, clock_rate
        uint16_t sequence_number, rtx_sequence_number
        uint8_t payload_type, rtx_payload_type, mid_size
        char mid[16]
        double last_sent
        uint64_t packets, octets, resent, rtx_octets
    bint send_stream_open(send_stream *stream, unsigned history_size)
    void send_stream_close(send_stream *stream)
    size_t send_stream_build(send_stream *stream, payload *payload, const departure *departure, bint marker,
                             uint8_t *out)
    size_t send_stream_repeat(send_stream *stream, uint16_t sequence_number, double now, uint8_t *out)
    uint64_t send_fan_out(send_stream **streams, size_t stream_count, payload *payloads, size_t payload_count,
                          const departure *departure)
    struct sending:
        send_stream **streams
        size_t stream_count
        payload payload
        departure departure
    uint64_t native_send_each "send_each"(sending *sendings, size_t count)
    uint64_t send_repeats(send_stream *stream, const uint16_t *sequence_numbers, size_t count, double now)
    void payload_release(kept_payload *kept)
