/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) by libcrypto. */
#ifndef IG_CRYPTO_DIGEST_H
#define IG_CRYPTO_DIGEST_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"

enum { IG_SHA256_BYTES = 32, IG_SHA256_HEX = 64 };

struct ig_sha256 {
    uint8_t bytes[IG_SHA256_BYTES];
};

/* Digest what FD has from offset 0 to its end and count it in *SIZE (bytes; may
 * be NULL). The file offset is not used. PROGRESS (may be NULL) is increased by
 * each piece read, for a watchdog. Errors: number is read's errno (EIO half-way
 * is a failure, never a shorter file), OUT and *SIZE stay as they were. A file
 * that shrinks meanwhile ends where a read finds its end. One that grows as fast as it is read has
 * none: once there are more than MOST bytes (the size it should have), the rest is left, and *SIZE is
 * more than MOST. Whoever asks compares *SIZE and the inode. */
int ig_sha256_fd(int fd, unsigned long long most, atomic_ullong *progress,
                 struct ig_sha256 *out, unsigned long long *size, struct ig_error *e);

/* The same with a buffer of BUF_SIZE bytes (some 256 KiB) that the caller keeps for many files. */
int ig_sha256_fd_with(int fd, void *buf, size_t buf_size, unsigned long long most,
                      atomic_ullong *progress, struct ig_sha256 *out, unsigned long long *size,
                      struct ig_error *e);

/* What is already in memory. Errors: libcrypto's only, as below. */
int ig_sha256_bytes(const void *data, size_t size, struct ig_sha256 *out, struct ig_error *e);

/* Bytes as they come: begin, any number of adds, end (which frees it, also where it fails). */
struct ig_sha256_stream;
struct ig_sha256_stream *ig_sha256_begin(void);
void ig_sha256_add(struct ig_sha256_stream *stream, const void *data, size_t size);
int ig_sha256_end(struct ig_sha256_stream *stream, struct ig_sha256 *out, struct ig_error *e);

/* A part of a source that is no descriptor, with a few bytes before it. */
struct ig_sha256_part {
    ssize_t (*read)(const void *source, void *buf, size_t size, uint64_t offset);  /* as pread(2) */
    const void *source;
    uint64_t offset, size;
    const void *prefix;
    size_t prefix_size;
};
/* Digest it. Fewer bytes than its size are an error (EIO). */
int ig_sha256_part(const struct ig_sha256_part *part, struct ig_sha256 *out, struct ig_error *e);

/* Lower-case hex and NUL into HEX. */
void ig_sha256_hex(const struct ig_sha256 *digest, char hex[IG_SHA256_HEX + 1]);

/* Parse exactly 64 hex digits of either case. -1 otherwise. */
int ig_sha256_parse(const char *hex, struct ig_sha256 *out);

/* "OpenSSL 3.5.7 …" of the libcrypto it was built with, static. */
const char *ig_crypto_version(void);

#endif
