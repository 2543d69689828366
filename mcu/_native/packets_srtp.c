/* SRTP behind bounds: nothing malformed reaches it, and a peer cannot make it keep more than TRANSPORT_MAX_SSRCS. AES-GCM
 * is packets_aead.c, SHA1-80, for who does not offer it, libsrtp.
 */
#include "packets_srtp.h"

#include <stdlib.h>
#include <string.h>

const char *const transport_counter_names[TRANSPORT_COUNTERS] = {
    [TRANSPORT_RECEIVED] = "received",
    [TRANSPORT_RECEIVED_OCTETS] = "received_octets",
    [TRANSPORT_SENT] = "sent",
    [TRANSPORT_SENT_OCTETS] = "sent_octets",
    [TRANSPORT_RESENT] = "resent",
    [TRANSPORT_REPEATS_REFUSED] = "repeats_refused",
    [TRANSPORT_MALFORMED] = "malformed",
    [TRANSPORT_SRTP_FAILURES] = "srtp_failures",
    [TRANSPORT_REPLAYED] = "replayed",
    [TRANSPORT_TOO_MANY_SSRCS] = "too_many_ssrcs",
    [TRANSPORT_SENT_NOWHERE] = "sent_nowhere",
    [TRANSPORT_SEND_FAILURES] = "send_failures",
};

static const struct {
    const char *name;
    size_t key_size; /* bytes, without the salt */
    size_t salt_size;
} suites[SUITES] = {
    [SUITE_PLAIN] = {"", 0, 0},
    [SUITE_GCM_128] = {"AEAD_AES_128_GCM", 16, AEAD_SALT},
    [SUITE_GCM_256] = {"AEAD_AES_256_GCM", 32, AEAD_SALT},
    [SUITE_SHA1_80] = {"AES_CM_128_HMAC_SHA1_80", 16, 14},
};

bool srtp_suite_known(const char *name, enum srtp_suite *suite) {
    for (int i = 0; i < SUITES; i++)
        if (!strcmp(name, suites[i].name)) {
            *suite = (enum srtp_suite)i;
            return true;
        }
    return false;
}

size_t srtp_suite_key_size(enum srtp_suite suite) { return suites[suite].key_size + suites[suite].salt_size; }

static bool open_session(srtp_t *session, srtp_ssrc_type_t direction, const uint8_t *key) {
    uint8_t copy[64];
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    memcpy(copy, key, srtp_suite_key_size(SUITE_SHA1_80));
    srtp_crypto_policy_set_rtp_default(&policy.rtp);
    srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    policy.ssrc.type = direction;
    policy.key = copy;
    policy.window_size = REPLAY_WINDOW;
    policy.allow_repeat_tx = 1; /* repairs without RTX are the same bytes again, see send_stream_repeat */
    bool opened = srtp_create(session, &policy) == srtp_err_status_ok;
    explicit_bzero(copy, sizeof copy);
    return opened;
}

bool transport_open(struct transport *transport, enum srtp_suite suite, const uint8_t *receive_key,
                    const uint8_t *send_key) {
    memset(transport, 0, sizeof *transport);
    if (suite == SUITE_PLAIN)
        return true;
    if (suite == SUITE_SHA1_80)
        return open_session(&transport->receive, ssrc_any_inbound, receive_key) &&
               open_session(&transport->send, ssrc_any_outbound, send_key);
    transport->unsealing = aead_open(receive_key, suites[suite].key_size, false);
    transport->sealing = aead_open(send_key, suites[suite].key_size, true);
    return transport->unsealing && transport->sealing;
}

void transport_close(struct transport *transport) {
    aead_close(transport->unsealing);
    aead_close(transport->sealing);
    if (transport->receive)
        srtp_dealloc(transport->receive);
    if (transport->send)
        srtp_dealloc(transport->send);
    free(transport->sent_records);
    transport->unsealing = transport->sealing = NULL;
    transport->receive = transport->send = NULL;
    transport->sent_records = NULL;
}

static bool knows_ssrc(const struct transport *transport, uint32_t ssrc) {
    for (unsigned i = 0; i < transport->ssrc_count; i++)
        if (transport->ssrcs[i] == ssrc)
            return true;
    return false;
}

static int count(struct transport *transport, enum transport_counter counter) {
    transport->counters[counter]++;
    return (int)counter;
}

/* Size of the header with its extension, 0 when it does not end inside of the packet: nobody below looks again. */
static size_t whole_header(const uint8_t *data, size_t size, bool rtcp) {
    if (size < (rtcp ? 8 : RTP_FIXED_HEADER) || data[0] >> 6 != 2)
        return 0;
    if (rtcp)
        return 8;
    size_t header = RTP_FIXED_HEADER + 4 * (size_t)(data[0] & 0x0f);
    if (data[0] & 0x10) {
        if (size < header + 4)
            return 0;
        header += 4 + 4 * (size_t)read_u16(data + header + 2);
    }
    return header <= size ? header : 0;
}

/* Returns the counter that says why it failed, or -1. */
static int unprotect(struct transport *transport, uint8_t *data, size_t header, size_t *size, bool rtcp) {
    if (transport->unsealing) {
        enum aead_result result = rtcp ? aead_unseal_rtcp(transport->unsealing, data, size)
                                       : aead_unseal_rtp(transport->unsealing, data, header, size);
        return result == AEAD_OK ? -1 : result == AEAD_REPLAYED ? TRANSPORT_REPLAYED : TRANSPORT_SRTP_FAILURES;
    }
    if (!transport->receive)
        return -1;
    int length = (int)*size;
    srtp_err_status_t status = rtcp ? srtp_unprotect_rtcp(transport->receive, data, &length)
                                    : srtp_unprotect(transport->receive, data, &length);
    if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old)
        return TRANSPORT_REPLAYED;
    if (status != srtp_err_status_ok || length < 0 || (size_t)length > *size)
        return TRANSPORT_SRTP_FAILURES;
    *size = (size_t)length;
    return -1;
}

int transport_unprotect(struct transport *transport, uint8_t *data, size_t *size) {
    bool rtcp = *size >= 2 && is_rtcp(data);
    size_t before = *size, header = whole_header(data, before, rtcp);
    if (!header)
        return count(transport, TRANSPORT_MALFORMED);
    uint32_t ssrc = read_u32(data + (rtcp ? 4 : 8));
    bool known = knows_ssrc(transport, ssrc);
    if (!known && transport->ssrc_count == TRANSPORT_MAX_SSRCS)
        return count(transport, TRANSPORT_TOO_MANY_SSRCS);
    int failed = unprotect(transport, data, header, size, rtcp);
    if (failed >= 0)
        return count(transport, (enum transport_counter)failed);
    if (!known) /* only now: who has not the key cannot fill the table */
        transport->ssrcs[transport->ssrc_count++] = ssrc;
    transport->counters[TRANSPORT_RECEIVED]++;
    transport->counters[TRANSPORT_RECEIVED_OCTETS] += before;
    return -1;
}

bool transport_protect(struct transport *transport, uint8_t *data, size_t *size, bool rtcp) {
    if (transport->sealing) {
        size_t header = whole_header(data, *size, rtcp);
        if (!header)
            return false;
        return rtcp ? aead_seal_rtcp(transport->sealing, data, size)
                    : aead_seal_rtp(transport->sealing, data, header, size);
    }
    if (!transport->send)
        return true;
    int length = (int)*size;
    srtp_err_status_t status = rtcp ? srtp_protect_rtcp(transport->send, data, &length)
                                    : srtp_protect(transport->send, data, &length);
    if (status != srtp_err_status_ok)
        return false;
    *size = (size_t)length;
    return true;
}

bool transport_record_sent(struct transport *transport) {
    if (!transport->sent_records)
        transport->sent_records = calloc(TRANSPORT_SENT_RECORDS, sizeof *transport->sent_records);
    return transport->sent_records != NULL;
}

void transport_note_sent(struct transport *transport, uint16_t sequence, double now, size_t size) {
    if (!transport->sent_records)
        return;
    transport->sent_records[sequence % TRANSPORT_SENT_RECORDS] =
        (struct sent_record){.time = now, .size = (uint32_t)size, .sequence = sequence, .used = true};
}

uint32_t transport_find_sent(const struct transport *transport, uint16_t sequence, double *time) {
    if (!transport->sent_records)
        return 0;
    const struct sent_record *record = &transport->sent_records[sequence % TRANSPORT_SENT_RECORDS];
    if (!record->used || record->sequence != sequence)
        return 0;
    *time = record->time;
    return record->size;
}
