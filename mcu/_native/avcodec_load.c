/* See avcodec.h. */
#include "avcodec.h"

#include <dlfcn.h>
#include <stddef.h>

static int find(void *library, const char *name, void *call) {
    return (*(void **)call = dlsym(library, name)) != NULL;
}

/* Whether the heads are where they are expected: what the library fills in is found there, and what is written there
 * is understood by the library. */
static int laid_out(const avcodec_calls *calls) {
    int fits = 0;
    av_packet *packet = calls->packet_alloc();
    av_frame *frame = calls->frame_alloc();
    if (packet != NULL && frame != NULL && packet->data == NULL && packet->size == 0 && frame->format == -1 &&
        frame->width == 0 && calls->new_packet(packet, 4321) == 0) {
        frame->width = 322;
        frame->height = 182;
        frame->format = 0;
        fits = packet->size == 4321 && packet->data != NULL && packet->buf != NULL &&
               calls->frame_get_buffer(frame, 0) == 0 && frame->extended_data == frame->data &&
               frame->data[0] != NULL && frame->data[1] != NULL && frame->data[2] != NULL && frame->data[3] == NULL &&
               frame->linesize[0] >= 322 && frame->linesize[1] >= 161 && frame->linesize[2] >= 161 &&
               frame->linesize[3] == 0;
    }
    if (frame != NULL)
        calls->frame_free(&frame);
    if (packet != NULL)
        calls->packet_free(&packet);
    return fits;
}

const char *avcodec_load(avcodec_calls *calls, const char *avcodec, const char *avutil) {
    void *codecs = dlopen(avcodec, RTLD_LAZY | RTLD_NOLOAD), *tools = dlopen(avutil, RTLD_LAZY | RTLD_NOLOAD);
    if (codecs == NULL || tools == NULL)
        return "PyAV's libraries are not where it has loaded them from";
    if (!find(codecs, "avcodec_version", &calls->avcodec_version) ||
        !find(tools, "avutil_version", &calls->avutil_version))
        return "PyAV's libraries do not say their versions";
    if (calls->avcodec_version() >> 16 != AVCODEC_MAJOR || calls->avutil_version() >> 16 != AVUTIL_MAJOR)
        return "PyAV's libraries have other major versions";
    if (!find(codecs, "avcodec_find_decoder", &calls->find_decoder) ||
        !find(codecs, "avcodec_alloc_context3", &calls->alloc_context) ||
        !find(codecs, "avcodec_free_context", &calls->free_context) || !find(codecs, "avcodec_open2", &calls->open) ||
        !find(codecs, "avcodec_send_packet", &calls->send_packet) ||
        !find(codecs, "avcodec_receive_frame", &calls->receive_frame) ||
        !find(codecs, "av_packet_alloc", &calls->packet_alloc) ||
        !find(codecs, "av_packet_free", &calls->packet_free) ||
        !find(codecs, "av_packet_unref", &calls->packet_unref) ||
        !find(codecs, "av_new_packet", &calls->new_packet) || !find(tools, "av_frame_alloc", &calls->frame_alloc) ||
        !find(tools, "av_frame_free", &calls->frame_free) ||
        !find(tools, "av_frame_get_buffer", &calls->frame_get_buffer) ||
        !find(tools, "av_dict_set", &calls->dict_set) || !find(tools, "av_dict_free", &calls->dict_free))
        return "PyAV's libraries lack a function";
    if (!laid_out(calls))
        return "PyAV's libraries have other structures";
    return NULL;
}
