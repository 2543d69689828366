/* Nonces, indices and replay are ours, the cipher is OpenSSL's. In a running server the layers of libsrtp between the two
 * were three tenths of what protecting a packet cost (docs/decisions/0005).
 */
#include "packets_aead.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "packets_rtp.h"

enum {
    IV_SIZE = 12,
    KEY_MOST = 32,
    RTCP_HEADER = 8,
    WORDS = 2 * REPLAY_WINDOW / 64, /* a ring: what is ahead of the newest is cleared a word at a time */
};
enum { LABEL_RTP_KEY, LABEL_RTP_SALT = 2, LABEL_RTCP_KEY, LABEL_RTCP_SALT = 5 }; /* RFC 3711 section 4.3 */

static const uint64_t INDICES = (uint64_t)1 << 48; /* of RTP under one key, RFC 3711 section 9.2 */
static const uint32_t ENCRYPTED = 0x80000000, RTCP_INDICES = 0x80000000;

struct replay {
    uint64_t newest;
    uint64_t seen[WORDS];
    bool any;
};

struct source {
    struct replay rtp, rtcp; /* received; of what is sent, `rtp.newest` alone */
    uint32_t rtcp_index;     /* of the next that is sent */
};

struct cipher {
    EVP_CIPHER_CTX *context;
    uint8_t salt[AEAD_SALT];
};

struct aead {
    struct cipher rtp, rtcp;
    bool sealing;
    unsigned count, last; /* SSRCs; and the one that was found last */
    uint32_t ssrcs[AEAD_MAX_SOURCES];
    struct source *sources[AEAD_MAX_SOURCES];
};

/* --- keys ------------------------------------------------------------------------------------------- */

/* RFC 3711 section 4.3.3, RFC 7714 section 11: AES in counter mode under the master key; a salt of 96 bits is padded. */
static bool derive(const uint8_t *master, size_t key_size, uint8_t label, uint8_t *out, size_t size) {
    static const uint8_t zeros[KEY_MOST];
    uint8_t iv[16] = {0};
    memcpy(iv, master + key_size, AEAD_SALT);
    iv[7] ^= label;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done;
    bool made = context &&
                EVP_EncryptInit_ex(context, key_size == KEY_MOST ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL, master,
                                   iv) &&
                EVP_EncryptUpdate(context, out, &done, zeros, (int)size);
    EVP_CIPHER_CTX_free(context);
    return made;
}

static bool open_cipher(struct cipher *cipher, const uint8_t *master, size_t key_size, uint8_t label, bool sealing) {
    uint8_t key[KEY_MOST];
    cipher->context = EVP_CIPHER_CTX_new();
    bool opened = cipher->context && derive(master, key_size, label, key, key_size) &&
                  derive(master, key_size, label + LABEL_RTP_SALT, cipher->salt, AEAD_SALT) &&
                  EVP_CipherInit_ex(cipher->context, key_size == KEY_MOST ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), NULL,
                                    key, NULL, sealing);
    explicit_bzero(key, sizeof key);
    return opened;
}

struct aead *aead_open(const uint8_t *master, size_t key_size, bool sealing) {
    struct aead *aead = calloc(1, sizeof *aead);
    if (!aead)
        return NULL;
    aead->sealing = sealing;
    if (open_cipher(&aead->rtp, master, key_size, LABEL_RTP_KEY, sealing) &&
        open_cipher(&aead->rtcp, master, key_size, LABEL_RTCP_KEY, sealing))
        return aead;
    aead_close(aead);
    return NULL;
}

void aead_close(struct aead *aead) {
    if (!aead)
        return;
    EVP_CIPHER_CTX_free(aead->rtp.context); /* wipes the key */
    EVP_CIPHER_CTX_free(aead->rtcp.context);
    for (unsigned i = 0; i < aead->count; i++)
        free(aead->sources[i]);
    explicit_bzero(aead, sizeof *aead);
    free(aead);
}

/* --- sources ---------------------------------------------------------------------------------------- */

static struct source *find(struct aead *aead, uint32_t ssrc) {
    if (aead->last < aead->count && aead->ssrcs[aead->last] == ssrc)
        return aead->sources[aead->last];
    for (unsigned i = 0; i < aead->count; i++)
        if (aead->ssrcs[i] == ssrc) {
            aead->last = i;
            return aead->sources[i];
        }
    return NULL;
}

static struct source *add(struct aead *aead, uint32_t ssrc) {
    struct source *source = aead->count < AEAD_MAX_SOURCES ? calloc(1, sizeof *source) : NULL;
    if (source) {
        aead->ssrcs[aead->count] = ssrc;
        aead->sources[aead->count++] = source;
    }
    return source;
}

/* RFC 3711 section 3.3.1: the index nearest to the newest. Nothing is before the first round. */
static uint64_t index_of(const struct replay *replay, uint16_t sequence) {
    uint64_t round = replay->newest >> 16;
    int ahead = (int)sequence - (int)(replay->newest & 0xffff);
    if (replay->any && ahead > 0x8000 && round > 0)
        round--;
    else if (replay->any && ahead < -0x8000)
        round++;
    return round << 16 | sequence;
}

static bool is_replayed(const struct replay *replay, uint64_t index) {
    if (!replay->any || index > replay->newest)
        return false;
    return replay->newest - index >= REPLAY_WINDOW || (replay->seen[index / 64 % WORDS] >> index % 64 & 1);
}

static void note(struct replay *replay, uint64_t index) {
    if (!replay->any || index > replay->newest) {
        uint64_t words = replay->any ? index / 64 - replay->newest / 64 : WORDS;
        for (uint64_t i = 0; i < words && i < WORDS; i++)
            replay->seen[(index / 64 - i) % WORDS] = 0;
        replay->newest = index;
        replay->any = true;
    }
    replay->seen[index / 64 % WORDS] |= (uint64_t)1 << index % 64;
}

/* --- ciphering -------------------------------------------------------------------------------------- */

/* RFC 7714 sections 8.1 and 9.1: SSRC, then 48 bits of index, on the salt. */
static void make_iv(const struct cipher *cipher, const uint8_t *ssrc, uint64_t index, uint8_t *iv) {
    uint8_t made[IV_SIZE] = {0, 0, ssrc[0], ssrc[1], ssrc[2], ssrc[3]};
    for (int i = 0; i < 6; i++)
        made[6 + i] = (uint8_t)(index >> (40 - 8 * i));
    for (int i = 0; i < IV_SIZE; i++)
        iv[i] = made[i] ^ cipher->salt[i];
}

static bool begin(const struct cipher *cipher, const uint8_t *ssrc, uint64_t index, bool sealing, const uint8_t *header,
                  size_t header_size) {
    uint8_t iv[IV_SIZE];
    int done;
    make_iv(cipher, ssrc, index, iv);
    return EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, sealing) &&
           EVP_CipherUpdate(cipher->context, NULL, &done, header, (int)header_size);
}

/* The tag goes behind the text. */
static bool encrypt(const struct cipher *cipher, uint8_t *text, size_t size) {
    uint8_t rest[AEAD_TAG];
    int done;
    return (!size || EVP_EncryptUpdate(cipher->context, text, &done, text, (int)size)) &&
           EVP_EncryptFinal_ex(cipher->context, rest, &done) &&
           EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, text + size);
}

static bool decrypt(const struct cipher *cipher, uint8_t *text, size_t size) {
    uint8_t rest[AEAD_TAG];
    int done;
    return EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, text + size) &&
           (!size || EVP_DecryptUpdate(cipher->context, text, &done, text, (int)size)) &&
           EVP_DecryptFinal_ex(cipher->context, rest, &done) > 0;
}

bool aead_seal_rtp(struct aead *aead, uint8_t *data, size_t header, size_t *size) {
    uint32_t ssrc = read_u32(data + 8);
    struct source *source = find(aead, ssrc);
    if (!source && !(source = add(aead, ssrc)))
        return false;
    uint64_t index = index_of(&source->rtp, read_u16(data + 2));
    if (index >= INDICES || !begin(&aead->rtp, data + 8, index, true, data, header) ||
        !encrypt(&aead->rtp, data + header, *size - header))
        return false;
    if (!source->rtp.any || index > source->rtp.newest)
        source->rtp.newest = index;
    source->rtp.any = true;
    *size += AEAD_TAG;
    return true;
}

/* RFC 7714 section 9.2: header and last word are associated data, the rest is encrypted, the tag is before the word. */
static bool begin_rtcp(const struct cipher *cipher, const uint8_t *data, uint32_t word, bool sealing) {
    uint8_t associated[RTCP_HEADER + AEAD_WORD];
    memcpy(associated, data, RTCP_HEADER);
    write_u32(associated + RTCP_HEADER, word);
    return begin(cipher, data + 4, word & ~ENCRYPTED, sealing, associated, sizeof associated);
}

bool aead_seal_rtcp(struct aead *aead, uint8_t *data, size_t *size) {
    uint32_t ssrc = read_u32(data + 4);
    struct source *source = find(aead, ssrc);
    if (!source && !(source = add(aead, ssrc)))
        return false;
    if (source->rtcp_index == RTCP_INDICES) /* RFC 3711 section 9.2: a nonce is used once */
        return false;
    uint32_t word = ENCRYPTED | source->rtcp_index++;
    if (!begin_rtcp(&aead->rtcp, data, word, true) || !encrypt(&aead->rtcp, data + RTCP_HEADER, *size - RTCP_HEADER))
        return false;
    write_u32(data + *size + AEAD_TAG, word);
    *size += AEAD_TAG + AEAD_WORD;
    return true;
}

enum aead_result aead_unseal_rtp(struct aead *aead, uint8_t *data, size_t header, size_t *size) {
    static const struct replay fresh;
    uint32_t ssrc = read_u32(data + 8);
    struct source *source = find(aead, ssrc);
    const struct replay *replay = source ? &source->rtp : &fresh;
    if (*size < header + AEAD_TAG)
        return AEAD_FORGED;
    uint64_t index = index_of(replay, read_u16(data + 2));
    if (is_replayed(replay, index))
        return AEAD_REPLAYED;
    if (index >= INDICES || !begin(&aead->rtp, data + 8, index, false, data, header) ||
        !decrypt(&aead->rtp, data + header, *size - header - AEAD_TAG))
        return AEAD_FORGED;
    if (!source && !(source = add(aead, ssrc))) /* only now: who has not the key adds nothing */
        return AEAD_FORGED;
    note(&source->rtp, index);
    *size -= AEAD_TAG;
    return AEAD_OK;
}

enum aead_result aead_unseal_rtcp(struct aead *aead, uint8_t *data, size_t *size) {
    static const struct replay fresh;
    if (*size < RTCP_HEADER + AEAD_TAG + AEAD_WORD)
        return AEAD_FORGED;
    uint32_t ssrc = read_u32(data + 4), word = read_u32(data + *size - AEAD_WORD);
    struct source *source = find(aead, ssrc);
    size_t text = *size - RTCP_HEADER - AEAD_TAG - AEAD_WORD;
    if (!(word & ENCRYPTED)) /* nobody sends it in the clear with AES-GCM agreed on */
        return AEAD_FORGED;
    if (is_replayed(source ? &source->rtcp : &fresh, word & ~ENCRYPTED))
        return AEAD_REPLAYED;
    if (!begin_rtcp(&aead->rtcp, data, word, false) || !decrypt(&aead->rtcp, data + RTCP_HEADER, text))
        return AEAD_FORGED;
    if (!source && !(source = add(aead, ssrc)))
        return AEAD_FORGED;
    note(&source->rtcp, word & ~ENCRYPTED);
    *size = RTCP_HEADER + text;
    return AEAD_OK;
}
