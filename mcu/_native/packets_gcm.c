/* libsrtp keeps replay, rollover and packet forms; only the block cipher mode is ours, by the door it has for that.
 *
 * Debian builds libsrtp on NSS, whose sessions, locks and object tables cost more than the ciphering of a packet.
 * The vectors are test cases 4 and 16 of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)".
 */
#include "packets_gcm.h"

#include <openssl/evp.h>
#include <srtp2/cipher.h>
#include <stdlib.h>

enum { KEY_128 = 16, KEY_256 = 32, SALT = 12, IV_SIZE = 12, TAG = 16, SHORT_TAG = 8 }; /* bytes; RFC 7714 section 12 */

struct gcm {
    EVP_CIPHER_CTX *context;
    const EVP_CIPHER *(*mode)(void);
    int tag_size;
    bool encrypting;
};

static const srtp_cipher_type_t gcm_128, gcm_256;

static srtp_err_status_t gcm_dealloc(srtp_cipher_t *cipher) {
    struct gcm *gcm = cipher->state;
    EVP_CIPHER_CTX_free(gcm->context); /* wipes the key */
    free(gcm);
    free(cipher);
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_alloc(srtp_cipher_t **out, int key_size, int tag_size) {
    bool is_128 = key_size == KEY_128 + SALT;
    if ((!is_128 && key_size != KEY_256 + SALT) || (tag_size != TAG && tag_size != SHORT_TAG))
        return srtp_err_status_bad_param;
    srtp_cipher_t *cipher = calloc(1, sizeof *cipher);
    struct gcm *gcm = calloc(1, sizeof *gcm);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!cipher || !gcm || !context) {
        EVP_CIPHER_CTX_free(context);
        free(gcm);
        free(cipher);
        return srtp_err_status_alloc_fail;
    }
    *gcm = (struct gcm){context, is_128 ? EVP_aes_128_gcm : EVP_aes_256_gcm, tag_size, false};
    *cipher = (srtp_cipher_t){is_128 ? &gcm_128 : &gcm_256, gcm, key_size, is_128 ? SRTP_AES_GCM_128 : SRTP_AES_GCM_256};
    *out = cipher;
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_init(void *state, const uint8_t *key) {
    struct gcm *gcm = state;
    return EVP_CipherInit_ex(gcm->context, gcm->mode(), NULL, key, NULL, 1) ? srtp_err_status_ok
                                                                            : srtp_err_status_init_fail;
}

static srtp_err_status_t gcm_set_iv(void *state, uint8_t *iv, srtp_cipher_direction_t direction) {
    struct gcm *gcm = state;
    if (direction != srtp_direction_encrypt && direction != srtp_direction_decrypt)
        return srtp_err_status_bad_param;
    gcm->encrypting = direction == srtp_direction_encrypt;
    return EVP_CipherInit_ex(gcm->context, NULL, NULL, NULL, iv, gcm->encrypting) ? srtp_err_status_ok
                                                                                  : srtp_err_status_init_fail;
}

static srtp_err_status_t gcm_set_aad(void *state, const uint8_t *data, uint32_t size) {
    struct gcm *gcm = state;
    int done;
    return EVP_CipherUpdate(gcm->context, NULL, &done, data, (int)size) ? srtp_err_status_ok
                                                                        : srtp_err_status_algo_fail;
}

static srtp_err_status_t gcm_encrypt(void *state, uint8_t *data, unsigned int *size) {
    struct gcm *gcm = state;
    int done;
    if (!gcm->encrypting)
        return srtp_err_status_bad_param;
    if (*size && !EVP_EncryptUpdate(gcm->context, data, &done, data, (int)*size))
        return srtp_err_status_cipher_fail;
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_get_tag(void *state, uint8_t *tag, uint32_t *size) {
    struct gcm *gcm = state;
    uint8_t rest[TAG];
    int done;
    if (!EVP_EncryptFinal_ex(gcm->context, rest, &done) ||
        !EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_GET_TAG, gcm->tag_size, tag))
        return srtp_err_status_algo_fail;
    *size = (uint32_t)gcm->tag_size;
    return srtp_err_status_ok;
}

/* `size` counts the tag, which stands behind the data, and no longer does afterwards. */
static srtp_err_status_t gcm_decrypt(void *state, uint8_t *data, unsigned int *size) {
    struct gcm *gcm = state;
    uint8_t rest[TAG];
    int done;
    if (gcm->encrypting)
        return srtp_err_status_bad_param;
    if (*size < (unsigned int)gcm->tag_size)
        return srtp_err_status_auth_fail;
    unsigned int text = *size - (unsigned int)gcm->tag_size;
    if (!EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_SET_TAG, gcm->tag_size, data + text) ||
        (text && !EVP_DecryptUpdate(gcm->context, data, &done, data, (int)text)) ||
        EVP_DecryptFinal_ex(gcm->context, rest, &done) <= 0)
        return srtp_err_status_auth_fail;
    *size = text;
    return srtp_err_status_ok;
}

static const uint8_t test_plain[] = {
    0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26, 0x9a, 0x86, 0xa7,
    0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95,
    0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d,
    0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39,
};
static const uint8_t test_associated[] = {
    0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xab, 0xad,
    0xda, 0xd2,
};
static const uint8_t test_sealed_128[] = {
    0x42, 0x83, 0x1e, 0xc2, 0x21, 0x77, 0x74, 0x24, 0x4b, 0x72, 0x21, 0xb7, 0x84, 0xd0, 0xd4, 0x9c, 0xe3, 0xaa,
    0x21, 0x2f, 0x2c, 0x02, 0xa4, 0xe0, 0x35, 0xc1, 0x7e, 0x23, 0x29, 0xac, 0xa1, 0x2e, 0x21, 0xd5, 0x14, 0xb2,
    0x54, 0x66, 0x93, 0x1c, 0x7d, 0x8f, 0x6a, 0x5a, 0xac, 0x84, 0xaa, 0x05, 0x1b, 0xa3, 0x0b, 0x39, 0x6a, 0x0a,
    0xac, 0x97, 0x3d, 0x58, 0xe0, 0x91, 0x5b, 0xc9, 0x4f, 0xbc, 0x32, 0x21, 0xa5, 0xdb, 0x94, 0xfa, 0xe9, 0x5a,
    0xe7, 0x12, 0x1a, 0x47,
};
static const uint8_t test_sealed_256[] = {
    0x52, 0x2d, 0xc1, 0xf0, 0x99, 0x56, 0x7d, 0x07, 0xf4, 0x7f, 0x37, 0xa3, 0x2a, 0x84, 0x42, 0x7d, 0x64, 0x3a,
    0x8c, 0xdc, 0xbf, 0xe5, 0xc0, 0xc9, 0x75, 0x98, 0xa2, 0xbd, 0x25, 0x55, 0xd1, 0xaa, 0x8c, 0xb0, 0x8e, 0x48,
    0x59, 0x0d, 0xbb, 0x3d, 0xa7, 0xb0, 0x8b, 0x10, 0x56, 0x82, 0x88, 0x38, 0xc5, 0xf6, 0x1e, 0x63, 0x93, 0xba,
    0x7a, 0x0a, 0xbc, 0xc9, 0xf6, 0x62, 0x76, 0xfc, 0x6e, 0xce, 0x0f, 0x4e, 0x17, 0x68, 0xcd, 0xdf, 0x88, 0x53,
    0xbb, 0x2d, 0x55, 0x1b,
};
static const uint8_t test_key_256[] = {
    0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08, 0xfe, 0xff,
    0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};
static const uint8_t test_key_128[] = {
    0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};
static uint8_t test_iv[] = {
    0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88,
};

static const srtp_cipher_test_case_t test_128 = {
    sizeof test_key_128, test_key_128,    test_iv,        sizeof test_plain, test_plain, sizeof test_sealed_128,
    test_sealed_128,     sizeof test_associated, test_associated, TAG,               NULL,
};
static const srtp_cipher_test_case_t test_256 = {
    sizeof test_key_256, test_key_256,    test_iv,        sizeof test_plain, test_plain, sizeof test_sealed_256,
    test_sealed_256,     sizeof test_associated, test_associated, TAG,               NULL,
};

static const srtp_cipher_type_t gcm_128 = {
    gcm_alloc,  gcm_dealloc, gcm_init,      gcm_set_aad, gcm_encrypt,      gcm_decrypt,
    gcm_set_iv, gcm_get_tag, "AES-128 GCM", &test_128,   SRTP_AES_GCM_128,
};
static const srtp_cipher_type_t gcm_256 = {
    gcm_alloc,  gcm_dealloc, gcm_init,      gcm_set_aad, gcm_encrypt,      gcm_decrypt,
    gcm_set_iv, gcm_get_tag, "AES-256 GCM", &test_256,   SRTP_AES_GCM_256,
};

bool gcm_install(void) {
    return srtp_replace_cipher_type(&gcm_128, SRTP_AES_GCM_128) == srtp_err_status_ok &&
           srtp_replace_cipher_type(&gcm_256, SRTP_AES_GCM_256) == srtp_err_status_ok;
}
