/* Batches of datagrams over one UDP socket: recvmmsg, sendmmsg, IP_PKTINFO, UDP_SEGMENT. IPv4 is v4-mapped inside. */
#ifndef MCU_PACKETS_UDP_H
#define MCU_PACKETS_UDP_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "packets_paths.h"

enum {
    UDP_BATCH = 64,          /* datagrams; more per call saves nothing measurable and leaves the cache */
    UDP_MAX_RECEIVED = 2048, /* bytes; above every MTU that media travels over */
    UDP_MAX_SENT = 1536,     /* bytes per slot: RTP_MAX_HEADER, payload, PROTECTION_MAX */
    UDP_MAX_SEGMENTS = 64,   /* UDP_MAX_SEGMENTS of kernels before 6.9 */
    UDP_CONTROL = 128,       /* bytes: packet information, a number and a time, with their headers */
};

enum udp_counter {
    UDP_RECEIVED,
    UDP_SENT,
    UDP_OVERFLOWED,
    UDP_OVERSIZED,
    UDP_MALFORMED,
    UDP_DROPPED_UNVALIDATED,
    UDP_DROPPED_UNKEYED,
    UDP_SRTP_FAILURES,
    UDP_REPLAYED,
    UDP_TOO_MANY_SSRCS,
    UDP_DROPPED_UNKNOWN,
    UDP_SEND_WOULD_BLOCK,
    UDP_SEND_ERRORS,
    UDP_PATHS_REFUSED,
    UDP_RECEIVE_CALLS,
    UDP_SEND_CALLS,
    UDP_SEGMENTED,
    UDP_COUNTERS
};
extern const char *const udp_counter_names[UDP_COUNTERS];

struct udp_control { _Alignas(8) uint8_t data[UDP_CONTROL]; };

/* One packet, aligned as libsrtp wants it. */
struct packet_scratch { _Alignas(8) uint8_t data[UDP_MAX_RECEIVED]; };

struct udp_receiver {
    _Alignas(16) uint8_t data[UDP_BATCH][UDP_MAX_RECEIVED];
    struct udp_control control[UDP_BATCH];
    struct sockaddr_in6 address[UDP_BATCH];
    struct iovec vector[UDP_BATCH];
    struct mmsghdr message[UDP_BATCH];
    struct timespec read; /* wall clock */
    bool drained; /* by the last call: nothing waited any more */
};

/* Packets are built in `slot`s, joined to messages per path, and leave with udp_flush. */
struct udp_sender {
    _Alignas(16) uint8_t slot[UDP_BATCH][UDP_MAX_SENT];
    struct udp_control control[UDP_BATCH];
    struct sockaddr_in6 address[UDP_BATCH];
    struct iovec vector[UDP_BATCH]; /* one per packet */
    struct mmsghdr message[UDP_BATCH];
    uint64_t *failures[UDP_BATCH]; /* of each message: where its owner counts packets that did not leave */
    unsigned packets;
    unsigned messages;
    unsigned last_size; /* of the last packet */
    const struct path *last_path;
    uint64_t left; /* packets that the kernel took, ever */
    int fd;
    bool ipv4; /* the socket is AF_INET */
    bool segmentation;
    uint64_t counters[UDP_COUNTERS];
};

/* Asks for packet information and room, and finds out what the socket can. False: not a UDP socket of ours; see errno. */
bool udp_open(struct udp_receiver *receiver, struct udp_sender *sender, int fd);

/* Number of datagrams now in `receiver`, 0 for none. */
unsigned udp_receive(struct udp_receiver *receiver, struct udp_sender *sender);

/* Size of datagram `i` and the path it came over; 0 when it has to be dropped, which is counted. */
size_t udp_received(const struct udp_receiver *receiver, struct udp_sender *sender, unsigned i, struct path *path,
                    double *waited);

/* Whether the socket can send over `path` at all: an IPv4 socket knows no IPv6. */
bool udp_can_reach(const struct udp_sender *sender, const struct path *path);

/* Where to build the next packet; flushes first when the batch is full. */
uint8_t *udp_slot(struct udp_sender *sender);

/* Queue the packet in the slot just given. `path` and `failures` stay valid until the flush. */
void udp_queue(struct udp_sender *sender, size_t size, const struct path *path, uint64_t *failures);

void udp_flush(struct udp_sender *sender);

/* One datagram at once, past the batch. */
bool udp_send(struct udp_sender *sender, const uint8_t *data, size_t size, const struct path *path);

#endif
