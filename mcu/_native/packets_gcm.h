/* AES-GCM of OpenSSL under libsrtp, in place of that of the library it was built with. */
#pragma once

#include <stdbool.h>

/* After srtp_init. False when libsrtp refuses it, or it fails libsrtp's tests. */
bool gcm_install(void);
