/* Reading and writing RTP headers. Every index is compared with the end of its range before it is used. */
#include "packets_rtp.h"

#include <string.h>

enum {
    ONE_BYTE_PROFILE = 0xBEDE, /* RFC 8285 section 4.2 */
    TWO_BYTE_PROFILE = 0x1000, /* RFC 8285 section 4.3; the low four bits are free */
    ONE_BYTE_STOP = 15,        /* RFC 8285 section 4.2: an id that ends the parsing */
};

void rtp_clear_values(struct rtp_values *values) {
    memset(values, 0, sizeof *values);
    values->transport_sequence = -1;
    values->absolute_send_time = -1;
    values->audio_level = -1;
    values->orientation = -1;
}

/* RFC 8843 makes a mid a token; anything else could not match one and is treated as absent. */
static bool is_token(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (data[i] <= 0x20 || data[i] >= 0x7f)
            return false;
    return true;
}

/* One element. A known one with a length it cannot have is ignored, as RFC 8285 section 4.1 wants of unknown ones. */
static void read_element(struct rtp_values *values, uint8_t kind, const uint8_t *data, size_t size) {
    switch (kind) {
    case RTP_EXTENSION_AUDIO_LEVEL: /* RFC 6464 section 3 */
        if (size >= 1) {
            values->voice = data[0] >> 7;
            values->audio_level = data[0] & 0x7f;
        }
        break;
    case RTP_EXTENSION_MID:
        if (size >= 1 && size <= RTP_MAX_MID && is_token(data, size)) {
            values->mid_size = (uint8_t)size;
            memcpy(values->mid, data, size);
        }
        break;
    case RTP_EXTENSION_ORIENTATION: /* 3GPP TS 26.114 clause 7.4.5: the two low bits count quarter turns */
        if (size >= 1)
            values->orientation = (int16_t)((data[0] & 3) * 90);
        break;
    case RTP_EXTENSION_ABSOLUTE_SEND_TIME:
        if (size == 3)
            values->absolute_send_time = data[0] << 16 | data[1] << 8 | data[2];
        break;
    case RTP_EXTENSION_TRANSPORT_SEQUENCE: /* version 2 of the draft appends two bytes */
        if (size >= 2)
            values->transport_sequence = read_u16(data);
        break;
    default:
        break;
    }
}

static bool read_one_byte(const uint8_t *data, size_t size, const struct rtp_received_ids *ids,
                          struct rtp_values *values) {
    for (size_t at = 0; at < size;) {
        uint8_t id = data[at] >> 4;
        size_t length = (size_t)(data[at] & 0x0f) + 1;
        at++;
        if (id == 0)
            continue; /* padding */
        if (id == ONE_BYTE_STOP)
            return true;
        if (length > size - at)
            return false;
        read_element(values, ids->kind[id], data + at, length);
        at += length;
    }
    return true;
}

static bool read_two_byte(const uint8_t *data, size_t size, const struct rtp_received_ids *ids,
                          struct rtp_values *values) {
    for (size_t at = 0; at < size;) {
        uint8_t id = data[at++];
        if (id == 0)
            continue; /* padding */
        if (at == size)
            return false;
        size_t length = data[at++];
        if (length > size - at)
            return false;
        read_element(values, ids->kind[id], data + at, length);
        at += length;
    }
    return true;
}

bool rtp_parse(const uint8_t *data, size_t size, const struct rtp_received_ids *ids, struct rtp_header *header,
               const uint8_t **payload, size_t *payload_size) {
    if (size < RTP_FIXED_HEADER || data[0] >> 6 != 2)
        return false;
    header->marker = data[1] >> 7;
    header->payload_type = data[1] & 0x7f;
    header->sequence_number = read_u16(data + 2);
    header->timestamp = read_u32(data + 4);
    header->ssrc = read_u32(data + 8);
    rtp_clear_values(&header->values);

    size_t at = RTP_FIXED_HEADER + 4 * (size_t)(data[0] & 0x0f); /* contributing sources */
    if (at > size)
        return false;
    if (data[0] & 0x10) {
        if (size - at < 4)
            return false;
        uint16_t profile = read_u16(data + at);
        size_t length = 4 * (size_t)read_u16(data + at + 2);
        at += 4;
        if (length > size - at)
            return false;
        bool whole = true;
        if (profile == ONE_BYTE_PROFILE)
            whole = read_one_byte(data + at, length, ids, &header->values);
        else if ((profile & 0xfff0) == TWO_BYTE_PROFILE)
            whole = read_two_byte(data + at, length, ids, &header->values);
        if (!whole)
            return false;
        at += length;
    }
    size_t end = size;
    if (data[0] & 0x20) {
        if (at == size || data[size - 1] == 0 || data[size - 1] > size - at)
            return false;
        end -= data[size - 1];
    }
    *payload = data + at;
    *payload_size = end - at;
    return true;
}

/* Starts an element and says where its data goes. */
static uint8_t *element(uint8_t **at, uint8_t id, size_t size) {
    uint8_t *data = *at + 1;
    **at = (uint8_t)(id << 4 | (size - 1));
    *at = data + size;
    return data;
}

static uint8_t *write_elements(uint8_t *at, const struct rtp_values *values, const uint8_t *id) {
    if (id[RTP_EXTENSION_MID] && values->mid_size)
        memcpy(element(&at, id[RTP_EXTENSION_MID], values->mid_size), values->mid, values->mid_size);
    if (id[RTP_EXTENSION_TRANSPORT_SEQUENCE] && values->transport_sequence >= 0)
        write_u16(element(&at, id[RTP_EXTENSION_TRANSPORT_SEQUENCE], 2), (uint16_t)values->transport_sequence);
    if (id[RTP_EXTENSION_ABSOLUTE_SEND_TIME] && values->absolute_send_time >= 0) {
        uint8_t *data = element(&at, id[RTP_EXTENSION_ABSOLUTE_SEND_TIME], 3);
        data[0] = (uint8_t)(values->absolute_send_time >> 16);
        write_u16(data + 1, (uint16_t)values->absolute_send_time);
    }
    if (id[RTP_EXTENSION_AUDIO_LEVEL] && values->audio_level >= 0)
        *element(&at, id[RTP_EXTENSION_AUDIO_LEVEL], 1) = (uint8_t)(values->voice << 7 | (values->audio_level & 0x7f));
    if (id[RTP_EXTENSION_ORIENTATION] && values->orientation >= 0)
        *element(&at, id[RTP_EXTENSION_ORIENTATION], 1) = (uint8_t)(values->orientation / 90 & 3);
    return at;
}

size_t rtp_write_header(uint8_t *out, const struct rtp_header *header, const struct rtp_sent_ids *ids) {
    out[0] = 0x80;
    out[1] = (uint8_t)(header->marker << 7 | (header->payload_type & 0x7f));
    write_u16(out + 2, header->sequence_number);
    write_u32(out + 4, header->timestamp);
    write_u32(out + 8, header->ssrc);

    uint8_t *elements = out + RTP_FIXED_HEADER + 4;
    uint8_t *end = write_elements(elements, &header->values, ids->id);
    if (end == elements)
        return RTP_FIXED_HEADER;
    while ((end - elements) % 4)
        *end++ = 0;
    out[0] |= 0x10;
    write_u16(out + RTP_FIXED_HEADER, ONE_BYTE_PROFILE);
    write_u16(out + RTP_FIXED_HEADER + 2, (uint16_t)((end - elements) / 4));
    return (size_t)(end - out);
}
