# cython: language_level=3, boundscheck=False, wraparound=False
"""libopus, bound directly: what is needed of it and nothing else. Mono, 48 kHz, float32.

Rules:
1. A packet that libopus refuses raises OpusError; the decoder stays usable.
2. The interpreter lock is released while libopus works. An object is used by one thread at a time.
"""

from libc.stdint cimport int32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cimport numpy as cnp

from mcu.errors import ProtocolError

cnp.import_array()

cdef extern from "opus.h" nogil:
    ctypedef struct CDecoder "OpusDecoder":
        pass
    ctypedef struct CEncoder "OpusEncoder":
        pass
    const int OPUS_OK
    const int OPUS_APPLICATION_AUDIO
    const int OPUS_RESET_STATE
    const int OPUS_SIGNAL_MUSIC
    const int OPUS_SIGNAL_VOICE
    const char *opus_get_version_string()
    const char *opus_strerror(int error)
    int opus_decoder_get_size(int channels)
    int opus_decoder_init(CDecoder *decoder, int32_t rate, int channels)
    int opus_decode_float(
        CDecoder *decoder, const unsigned char *data, int32_t size, float *pcm, int frame_size, int fec
    )
    int opus_decoder_ctl(CDecoder *decoder, int request)
    int opus_encoder_get_size(int channels)
    int opus_encoder_init(CEncoder *encoder, int32_t rate, int channels, int application)
    int opus_encode_float(CEncoder *encoder, const float *pcm, int frame_size, unsigned char *data, int32_t size)
    int opus_encoder_ctl(CEncoder *encoder, int request, ...)
    int opus_packet_get_nb_samples(const unsigned char *packet, int32_t size, int32_t rate)
    int opus_packet_get_samples_per_frame(const unsigned char *packet, int32_t rate)
    int opus_packet_get_nb_channels(const unsigned char *packet)
    int opus_packet_parse(
        const unsigned char *data, int32_t size, unsigned char *toc, const unsigned char **frames, short *sizes,
        int *offset
    )
    int set_bitrate "OPUS_SET_BITRATE_REQUEST"
    int set_complexity "OPUS_SET_COMPLEXITY_REQUEST"
    int set_fec "OPUS_SET_INBAND_FEC_REQUEST"
    int set_loss "OPUS_SET_PACKET_LOSS_PERC_REQUEST"
    int set_signal "OPUS_SET_SIGNAL_REQUEST"
    int get_lookahead "OPUS_GET_LOOKAHEAD_REQUEST"

cdef enum:
    RATE = 48000
    MAX_FRAME = 5760  # 120 ms, the longest packet (RFC 6716 section 3.2)
    MAX_FRAMES = 48  # frames of 2.5 ms in such a packet
    MAX_PACKET = 1275  # bytes of one frame (RFC 6716 section 3.4)
    LOSS_FOR_FEC = 3  # percent; below, copies cost more quality than they save
    LEAST_FEC_LOSS = 10  # percent told to libopus with FEC: at 32 kbit/s it makes no copies below 8

VERSION = opus_get_version_string().decode()


class OpusError(ProtocolError):
    """libopus refused a packet."""


cdef int check(int result) except? -1:
    if result < 0:
        raise OpusError((<bytes> opus_strerror(result)).decode())
    return result


def packet_samples(bytes packet):
    """How many samples at 48 kHz `packet` holds, from its first bytes. Raises OpusError."""
    cdef int samples = check(opus_packet_get_nb_samples(packet, <int32_t> len(packet), RATE))
    if samples == 0 or samples > MAX_FRAME:
        raise OpusError("no frames")
    return samples


def packet_has_fec(bytes packet):
    """True when `packet` carries a copy of the audio before it.

    RFC 6716 section 4.2.3: a SILK frame begins with one voice activity bit per 20 ms and then the LBRR flag, for each
    channel. These bits are coded with even odds, so they stand as plain bits at the front.
    """
    cdef const unsigned char *frames[MAX_FRAMES]
    cdef short sizes[MAX_FRAMES]
    cdef const unsigned char *data = packet
    cdef int silk_frames, channel
    if len(packet) < 2 or data[0] & 0x80:  # configurations 16 to 31 are CELT alone (section 3.1)
        return False
    if opus_packet_parse(data, <int32_t> len(packet), NULL, frames, sizes, NULL) <= 0 or sizes[0] < 1:
        return False
    silk_frames = max(1, opus_packet_get_samples_per_frame(data, RATE) // 960)
    for channel in range(opus_packet_get_nb_channels(data)):
        if frames[0][0] & (0x80 >> ((channel + 1) * (silk_frames + 1) - 1)):
            return True
    return False


cdef class OpusDecoder:
    """One decoder. Every call returns a new array; state carries over from call to call."""

    cdef CDecoder *state
    cdef float *scratch

    def __cinit__(self):
        self.state = <CDecoder *> malloc(opus_decoder_get_size(1))
        self.scratch = <float *> malloc(MAX_FRAME * sizeof(float))
        if self.state == NULL or self.scratch == NULL:
            raise MemoryError
        check(opus_decoder_init(self.state, RATE, 1))

    def __dealloc__(self):
        free(self.state)
        free(self.scratch)

    cdef object run(self, const unsigned char *data, int32_t size, int samples, int fec):
        cdef cnp.npy_intp length
        cdef int decoded
        with nogil:
            decoded = opus_decode_float(self.state, data, size, self.scratch, samples, fec)
        length = check(decoded)
        cdef cnp.ndarray result = cnp.PyArray_EMPTY(1, &length, cnp.NPY_FLOAT32, 0)
        cdef float *out = <float *> cnp.PyArray_DATA(result)
        for i in range(length):
            out[i] = self.scratch[i]
        return result

    def decode(self, bytes packet):
        """The samples of `packet`. Raises OpusError."""
        if not packet:
            raise OpusError("empty packet")  # libopus would take it for a loss
        return self.run(packet, <int32_t> len(packet), MAX_FRAME, 0)

    def decode_fec(self, bytes packet, int samples):
        """The `samples` before `packet` from the copy that it carries; call `decode` with it afterwards."""
        if not packet:
            raise OpusError("empty packet")
        return self.run(packet, <int32_t> len(packet), checked_length(samples), 1)

    def conceal(self, int samples):
        """`samples` made up for a packet that is lost."""
        return self.run(NULL, 0, checked_length(samples), 0)

    def reset(self):
        """Forget all packets."""
        check(opus_decoder_ctl(self.state, OPUS_RESET_STATE))


cdef int checked_length(int samples) except -1:
    """libopus makes up audio in steps of 2.5 ms only."""
    if samples <= 0 or samples > MAX_FRAME or samples % 120:
        raise ValueError("a multiple of 2.5 ms, up to 120 ms")
    return samples


cdef class OpusEncoder:
    """One encoder. Every setting may change between two packets, without a break in the sound.

    While nobody loses packets, the MDCT half of Opus codes everything: mixes of voices suit it, and it costs less time.
    From 3 % of loss the speech half takes over, because only that can carry copies of earlier packets.
    """

    cdef CEncoder *state
    cdef readonly int bitrate
    cdef readonly int packet_loss
    cdef readonly int complexity

    def __cinit__(self, *, int bitrate=32_000, int complexity=5):
        self.state = <CEncoder *> malloc(opus_encoder_get_size(1))
        if self.state == NULL:
            raise MemoryError
        check(opus_encoder_init(self.state, RATE, 1, OPUS_APPLICATION_AUDIO))
        self.complexity = complexity
        check(opus_encoder_ctl(self.state, set_complexity, <int32_t> complexity))
        self.set_bitrate(bitrate)
        self.set_packet_loss(0)

    def __dealloc__(self):
        free(self.state)

    @property
    def lookahead(self):
        """Samples by which what comes out is behind what went in."""
        cdef int32_t samples = 0
        check(opus_encoder_ctl(self.state, get_lookahead, &samples))
        return samples

    def set_bitrate(self, int bitrate):
        """Bits per second, from the next packet on."""
        check(opus_encoder_ctl(self.state, set_bitrate, <int32_t> bitrate))
        self.bitrate = bitrate

    def set_packet_loss(self, int percent):
        """How much of what is sent gets lost, from the next packet on."""
        cdef bint fec = percent >= LOSS_FOR_FEC
        check(opus_encoder_ctl(self.state, set_loss, <int32_t> (max(percent, LEAST_FEC_LOSS) if fec else 0)))
        check(opus_encoder_ctl(self.state, set_fec, <int32_t> fec))
        check(opus_encoder_ctl(self.state, set_signal, <int32_t> (OPUS_SIGNAL_VOICE if fec else OPUS_SIGNAL_MUSIC)))
        self.packet_loss = percent

    def encode(self, cnp.ndarray samples):
        """One packet of 2.5, 5, 10, 20, 40 or 60 ms. Raises ValueError."""
        cdef unsigned char packet[MAX_PACKET]
        cdef int size, count = <int> cnp.PyArray_SIZE(samples)
        cdef const float *x = <const float *> cnp.PyArray_DATA(samples)
        if (
            cnp.PyArray_TYPE(samples) != cnp.NPY_FLOAT32
            or not cnp.PyArray_IS_C_CONTIGUOUS(samples)
            or count not in (120, 240, 480, 960, 1920, 2880)
        ):
            raise ValueError("samples are float32, contiguous, and a frame size of Opus")
        with nogil:
            size = opus_encode_float(self.state, x, count, packet, MAX_PACKET)
        check(size)
        return packet[:size]

    def fork(self):
        """A second encoder in the same state: a decoder that was fed by this one can go on with the other unheard.

        libopus keeps all of its state in one piece of memory without pointers into it (opus.h, opus_encoder_create).
        """
        cdef OpusEncoder other = OpusEncoder(bitrate=self.bitrate, complexity=self.complexity)
        other.set_packet_loss(self.packet_loss)
        memcpy(other.state, self.state, opus_encoder_get_size(1))
        return other

    def restart(self):
        """Forget what went before; settings stay."""
        check(opus_encoder_ctl(self.state, OPUS_RESET_STATE))
