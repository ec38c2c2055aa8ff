/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long SHA-256 takes where nothing has to be read: the yardstick for hashing a file.
 *
 *   memhash FILE            hashes its bytes, read into memory before
 *   memhash --cached FILE   hashes as many bytes, always the same 64 KiB: what the CPU can do
 *
 * Writes "WALL CPU" of the hashing alone, in seconds. Linked with the same libraries as the release.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CACHED = 64 * 1024 };

static double clock_of(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fill(const char *path, unsigned char *data, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < size) {
        ssize_t n = read(fd, data + done, size - done);
        if (n <= 0) {
            return -1;
        }
        done += (size_t)n;
    }
    return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
    int cached = argc > 2 && strcmp(argv[1], "--cached") == 0;
    const char *path = argv[argc - 1];
    struct stat st;
    if (argc != 2 + cached || stat(path, &st) != 0) {
        fprintf(stderr, "usage: memhash [--cached] FILE\n");
        return 2;
    }
    size_t total = (size_t)st.st_size, piece = cached && total > CACHED ? CACHED : total;
    unsigned char *data = malloc(piece);
    if (data == NULL || fill(path, data, piece) != 0) {
        perror(path);
        return 1;
    }
    double wall = clock_of(CLOCK_MONOTONIC), cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;
    SHA256_Init(&context);
    for (size_t done = 0; done < total; done += piece) {
        SHA256_Update(&context, data, total - done < piece ? total - done : piece);
    }
    SHA256_Final(digest, &context);
    printf("%.6f %.6f\n", clock_of(CLOCK_MONOTONIC) - wall,
           clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    free(data);
    return 0;
}
