/* The whole receive path: system call, classification, address validation, SRTP, RTP header. */
#ifndef MCU_PACKETS_RECEIVE_H
#define MCU_PACKETS_RECEIVE_H

#include "packets_srtp.h"
#include "packets_udp.h"

enum received_kind { RECEIVED_NOTHING, RECEIVED_DATAGRAM, RECEIVED_RTCP, RECEIVED_RTP };

/* Points into the receiver's buffers: good until the next batch. */
struct received {
    enum received_kind kind;
    const uint8_t *data; /* the datagram, the RTCP packet, or the RTP payload */
    size_t size;
    size_t wire_size;
    double waited; /* seconds in the kernel's queue, before it was read */
    struct path path;
    struct transport *transport;
    struct rtp_header header; /* of RTP */
};

struct received_batch { struct received item[UDP_BATCH]; };

/* Fills `batch` with what passed and says how many; everything else is counted in the sender and its transport. */
unsigned receive_batch(struct udp_receiver *receiver, struct udp_sender *sender, const struct path_table *paths,
                       struct received_batch *batch);

/* One SRTP or SRTCP packet, 4-byte aligned, in place. Returns the transport's counter when dropped, else -1. */
int receive_protected(struct transport *transport, uint8_t *data, size_t size, struct received *out);

#endif
