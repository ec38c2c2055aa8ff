/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors, sha256sum as the oracle for sizes around the pieces, and reads that go wrong. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"
#include "crypto/digest.h"

enum { PIECE = 256 * 1024 };

/* What the next reads do: this program's pread(2) stands before libc's. */
static struct {
    off_t fails_at;    /* a read that would reach this offset gives EIO; -1: none */
    bool interrupted;  /* once, EINTR */
    size_t at_most;    /* bytes a read gives; 0: no limit */
    int grows;         /* descriptor that one byte is appended to at the first read; -1: none */
} reads;

static void reset_reads(void)
{
    reads.fails_at = -1;
    reads.interrupted = false;
    reads.at_most = 0;
    reads.grows = -1;
}

ssize_t pread(int fd, void *buf, size_t size, off_t offset);

ssize_t pread(int fd, void *buf, size_t size, off_t offset)
{
    if (reads.interrupted) {
        reads.interrupted = false;
        errno = EINTR;
        return -1;
    }
    if (reads.fails_at >= 0 && offset + (off_t)size > reads.fails_at) {
        errno = EIO;
        return -1;
    }
    if (reads.grows >= 0) {
        ck_assert_int_eq(write(reads.grows, "x", 1), 1);
        reads.grows = -1;
    }
    if (reads.at_most != 0 && size > reads.at_most) {
        size = reads.at_most;
    }
    return syscall(SYS_pread64, fd, buf, size, offset);
}

/* A file of SIZE bytes without a name. */
static int file_of(size_t size, char fill)
{
    char name[] = "/tmp/test_digest.XXXXXX";
    int fd = mkstemp(name);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(name), 0);
    char *bytes = ig_alloc(size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = fill != '\0' ? fill : (char)(i * 31 + i / 997);
    }
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    free(bytes);
    return fd;
}

static void hex_of(int fd, char hex[IG_SHA256_HEX + 1], unsigned long long expected_size)
{
    struct ig_sha256 digest;
    struct ig_error e;
    unsigned long long size = 0;
    atomic_ullong progress = 1000;
    ck_assert_int_eq(ig_sha256_fd(fd, expected_size, &progress, &digest, &size, &e), 0);
    ck_assert_uint_eq(size, expected_size);
    ck_assert_uint_eq(atomic_load(&progress), 1000 + expected_size);
    ig_sha256_hex(&digest, hex);
}

static const struct {
    const char *text;
    const char *hex;  /* FIPS 180-4's examples */
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(vectors_agree)
{
    char hex[IG_SHA256_HEX + 1];
    int fd = file_of(0, 'x');
    ssize_t length = (ssize_t)strlen(vectors[_i].text);
    ck_assert_int_eq(write(fd, vectors[_i].text, (size_t)length), length);
    hex_of(fd, hex, (unsigned long long)length);
    ck_assert_str_eq(hex, vectors[_i].hex);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), length);
    close(fd);
}
END_TEST

/* A file that grows as fast as it is read. */
START_TEST(the_rest_of_what_is_too_long_is_left)
{
    struct ig_sha256 digest;
    struct ig_error e;
    unsigned long long size = 0;
    int fd = file_of((size_t)8 * PIECE, 'x');
    ck_assert_int_eq(ig_sha256_fd(fd, PIECE, NULL, &digest, &size, &e), 0);
    ck_assert_uint_gt(size, PIECE);
    ck_assert_uint_le(size, 2 * PIECE);
    close(fd);
}
END_TEST

START_TEST(a_million_times_a)
{
    char hex[IG_SHA256_HEX + 1];
    int fd = file_of(1000000, 'a');
    hex_of(fd, hex, 1000000);
    ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    close(fd);
}
END_TEST

static const size_t sizes[] = {
    1, 55, 56, 63, 64, 65, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17,
};

static void ask_sha256sum(int fd, char hex[IG_SHA256_HEX + 1])
{
    char command[64];
    snprintf(command, sizeof command, "sha256sum /proc/%d/fd/%d", (int)getpid(), fd);
    FILE *f = popen(command, "re");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fread(hex, 1, IG_SHA256_HEX, f), IG_SHA256_HEX);
    hex[IG_SHA256_HEX] = '\0';
    ck_assert_int_ne(pclose(f), -1);
}

START_TEST(sizes_around_the_pieces_agree)
{
    char ours[IG_SHA256_HEX + 1], theirs[IG_SHA256_HEX + 1];
    int fd = file_of(sizes[_i], '\0');
    ask_sha256sum(fd, theirs);
    hex_of(fd, ours, sizes[_i]);
    ck_assert_str_eq(ours, theirs);
    /* The same in reads of odd lengths. */
    reads.at_most = 4099;
    hex_of(fd, ours, sizes[_i]);
    ck_assert_str_eq(ours, theirs);
    close(fd);
}
END_TEST

START_TEST(an_interrupted_read_is_repeated)
{
    char hex[IG_SHA256_HEX + 1];
    int fd = file_of(3, 'a');
    reads.interrupted = true;
    hex_of(fd, hex, 3);
    ck_assert(!reads.interrupted);
    ck_assert_str_eq(hex, "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0");
    close(fd);
}
END_TEST

START_TEST(an_io_error_half_way_is_no_shorter_file)
{
    struct ig_sha256 digest, untouched;
    struct ig_error e;
    unsigned long long size = 77;
    memset(&digest, 0x5a, sizeof digest);
    memset(&untouched, 0x5a, sizeof untouched);
    int fd = file_of(2 * PIECE, 'a');
    reads.fails_at = PIECE + PIECE / 2;
    ck_assert_int_eq(ig_sha256_fd(fd, ULLONG_MAX, NULL, &digest, &size, &e), -1);
    ck_assert_int_eq(e.number, EIO);
    ck_assert_str_eq(e.text, "cannot read at byte 262144: EIO (Input/output error)");
    ck_assert_mem_eq(&digest, &untouched, sizeof digest);
    ck_assert_uint_eq(size, 77);
    close(fd);
}
END_TEST

START_TEST(a_growing_file_ends_where_it_ends)
{
    char hex[IG_SHA256_HEX + 1], again[IG_SHA256_HEX + 1];
    int fd = file_of(PIECE, 'a');
    reads.grows = fd;
    hex_of(fd, hex, PIECE + 1);
    hex_of(fd, again, PIECE + 1);
    ck_assert_str_eq(hex, again);
    close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    struct ig_sha256 digest;
    struct ig_error e;
    int ends[2];
    int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(ig_sha256_fd(directory, ULLONG_MAX, NULL, &digest, NULL, &e), -1);
    ck_assert_int_eq(e.number, EISDIR);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(ig_sha256_fd(ends[0], ULLONG_MAX, NULL, &digest, NULL, &e), -1);
    ck_assert_int_eq(e.number, ESPIPE);
    ck_assert_int_eq(ig_sha256_fd(-1, ULLONG_MAX, NULL, &digest, NULL, &e), -1);
    ck_assert_int_eq(e.number, EBADF);
    close(directory);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct {
    const char *hex;
    bool good;
} parsed[] = {
    {ABC, true},
    {"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", true},
    {"", false},
    {"ba7816bf", false},
    {ABC "0", false},
    {ABC " ", false},
    {" a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false},
    {"0xa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a", false},
    {"ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false},
    {"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a\xff", false},
    {"sha256:8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad12", false},
};

START_TEST(hex_is_parsed_strictly)
{
    struct ig_sha256 digest, untouched;
    char hex[IG_SHA256_HEX + 1];
    memset(&digest, 0x5a, sizeof digest);
    memset(&untouched, 0x5a, sizeof untouched);
    ck_assert_int_eq(ig_sha256_parse(parsed[_i].hex, &digest), parsed[_i].good ? 0 : -1);
    if (parsed[_i].good) {
        ig_sha256_hex(&digest, hex);
        ck_assert_str_eq(hex, ABC);
    } else {
        ck_assert_mem_eq(&digest, &untouched, sizeof digest);
    }
}
END_TEST

START_TEST(the_library_names_itself)
{
    ck_assert_int_eq(strncmp(ig_crypto_version(), "OpenSSL 3.", 10), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tc = tcase_create("all");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, reset_reads, NULL);
    tcase_add_loop_test(tc, vectors_agree, 0, IG_COUNT(vectors));
    tcase_add_test(tc, a_million_times_a);
    tcase_add_test(tc, the_rest_of_what_is_too_long_is_left);
    tcase_add_loop_test(tc, sizes_around_the_pieces_agree, 0, IG_COUNT(sizes));
    tcase_add_test(tc, an_interrupted_read_is_repeated);
    tcase_add_test(tc, an_io_error_half_way_is_no_shorter_file);
    tcase_add_test(tc, a_growing_file_ends_where_it_ends);
    tcase_add_test(tc, what_cannot_be_read_is_an_error);
    tcase_add_loop_test(tc, hex_is_parsed_strictly, 0, IG_COUNT(parsed));
    tcase_add_test(tc, the_library_names_itself);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
