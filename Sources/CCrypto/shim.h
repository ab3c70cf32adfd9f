// OpenSSL's digests, to verify data files.
#include <openssl/evp.h>
