/* From datagrams to parsed packets, without Python. */
#include "packets_receive.h"

enum { STUN_HEADER = 20, STUN_COOKIE = 0x2112A442 }; /* RFC 8489 section 5 */

enum datagram_kind { KIND_UNKNOWN, KIND_STUN, KIND_DTLS, KIND_RTP };

/* RFC 7983 section 7: the first byte tells the protocol. */
static enum datagram_kind classify(uint8_t first) {
    if (first <= 3)
        return KIND_STUN;
    if (first >= 20 && first <= 63)
        return KIND_DTLS;
    if (first >= 128 && first <= 191)
        return KIND_RTP;
    return KIND_UNKNOWN;
}

static bool looks_like_stun(const uint8_t *data, size_t size) {
    return size >= STUN_HEADER && read_u32(data + 4) == STUN_COOKIE && read_u16(data + 2) == size - STUN_HEADER;
}

/* How a packet that its transport dropped is counted for the socket. */
static const enum udp_counter counted_as[TRANSPORT_COUNTERS] = {
    [TRANSPORT_MALFORMED] = UDP_MALFORMED,
    [TRANSPORT_SRTP_FAILURES] = UDP_SRTP_FAILURES,
    [TRANSPORT_REPLAYED] = UDP_REPLAYED,
    [TRANSPORT_TOO_MANY_SSRCS] = UDP_TOO_MANY_SSRCS,
};

int receive_protected(struct transport *transport, uint8_t *data, size_t size, struct received *out) {
    out->wire_size = size;
    out->transport = transport;
    int dropped = transport_unprotect(transport, data, &size);
    if (dropped >= 0)
        return dropped;
    if (is_rtcp(data)) {
        out->kind = RECEIVED_RTCP;
        out->data = data;
        out->size = size;
        return -1;
    }
    if (!rtp_parse(data, size, &transport->received_ids, &out->header, &out->data, &out->size)) {
        transport->counters[TRANSPORT_MALFORMED]++;
        return TRANSPORT_MALFORMED;
    }
    out->kind = RECEIVED_RTP;
    return -1;
}

/* One datagram: fills `out` or returns the counter of the reason to drop it, -1 when it passes. */
static int receive_one(uint8_t *data, size_t size, const struct path_table *paths, struct received *out) {
    enum datagram_kind kind = classify(data[0]);
    out->kind = RECEIVED_DATAGRAM;
    out->data = data;
    out->size = size;
    if (kind == KIND_STUN)
        return looks_like_stun(data, size) ? -1 : UDP_MALFORMED;
    if (kind == KIND_UNKNOWN)
        return UDP_DROPPED_UNKNOWN;
    const struct path_slot *slot = path_table_find(paths, &out->path);
    if (!slot)
        return UDP_DROPPED_UNVALIDATED;
    if (kind == KIND_DTLS)
        return -1;
    if (!slot->value)
        return UDP_DROPPED_UNKEYED;
    int dropped = receive_protected(slot->value, data, size, out);
    return dropped < 0 ? -1 : (int)counted_as[dropped];
}

unsigned receive_batch(struct udp_receiver *receiver, struct udp_sender *sender, const struct path_table *paths,
                       struct received_batch *batch) {
    unsigned waiting = udp_receive(receiver, sender), passed = 0;
    for (unsigned i = 0; i < waiting; i++) {
        struct received *out = &batch->item[passed];
        size_t size = udp_received(receiver, sender, i, &out->path, &out->waited);
        if (!size)
            continue;
        int dropped = receive_one(receiver->data[i], size, paths, out);
        if (dropped >= 0)
            sender->counters[dropped]++;
        else
            passed++;
    }
    return passed;
}
