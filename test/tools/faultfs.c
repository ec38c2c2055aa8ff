/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system of faults, for test/cli/bad_input.py: every name is one way in which a volume's
 * server may misbehave. All files hold the bytes of one real file, so that their right digest is
 * known.
 *
 *   faultfs CONTENT MOUNTPOINT     stays in the foreground; kill it to end what hangs in it
 *
 * with-NAME is a folder that lists "plain" and NAME, which are files in it.
 *
 * NAME.1, NAME.2 and so on are files of their own with the same fault: what hangs in one keeps the
 * next reader of the same file in the kernel, whatever the server does. Nothing is cached but file
 * pages: each look-up and each stat asks again. Requests of a name with "deaf" hang for good; of
 * other hanging names they end with EINTR once the caller is killed, as with a server that honours
 * FUSE_INTERRUPT (fuse(4); without that the kernel lets nobody go).
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <errno.h>
#include <fuse.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum kind { DIRECTORY, FILE_, LINK };

/* When the fault comes. */
enum when {
    NEVER,
    AT_LOOKUP, /* getattr */
    AT_STAT,   /* getattr of an inode already looked up: the second and later ones */
    AT_OPEN,
    AT_READ,
    AT_HALF, /* a read that touches the second half */
    AT_READLINK,
    AT_XATTR,
    AT_LIST,
    BELOW, /* any name in this directory */
};

enum fault { NONE, HANG, DEAF, FAIL, SLOW };

enum lie {
    TRUTH,
    SIZE_LESS, /* stat: fewer bytes than are read */
    SIZE_MORE,
    SIZE_ZERO,
    SIZE_HUGE,
    GROWS,              /* a byte longer after each read */
    SHRINKS,            /* half as long after the first read */
    TOUCHED,            /* mtime and ctime move at each stat */
    OTHER_INODE,        /* another inode number at each stat */
    REWRITTEN,          /* another content, and mtime, after the first read */
    REWRITTEN_SILENTLY, /* another content after the whole was read once; no time moves */
    DOTS_ONLY,          /* a directory that lists "." without end */
};

struct entry {
    const char *name;
    enum kind kind;
    enum when when;
    enum fault fault;
    enum lie lie;
    int direct;         /* reads bypass the page cache: what the server says goes to read(2) */
    const char *target; /* of a link; NULL: another one at each call */
};

static const struct entry entries[] = {
    {.name = "plain", .kind = FILE_},
    {.name = "direct", .kind = FILE_, .direct = 1},
    {.name = "dir", .kind = DIRECTORY},
    {.name = "with", .kind = DIRECTORY},

    {.name = "hang-lookup", .kind = FILE_, .when = AT_LOOKUP, .fault = HANG},
    {.name = "hang-stat", .kind = FILE_, .when = AT_STAT, .fault = HANG},
    {.name = "hang-open", .kind = FILE_, .when = AT_OPEN, .fault = HANG},
    {.name = "hang-read", .kind = FILE_, .when = AT_READ, .fault = HANG},
    {.name = "hang-half", .kind = FILE_, .when = AT_HALF, .fault = HANG},
    {.name = "hang-direct", .kind = FILE_, .when = AT_READ, .fault = HANG, .direct = 1},
    {.name = "hang-xattr", .kind = FILE_, .when = AT_XATTR, .fault = HANG},
    {.name = "hang-link", .kind = LINK, .when = AT_READLINK, .fault = HANG},
    {.name = "hang-below", .kind = DIRECTORY, .when = BELOW, .fault = HANG},
    {.name = "hang-list", .kind = DIRECTORY, .when = AT_LIST, .fault = HANG},
    {.name = "deaf-read", .kind = FILE_, .when = AT_READ, .fault = DEAF},
    {.name = "deaf-direct", .kind = FILE_, .when = AT_READ, .fault = DEAF, .direct = 1},

    {.name = "eio-lookup", .kind = FILE_, .when = AT_LOOKUP, .fault = FAIL},
    {.name = "eio-stat", .kind = FILE_, .when = AT_STAT, .fault = FAIL},
    {.name = "eio-open", .kind = FILE_, .when = AT_OPEN, .fault = FAIL},
    {.name = "eio-read", .kind = FILE_, .when = AT_READ, .fault = FAIL},
    {.name = "eio-half", .kind = FILE_, .when = AT_HALF, .fault = FAIL},
    {.name = "eio-half-direct", .kind = FILE_, .when = AT_HALF, .fault = FAIL, .direct = 1},
    {.name = "eio-xattr", .kind = FILE_, .when = AT_XATTR, .fault = FAIL},
    {.name = "eio-link", .kind = LINK, .when = AT_READLINK, .fault = FAIL},
    {.name = "eio-below", .kind = DIRECTORY, .when = BELOW, .fault = FAIL},
    {.name = "eio-list", .kind = DIRECTORY, .when = AT_LIST, .fault = FAIL},
    {.name = "slow", .kind = FILE_, .when = AT_READ, .fault = SLOW, .direct = 1},

    {.name = "size-less", .kind = FILE_, .lie = SIZE_LESS, .direct = 1},
    {.name = "size-more", .kind = FILE_, .lie = SIZE_MORE, .direct = 1},
    {.name = "size-zero", .kind = FILE_, .lie = SIZE_ZERO, .direct = 1},
    {.name = "size-huge", .kind = FILE_, .lie = SIZE_HUGE, .direct = 1},
    {.name = "size-more-cached", .kind = FILE_, .lie = SIZE_MORE},
    {.name = "size-less-cached", .kind = FILE_, .lie = SIZE_LESS},
    {.name = "grows", .kind = FILE_, .lie = GROWS, .direct = 1},
    {.name = "shrinks", .kind = FILE_, .lie = SHRINKS, .direct = 1},
    {.name = "touched", .kind = FILE_, .lie = TOUCHED},
    {.name = "other-inode", .kind = FILE_, .lie = OTHER_INODE},
    {.name = "rewritten", .kind = FILE_, .lie = REWRITTEN, .direct = 1},
    {.name = "rewritten-silently", .kind = FILE_, .lie = REWRITTEN_SILENTLY, .direct = 1},
    {.name = "dots", .kind = DIRECTORY, .lie = DOTS_ONLY},

    {.name = "link-plain", .kind = LINK, .target = "plain"},
    {.name = "link-self", .kind = LINK, .target = "link-self"},
    {.name = "link-fickle", .kind = LINK},
};

enum { ENTRIES = sizeof entries / sizeof *entries };

static char *content;
static size_t content_size;

/* What happened to each entry so far. */
static struct {
    atomic_uint stats, links;
    atomic_ullong reads;
    atomic_bool read_to_end;
} seen[ENTRIES];

static bool is_with(const char *path)
{
    return strncmp(path, "/with-", strlen("/with-")) == 0;
}

/* The entry of /NAME or /NAME.N, or of the directory of /NAME/...; *BELOW says which. */
static int find(const char *path, int *below)
{
    const char *in_with = is_with(path) ? strchr(path + 1, '/') : NULL;
    path = in_with != NULL ? in_with : path;
    size_t length = is_with(path) ? strlen("with") : strcspn(path + 1, "./");
    *below = strchr(path + 1, '/') != NULL;
    for (int i = 0; i < ENTRIES; i++) {
        if (strlen(entries[i].name) == length && memcmp(entries[i].name, path + 1, length) == 0) {
            return i;
        }
    }
    return -1;
}

static int strike(const struct entry *entry, enum when when)
{
    if (entry->when != when) {
        return 0;
    }
    switch (entry->fault) {
    case FAIL:
        return -EIO;
    case SLOW:
        usleep(300 * 1000);
        return 0;
    case HANG:
        while (!fuse_interrupted()) {
            usleep(20 * 1000);
        }
        return -EINTR;
    case DEAF:
        for (;;) {
            pause();
        }
    case NONE:
        break;
    }
    return 0;
}

static off_t real_size(int i)
{
    off_t size = (off_t)content_size;
    unsigned long long reads = atomic_load(&seen[i].reads);
    if (entries[i].lie == GROWS) {
        return size + (off_t)reads;
    }
    return entries[i].lie == SHRINKS && reads > 0 ? size / 2 : size;
}

static off_t told_size(int i)
{
    switch (entries[i].lie) {
    case SIZE_LESS:
        return real_size(i) - 100;
    case SIZE_MORE:
        return real_size(i) + 100;
    case SIZE_ZERO:
        return 0;
    case SIZE_HUGE:
        return (off_t)1 << 62;
    default:
        return real_size(i);
    }
}

static void fill_times(int i, unsigned stats, struct stat *st)
{
    st->st_mtim.tv_sec = 1700000000;
    if (entries[i].lie == TOUCHED) {
        st->st_mtim.tv_sec += stats;
    }
    if (entries[i].lie == REWRITTEN && atomic_load(&seen[i].reads) > 0) {
        st->st_mtim.tv_sec++;
    }
    st->st_ctim = st->st_mtim;
    st->st_atim = st->st_mtim;
}

static int fs_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
    int below;
    (void)fi;
    memset(st, 0, sizeof *st);
    st->st_nlink = 1;
    if (strcmp(path, "/") == 0) {
        st->st_ino = 1;
        st->st_mode = S_IFDIR | 0755;
        return 0;
    }
    int i = find(path, &below);
    if (i < 0) {
        return -ENOENT;
    }
    const struct entry *entry = &entries[i];
    if (below) {
        int status = strike(entry, BELOW);
        return status != 0 ? status : -ENOENT;
    }
    unsigned stats = atomic_fetch_add(&seen[i].stats, 1);
    int status = strike(entry, AT_LOOKUP);
    if (status == 0 && stats > 0) {
        status = strike(entry, AT_STAT);
    }
    st->st_ino = 2 + (ino_t)i + (entry->lie == OTHER_INODE ? 1000 * (ino_t)stats : 0);
    st->st_mode = entry->kind == DIRECTORY ? S_IFDIR | 0755
                  : entry->kind == LINK    ? S_IFLNK | 0777
                                           : S_IFREG | 0755;
    st->st_size = entry->kind == FILE_ ? told_size(i) : 0;
    fill_times(i, stats, st);
    return status;
}

static int fs_open(const char *path, struct fuse_file_info *fi)
{
    int below;
    int i = find(path, &below);
    if (i < 0) {
        return -ENOENT;
    }
    fi->direct_io = entries[i].direct != 0;
    return strike(&entries[i], AT_OPEN);
}

static int fs_read(const char *path, char *buf, size_t size, off_t offset,
                   struct fuse_file_info *fi)
{
    int below;
    int i = find(path, &below);
    (void)fi;
    if (i < 0) {
        return -ENOENT;
    }
    const struct entry *entry = &entries[i];
    int status = strike(entry, AT_READ);
    if (status == 0 && offset + (off_t)size > (off_t)(content_size / 2)) {
        /* A short answer ends a cached file, so that the fault must come for the whole piece;
         * read(2) itself gets what lies before it. */
        if (entry->when == AT_HALF && entry->direct && offset < (off_t)(content_size / 2)) {
            size = content_size / 2 - (size_t)offset;
        } else {
            status = strike(entry, AT_HALF);
        }
    }
    if (status != 0) {
        return status;
    }
    if (entry->fault == SLOW && size > 4096) {
        size = 4096;
    }
    off_t end = real_size(i);
    size_t done = 0;
    bool other = (entry->lie == REWRITTEN && atomic_load(&seen[i].reads) > 0) ||
                 (entry->lie == REWRITTEN_SILENTLY && atomic_load(&seen[i].read_to_end));
    for (; done < size && offset + (off_t)done < end; done++) {
        size_t at = (size_t)offset + done;
        char byte = at < content_size ? content[at] : 'x';
        buf[done] = other && at >= content_size / 2 ? (char)~byte : byte;
    }
    atomic_fetch_add(&seen[i].reads, 1);
    if (offset + (off_t)done >= end && done == 0) {
        atomic_store(&seen[i].read_to_end, true);
    }
    return (int)done;
}

static int fs_readlink(const char *path, char *buf, size_t size)
{
    int below;
    int i = find(path, &below);
    if (i < 0 || entries[i].kind != LINK) {
        return -EINVAL;
    }
    int status = strike(&entries[i], AT_READLINK);
    if (status == 0) {
        const char *target = entries[i].target;
        if (target == NULL) {
            target = atomic_fetch_add(&seen[i].links, 1) % 2 == 0 ? "plain" : "direct";
        }
        snprintf(buf, size, "%s", target);
    }
    return status;
}

static int fs_getxattr(const char *path, const char *name, char *value, size_t size)
{
    int below;
    int i = find(path, &below);
    (void)name;
    (void)value;
    (void)size;
    int status = i >= 0 ? strike(&entries[i], AT_XATTR) : 0;
    return status != 0 ? status : -ENODATA;
}

static int fs_readdir(const char *path, void *buf, fuse_fill_dir_t fill, off_t offset,
                      struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
    int below;
    (void)fi;
    (void)flags;
    int i = strcmp(path, "/") == 0 ? -1 : find(path, &below);
    int status = i >= 0 ? strike(&entries[i], AT_LIST) : 0;
    if (status != 0) {
        return status;
    }
    if (i >= 0 && entries[i].lie == DOTS_ONLY) {
        while (fill(buf, ".", NULL, ++offset, 0) == 0) {
        }
        return 0;
    }
    fill(buf, ".", NULL, 0, 0);
    fill(buf, "..", NULL, 0, 0);
    fill(buf, "plain", NULL, 0, 0);
    if (is_with(path) && strchr(path + 1, '/') == NULL) {
        fill(buf, path + strlen("/with-"), NULL, 0, 0);
    }
    return 0;
}

static void *fs_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    /* Reads that hang count; beyond this many the kernel lets all others wait. */
    connection->max_background = 1024;
    connection->congestion_threshold = 1024;
    config->use_ino = 1;
    config->intr = 1;
    config->entry_timeout = 0;
    config->attr_timeout = 0;
    config->negative_timeout = 0;
    return NULL;
}

static const struct fuse_operations operations = {
    .init = fs_init,
    .getattr = fs_getattr,
    .open = fs_open,
    .read = fs_read,
    .readlink = fs_readlink,
    .getxattr = fs_getxattr,
    .readdir = fs_readdir,
};

static int load(const char *path)
{
    struct stat st;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &st) != 0) {
        perror(path);
        return -1;
    }
    content_size = (size_t)st.st_size;
    content = malloc(content_size);
    int failed = content == NULL || fread(content, 1, content_size, file) != content_size;
    fclose(file);
    return failed ? -1 : 0;
}

static void wake(int number)
{
    (void)number;
}

int main(int argc, char **argv)
{
    if (argc != 3 || load(argv[1]) != 0) {
        fprintf(stderr, "usage: faultfs CONTENT MOUNTPOINT\n");
        return 2;
    }
    /* Left alone it would keep for ever whoever hangs in it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* How libfuse tells a thread that its request was interrupted; it installs no handler. */
    struct sigaction action = {.sa_handler = wake};
    sigaction(SIGUSR1, &action, NULL);
    /* Each that hangs takes a thread, and by default there are ten. */
    char *arguments[] = {argv[0], "-f", "-o", "allow_other,default_permissions,max_threads=1000",
                         argv[2], NULL};
    return fuse_main(5, arguments, &operations, NULL);
}
