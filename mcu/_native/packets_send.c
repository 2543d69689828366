/* From payloads to datagrams, without Python. */
#include "packets_send.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const double REPEAT_INTERVAL = 0.020; /* s; a NACK sent before the last repeat can have arrived asks in vain */
static const double MAX_REPAIR_CREDIT = 131072; /* bytes: a large keyframe lost as a whole can be repeated at once */

bool send_stream_open(struct send_stream *stream, unsigned history_size) {
    uint32_t start[3];
    if (getrandom(start, sizeof start, 0) != sizeof start)
        return false;
    stream->timestamp_offset = stream->last_timestamp = start[0];
    stream->sequence_number = start[1] & 0x7fff; /* RFC 3711 section 3.3.1: no rollover among the first packets */
    stream->rtx_sequence_number = start[2] & 0x7fff;
    stream->history_size = history_size;
    if (history_size)
        stream->history = calloc(history_size, sizeof *stream->history);
    return !history_size || stream->history;
}

void send_stream_close(struct send_stream *stream) {
    for (unsigned i = 0; stream->history && i < stream->history_size; i++)
        payload_release(stream->history[i].kept);
    free(stream->history);
    stream->history = NULL;
}

void payload_release(struct kept_payload *kept) {
    if (kept && --kept->users == 0)
        free(kept);
}

static struct kept_payload *keep(struct payload *payload) {
    if (!payload->kept) {
        payload->kept = malloc(sizeof *payload->kept + payload->size);
        if (!payload->kept)
            return NULL;
        payload->kept->users = 1; /* the caller's, until the fan-out is done */
        payload->kept->size = (uint32_t)payload->size;
        memcpy(payload->kept->data, payload->data, payload->size);
    }
    payload->kept->users++;
    return payload->kept;
}

static void remember(struct send_stream *stream, struct payload *payload, uint16_t sequence_number,
                     const uint8_t *header, size_t header_size) {
    if (!stream->history_size)
        return;
    struct history_slot *slot = &stream->history[sequence_number % stream->history_size];
    payload_release(slot->kept);
    slot->kept = keep(payload);
    slot->repeated = -1;
    slot->sequence_number = sequence_number;
    slot->header_size = (uint8_t)header_size;
    memcpy(slot->header, header, header_size);
}

static void set_values(const struct send_stream *stream, double now, struct rtp_values *values) {
    rtp_clear_values(values);
    values->transport_sequence = stream->transport->transport_sequence;
    values->absolute_send_time = (int32_t)((uint64_t)(now * 262144.0) & 0xffffff); /* 6.18 fixed point seconds */
    values->mid_size = stream->mid_size;
    memcpy(values->mid, stream->mid, stream->mid_size);
}

/* Protects what stands in `out` and does the transport's accounts. */
static size_t seal(struct transport *transport, uint8_t *out, size_t size, double now) {
    uint16_t sequence = transport->transport_sequence;
    if (transport->sent_ids.id[RTP_EXTENSION_TRANSPORT_SEQUENCE])
        transport->transport_sequence++;
    if (!transport_protect(transport, out, &size, false)) {
        transport->counters[TRANSPORT_SEND_FAILURES]++;
        return 0;
    }
    if (transport->sent_ids.id[RTP_EXTENSION_TRANSPORT_SEQUENCE])
        transport_note_sent(transport, sequence, now, size);
    transport->counters[TRANSPORT_SENT]++;
    transport->counters[TRANSPORT_SENT_OCTETS] += size;
    return size;
}

size_t send_stream_build(struct send_stream *stream, struct payload *payload, const struct departure *departure,
                         bool marker, uint8_t *out) {
    struct rtp_header header = {
        .timestamp = departure->timestamp + stream->timestamp_offset,
        .ssrc = stream->ssrc,
        .sequence_number = stream->sequence_number,
        .payload_type = stream->payload_type,
        .marker = marker,
    };
    set_values(stream, departure->now, &header.values);
    header.values.audio_level = departure->audio_level;
    header.values.voice = departure->voice;
    size_t header_size = rtp_write_header(out, &header, &stream->transport->sent_ids);
    memcpy(out + header_size, payload->data, payload->size);
    remember(stream, payload, header.sequence_number, out, header_size);

    stream->sequence_number++;
    stream->last_timestamp = header.timestamp;
    stream->last_sent = departure->now;
    stream->packets++;
    stream->octets += payload->size;
    stream->repair_credit += (double)payload->size;
    if (stream->repair_credit > MAX_REPAIR_CREDIT)
        stream->repair_credit = MAX_REPAIR_CREDIT;
    return seal(stream->transport, out, header_size + payload->size, departure->now);
}

/* RFC 4588 section 4: the original sequence number, then the original payload, on the other SSRC. */
static size_t write_rtx(struct send_stream *stream, const struct history_slot *slot, double now, uint8_t *out) {
    struct rtp_header header = {
        .timestamp = read_u32(slot->header + 4),
        .ssrc = stream->rtx_ssrc,
        .sequence_number = stream->rtx_sequence_number++,
        .payload_type = stream->rtx_payload_type,
        .marker = slot->header[1] >> 7,
    };
    set_values(stream, now, &header.values);
    size_t size = rtp_write_header(out, &header, &stream->transport->sent_ids);
    write_u16(out + size, slot->sequence_number);
    memcpy(out + size + 2, slot->kept->data, slot->kept->size);
    stream->rtx_octets += slot->kept->size + 2;
    return size + 2 + slot->kept->size;
}

/* The same bytes once more: under the same key and index anything else would give away key material. */
static size_t write_again(const struct history_slot *slot, uint8_t *out) {
    memcpy(out, slot->header, slot->header_size);
    memcpy(out + slot->header_size, slot->kept->data, slot->kept->size);
    return (size_t)slot->header_size + slot->kept->size;
}

size_t send_stream_repeat(struct send_stream *stream, uint16_t sequence_number, double now, uint8_t *out) {
    struct transport *transport = stream->transport;
    struct history_slot *slot =
        stream->history_size ? &stream->history[sequence_number % stream->history_size] : NULL;
    if (!slot || !slot->kept || slot->sequence_number != sequence_number ||
        (slot->repeated >= 0 && now - slot->repeated < REPEAT_INTERVAL) || slot->kept->size > stream->repair_credit) {
        transport->counters[TRANSPORT_REPEATS_REFUSED]++;
        return 0;
    }
    slot->repeated = now;
    stream->repair_credit -= slot->kept->size;
    size_t size;
    if (stream->rtx_ssrc) {
        size = seal(transport, out, write_rtx(stream, slot, now, out), now);
    } else {
        size = write_again(slot, out);
        if (!transport_protect(transport, out, &size, false)) {
            transport->counters[TRANSPORT_SEND_FAILURES]++;
            return 0;
        }
        transport->counters[TRANSPORT_SENT]++;
        transport->counters[TRANSPORT_SENT_OCTETS] += size;
    }
    if (size) {
        stream->resent++;
        transport->counters[TRANSPORT_RESENT]++;
    }
    return size;
}

static void queue(struct transport *transport, size_t size) {
    if (size)
        udp_queue(transport->sender, size, &transport->path, &transport->counters[TRANSPORT_SEND_FAILURES]);
}

/* What was queued at a sender and has not been flushed. */
struct batch {
    struct udp_sender *sender;
    uint64_t before, sent;
};

static uint64_t settle(struct batch *batch) {
    if (batch->sender) {
        udp_flush(batch->sender);
        batch->sent += batch->sender->left - batch->before;
    }
    return batch->sent;
}

static void fan_out(struct batch *batch, struct send_stream **streams, size_t stream_count, struct payload *payloads,
                    size_t payload_count, const struct departure *departure) {
    for (size_t s = 0; s < stream_count; s++) {
        struct send_stream *stream = streams[s];
        struct udp_sender *sender = stream->transport->sender;
        if (!sender)
            continue;
        if (sender != batch->sender) {
            settle(batch);
            batch->sender = sender;
            batch->before = sender->left;
        }
        for (size_t p = 0; p < payload_count; p++) {
            bool marker = departure->marker_last && p + 1 == payload_count;
            queue(stream->transport, send_stream_build(stream, &payloads[p], departure, marker, udp_slot(sender)));
        }
    }
}

uint64_t send_fan_out(struct send_stream **streams, size_t stream_count, struct payload *payloads,
                      size_t payload_count, const struct departure *departure) {
    struct batch batch = {0};
    fan_out(&batch, streams, stream_count, payloads, payload_count, departure);
    return settle(&batch);
}

uint64_t send_each(struct sending *sendings, size_t count) {
    struct batch batch = {0};
    for (size_t i = 0; i < count; i++) {
        struct sending *each = &sendings[i];
        fan_out(&batch, each->streams, each->stream_count, &each->payload, 1, &each->departure);
    }
    return settle(&batch);
}

uint64_t send_repeats(struct send_stream *stream, const uint16_t *sequence_numbers, size_t count, double now) {
    struct udp_sender *sender = stream->transport->sender;
    uint64_t before = sender->left;
    for (size_t i = 0; i < count; i++)
        queue(stream->transport, send_stream_repeat(stream, sequence_numbers[i], now, udp_slot(sender)));
    udp_flush(sender);
    return sender->left - before;
}
