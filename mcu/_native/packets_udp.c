/* System calls. A datagram that the kernel does not take is dropped and counted: media does not wait. */
#include "packets_udp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    SOCKET_BUFFER = 4 << 20,   /* bytes; 20 ms of 100 participants with keyframes, the kernel grants what it allows */
    MAX_SEGMENTED = 60 * 1024, /* bytes in one segmented message; IPv4 ends at 65507 */
    MAX_WAITED = 1,            /* s; who was read later than this was not kept waiting: the wall clock was set */
};

const char *const udp_counter_names[UDP_COUNTERS] = {
    [UDP_RECEIVED] = "received",
    [UDP_SENT] = "sent",
    [UDP_OVERFLOWED] = "overflowed",
    [UDP_OVERSIZED] = "oversized",
    [UDP_MALFORMED] = "malformed",
    [UDP_DROPPED_UNVALIDATED] = "dropped_unvalidated",
    [UDP_DROPPED_UNKEYED] = "dropped_unkeyed",
    [UDP_SRTP_FAILURES] = "srtp_failures",
    [UDP_REPLAYED] = "replayed",
    [UDP_TOO_MANY_SSRCS] = "too_many_ssrcs",
    [UDP_DROPPED_UNKNOWN] = "dropped_unknown",
    [UDP_SEND_WOULD_BLOCK] = "send_would_block",
    [UDP_SEND_ERRORS] = "send_errors",
    [UDP_PATHS_REFUSED] = "paths_refused",
    [UDP_RECEIVE_CALLS] = "receive_calls",
    [UDP_SEND_CALLS] = "send_calls",
    [UDP_SEGMENTED] = "segmented",
};

static bool set_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool udp_open(struct udp_receiver *receiver, struct udp_sender *sender, int fd) {
    int family = 0, type = 0, flags = fcntl(fd, F_GETFL);
    socklen_t size = sizeof family;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size))
        return false;
    if (type != SOCK_DGRAM || (family != AF_INET && family != AF_INET6)) {
        errno = EPROTOTYPE;
        return false;
    }
    memset(receiver, 0, sizeof *receiver);
    memset(sender, 0, sizeof *sender);
    sender->fd = fd;
    sender->ipv4 = family == AF_INET;
    bool information = sender->ipv4 ? set_option(fd, IPPROTO_IP, IP_PKTINFO, 1)
                                    : set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    if (!information || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
        return false;
    set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1); /* each datagram then tells how many the kernel has dropped */
    set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1); /* and when it came */
    set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
    set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER);
    sender->segmentation = set_option(fd, IPPROTO_UDP, UDP_SEGMENT, 0); /* since Linux 4.18 */
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        receiver->vector[i] = (struct iovec){receiver->data[i], UDP_MAX_RECEIVED};
        receiver->message[i].msg_hdr = (struct msghdr){
            .msg_name = &receiver->address[i],
            .msg_iov = &receiver->vector[i],
            .msg_iovlen = 1,
            .msg_control = receiver->control[i].data,
        };
        sender->message[i].msg_hdr = (struct msghdr){
            .msg_name = &sender->address[i],
            .msg_control = sender->control[i].data,
        };
    }
    return true;
}

unsigned udp_receive(struct udp_receiver *receiver, struct udp_sender *sender) {
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        receiver->message[i].msg_hdr.msg_namelen = sizeof receiver->address[i];
        receiver->message[i].msg_hdr.msg_controllen = UDP_CONTROL;
    }
    sender->counters[UDP_RECEIVE_CALLS]++;
    int received;
    do
        received = recvmmsg(sender->fd, receiver->message, UDP_BATCH, MSG_DONTWAIT, NULL);
    while (received < 0 && errno == EINTR);
    receiver->drained = received < UDP_BATCH;
    if (received <= 0)
        return 0; /* nothing there, or an error of an earlier send that the kernel reports here */
    clock_gettime(CLOCK_REALTIME, &receiver->read); /* the clock of the kernel's times */
    sender->counters[UDP_RECEIVED] += (uint64_t)received;
    return (unsigned)received;
}

static void map_ipv4(struct in6_addr *mapped, struct in_addr address) {
    memset(mapped, 0, sizeof *mapped);
    mapped->s6_addr[10] = mapped->s6_addr[11] = 0xff;
    memcpy(&mapped->s6_addr[12], &address, sizeof address);
}

static struct in_addr unmap_ipv4(const struct in6_addr *mapped) {
    struct in_addr address;
    memcpy(&address, &mapped->s6_addr[12], sizeof address);
    return address;
}

/* Seconds from `came` to `read`, 0 when that cannot be. */
static double waited_until(struct timespec read, struct timespec came) {
    double seconds = (double)(read.tv_sec - came.tv_sec) + 1e-9 * (double)(read.tv_nsec - came.tv_nsec);
    return seconds >= 0 && seconds <= MAX_WAITED ? seconds : 0;
}

/* Our address, out of the packet information; stays all zero when the kernel gave none. The kernel's drops so far. And
   how long before `read` the datagram came. */
static void read_control(struct msghdr *header, struct in6_addr *local, uint64_t *overflowed, struct timespec read,
                         double *waited) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo information;
            memcpy(&information, CMSG_DATA(c), sizeof information);
            *local = information.ipi6_addr;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo information;
            memcpy(&information, CMSG_DATA(c), sizeof information);
            map_ipv4(local, information.ipi_addr);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            uint32_t dropped;
            memcpy(&dropped, CMSG_DATA(c), sizeof dropped);
            *overflowed = dropped;
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec came;
            memcpy(&came, CMSG_DATA(c), sizeof came);
            *waited = waited_until(read, came);
        }
    }
}

size_t udp_received(const struct udp_receiver *receiver, struct udp_sender *sender, unsigned i, struct path *path,
                    double *waited) {
    struct msghdr header = receiver->message[i].msg_hdr;
    memset(path, 0, sizeof *path);
    *waited = 0;
    read_control(&header, &path->local, &sender->counters[UDP_OVERFLOWED], receiver->read, waited);
    if (header.msg_flags & MSG_TRUNC) {
        sender->counters[UDP_OVERSIZED]++;
        return 0;
    }
    size_t size = receiver->message[i].msg_len;
    if (size < 2) { /* the shortest thing that can be told apart */
        sender->counters[UDP_MALFORMED]++;
        return 0;
    }
    const struct sockaddr_in6 *from = &receiver->address[i];
    if (sender->ipv4) {
        struct sockaddr_in from4;
        memcpy(&from4, from, sizeof from4);
        map_ipv4(&path->remote, from4.sin_addr);
        path->port = ntohs(from4.sin_port);
    } else {
        path->remote = from->sin6_addr;
        path->port = ntohs(from->sin6_port);
        path->scope = IN6_IS_ADDR_LINKLOCAL(&from->sin6_addr) ? from->sin6_scope_id : 0;
    }
    return size;
}

bool udp_can_reach(const struct udp_sender *sender, const struct path *path) {
    return !sender->ipv4 || (IN6_IS_ADDR_V4MAPPED(&path->remote) &&
                             (path_is_any_local(path) || IN6_IS_ADDR_V4MAPPED(&path->local)));
}

/* Address and source of one message; returns where the next control element goes. */
static uint8_t *address_message(const struct udp_sender *sender, struct msghdr *header, const struct path *path) {
    uint8_t *control = header->msg_control;
    bool any = path_is_any_local(path);
    if (sender->ipv4) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)path->port)};
        to.sin_addr = unmap_ipv4(&path->remote);
        memcpy(header->msg_name, &to, sizeof to);
        header->msg_namelen = sizeof to;
    } else {
        struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)path->port)};
        to.sin6_addr = path->remote;
        to.sin6_scope_id = path->scope;
        memcpy(header->msg_name, &to, sizeof to);
        header->msg_namelen = sizeof to;
    }
    if (any)
        return control;
    struct cmsghdr *element = (struct cmsghdr *)control;
    if (sender->ipv4) {
        struct in_pktinfo information = {.ipi_spec_dst = unmap_ipv4(&path->local)};
        *element = (struct cmsghdr){CMSG_LEN(sizeof information), IPPROTO_IP, IP_PKTINFO};
        memcpy(CMSG_DATA(element), &information, sizeof information);
        return control + CMSG_SPACE(sizeof information);
    }
    struct in6_pktinfo information = {.ipi6_addr = path->local};
    *element = (struct cmsghdr){CMSG_LEN(sizeof information), IPPROTO_IPV6, IPV6_PKTINFO};
    memcpy(CMSG_DATA(element), &information, sizeof information);
    return control + CMSG_SPACE(sizeof information);
}

/* Seals a message: with UDP_SEGMENT when it carries several packets. */
static void finish_message(const struct udp_sender *sender, struct msghdr *header, const struct path *path) {
    uint8_t *control = header->msg_control;
    uint8_t *end = address_message(sender, header, path);
    if (header->msg_iovlen > 1) {
        uint16_t size = (uint16_t)header->msg_iov[0].iov_len;
        struct cmsghdr *element = (struct cmsghdr *)end;
        *element = (struct cmsghdr){CMSG_LEN(sizeof size), IPPROTO_UDP, UDP_SEGMENT};
        memcpy(CMSG_DATA(element), &size, sizeof size);
        end += CMSG_SPACE(sizeof size);
    }
    header->msg_controllen = (size_t)(end - control);
    if (!header->msg_controllen)
        header->msg_control = NULL; /* udp_queue puts it back */
}

static bool joins_last(const struct udp_sender *sender, size_t size, const struct path *path) {
    if (!sender->segmentation || !sender->messages || sender->last_path != path)
        return false;
    const struct msghdr *last = &sender->message[sender->messages - 1].msg_hdr;
    size_t segment = last->msg_iov[0].iov_len;
    return size <= segment && sender->last_size == segment && last->msg_iovlen < UDP_MAX_SEGMENTS &&
           (last->msg_iovlen + 1) * segment <= MAX_SEGMENTED;
}

uint8_t *udp_slot(struct udp_sender *sender) {
    if (sender->packets == UDP_BATCH)
        udp_flush(sender);
    return sender->slot[sender->packets];
}

void udp_queue(struct udp_sender *sender, size_t size, const struct path *path, uint64_t *failures) {
    struct iovec *vector = &sender->vector[sender->packets];
    *vector = (struct iovec){sender->slot[sender->packets], size};
    if (joins_last(sender, size, path)) {
        sender->message[sender->messages - 1].msg_hdr.msg_iovlen++;
    } else {
        if (sender->messages)
            finish_message(sender, &sender->message[sender->messages - 1].msg_hdr, sender->last_path);
        sender->failures[sender->messages] = failures;
        struct msghdr *header = &sender->message[sender->messages].msg_hdr;
        header->msg_iov = vector;
        header->msg_iovlen = 1;
        header->msg_control = sender->control[sender->messages].data;
        sender->messages++;
        sender->last_path = path;
    }
    sender->last_size = (unsigned)size;
    sender->packets++;
}

static bool is_busy(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM; }

/* The packets of a segmented message that the kernel refused as a whole, one by one. */
static void send_apart(struct udp_sender *sender, unsigned message) {
    struct msghdr whole = sender->message[message].msg_hdr;
    struct msghdr single = whole;
    single.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    single.msg_iovlen = 1;
    if (!single.msg_controllen)
        single.msg_control = NULL;
    for (size_t i = 0; i < whole.msg_iovlen; i++) {
        single.msg_iov = &whole.msg_iov[i];
        sender->counters[UDP_SEND_CALLS]++;
        if (sendmsg(sender->fd, &single, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
            sender->left++;
            continue;
        }
        sender->counters[is_busy(errno) ? UDP_SEND_WOULD_BLOCK : UDP_SEND_ERRORS]++;
        ++*sender->failures[message];
    }
}

/* What to do with message `at`, which the kernel did not take: false when the rest is lost as well. */
static bool recover(struct udp_sender *sender, unsigned at, int error) {
    if (is_busy(error)) {
        for (; at < sender->messages; at++) {
            sender->counters[UDP_SEND_WOULD_BLOCK] += sender->message[at].msg_hdr.msg_iovlen;
            *sender->failures[at] += sender->message[at].msg_hdr.msg_iovlen;
        }
        return false;
    }
    if (sender->message[at].msg_hdr.msg_iovlen > 1) {
        if (error == EIO) /* the device cannot do the checksums that segmentation needs */
            sender->segmentation = false;
        send_apart(sender, at);
    } else {
        sender->counters[UDP_SEND_ERRORS]++;
        ++*sender->failures[at];
    }
    return true;
}

void udp_flush(struct udp_sender *sender) {
    if (!sender->packets)
        return;
    finish_message(sender, &sender->message[sender->messages - 1].msg_hdr, sender->last_path);
    uint64_t before = sender->left;
    for (unsigned at = 0; at < sender->messages;) {
        sender->counters[UDP_SEND_CALLS]++;
        int taken = sendmmsg(sender->fd, sender->message + at, sender->messages - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken < 0) {
            if (errno == EINTR)
                continue;
            if (!recover(sender, at, errno))
                break;
            taken = 1;
        } else {
            for (int i = 0; i < taken; i++) {
                size_t packets = sender->message[at + (unsigned)i].msg_hdr.msg_iovlen;
                sender->left += packets;
                if (packets > 1)
                    sender->counters[UDP_SEGMENTED] += packets;
            }
        }
        at += (unsigned)taken;
    }
    sender->counters[UDP_SENT] += sender->left - before;
    sender->packets = sender->messages = 0;
    sender->last_path = NULL;
}

bool udp_send(struct udp_sender *sender, const uint8_t *data, size_t size, const struct path *path) {
    if (!udp_can_reach(sender, path)) {
        sender->counters[UDP_SEND_ERRORS]++;
        return false;
    }
    struct sockaddr_in6 address;
    struct udp_control control;
    struct iovec vector = {(void *)data, size};
    struct msghdr header = {.msg_name = &address, .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.data};
    finish_message(sender, &header, path);
    sender->counters[UDP_SEND_CALLS]++;
    if (sendmsg(sender->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        sender->counters[is_busy(errno) ? UDP_SEND_WOULD_BLOCK : UDP_SEND_ERRORS]++;
        return false;
    }
    sender->counters[UDP_SENT]++;
    return true;
}
