/* The parts of FFmpeg's interface that avcodec.pyx calls, in the library that PyAV has brought into this process.
 *
 * PyAV's wheels hold libavcodec and libavutil without headers, and Debian's headers are of other versions. Only the
 * heads of two structures are needed. FFmpeg moves fields only with the major versions of both libraries; those for
 * which these are true are named here, and avcodec_load looks whether they are what they should be.
 */
#ifndef MCU_AVCODEC_H
#define MCU_AVCODEC_H

#include <stdint.h>

#define AVCODEC_MAJOR 62
#define AVUTIL_MAJOR 60
#define AVCODEC_ID_VP8 139
#define AVCODEC_AGAIN (-11) /* AVERROR(EAGAIN) */

typedef struct { /* the head of AVPacket */
    void *buf;
    int64_t pts, dts;
    uint8_t *data;
    int size;
} av_packet;

typedef struct { /* the head of AVFrame */
    uint8_t *data[8];
    int linesize[8];
    uint8_t **extended_data;
    int width, height;
    int nb_samples;
    int format; /* 0 is yuv420p, -1 none */
} av_frame;

typedef struct {
    unsigned (*avcodec_version)(void);
    unsigned (*avutil_version)(void);
    const void *(*find_decoder)(int id);
    void *(*alloc_context)(const void *codec);
    void (*free_context)(void **context);
    int (*open)(void *context, const void *codec, void **options);
    int (*send_packet)(void *context, const av_packet *packet);
    int (*receive_frame)(void *context, av_frame *frame);
    av_packet *(*packet_alloc)(void);
    void (*packet_free)(av_packet **packet);
    void (*packet_unref)(av_packet *packet);
    int (*new_packet)(av_packet *packet, int size);
    av_frame *(*frame_alloc)(void);
    void (*frame_free)(av_frame **frame);
    int (*frame_get_buffer)(av_frame *frame, int align);
    int (*dict_set)(void **dictionary, const char *key, const char *value, int flags);
    void (*dict_free)(void **dictionary);
} avcodec_calls;

/* Finds every call in the libraries at these paths, which are loaded already. Returns NULL, or why they cannot be
 * used. */
const char *avcodec_load(avcodec_calls *calls, const char *avcodec, const char *avutil);

#endif
