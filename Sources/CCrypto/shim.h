// Before any header of OpenSSL: its low-level SHA-256 costs a third less on short messages than the same through EVP,
// which allocates and dispatches for each; OpenSSL 3 calls it deprecated and keeps it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
