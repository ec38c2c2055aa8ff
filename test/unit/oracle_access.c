/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ig_cred_may() and ig_walk_permits() against the kernel: over made-up trees (owners, groups,
 * modes, ACLs, sticky directories, links, noexec), what they say must be what a process that
 * really has those ids, groups and capabilities gets from execve, faccessat2, chdir and open.
 * Half of the trees is judged again inside a user namespace that lacks some of the owners.
 *
 *   oracle_access [SEED [PROTECTED_SYMLINKS]]
 *
 * needs root. PROTECTED_SYMLINKS (0 or 1) sets fs.protected_symlinks for the time of the run;
 * without it the sysctl is left as it is. Prints "N of N agree"; exit 1 where they do not.
 */
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "core/mem.h"
#include "fsroot/fsroot.h"
#include "fsroot/permits.h"
#include "tree.h"

enum {
    TREES = 320,
    LEVELS_MAX = 4,
    PATHS_MAX = 8,
    SHOWN_MAX = 20,
    /* Ids from here on have no place in the user namespace. */
    NS_UIDS = 1002,
    NS_GIDS = 2001,
};

/* Questions put to the kernel about one path. EXECUTE is execve, of a file that has no format:
 * ENOEXEC says that it was permitted, EACCES that it was not. */
enum question { ACCESS_X, ACCESS_R, ACCESS_W, ACCESS_RW, OPEN, EXECUTE, CHDIR, QUESTIONS };
static const unsigned question_may[QUESTIONS] = {1, 4, 2, 6, 4, 1, 1};

static const uint32_t groups_two[] = {2000, 3000};
static const uint32_t groups_one[] = {2000};
#define CAP_BIT(n) (UINT64_C(1) << (n))

static const struct ig_cred creds[] = {
    {.uid = 0, .gid = 0, .caps = IG_CAPS_RUNTIME_DEFAULT},
    {.uid = 0, .gid = 0, .caps = 0},
    {.uid = 0, .gid = 0, .caps = CAP_BIT(IG_CAP_DAC_READ_SEARCH)},
    {.uid = 0, .gid = 1001, .groups = (uint32_t *)groups_one, .group_count = 1, .caps = 0},
    {.uid = 1001, .gid = 1001, .caps = IG_CAPS_RUNTIME_DEFAULT},
    {.uid = 1001, .gid = 0, .groups = (uint32_t *)groups_one, .group_count = 1},
    {.uid = 1001, .gid = 1001, .groups = (uint32_t *)groups_two, .group_count = 2,
     .caps = IG_CAPS_RUNTIME_DEFAULT},
    {.uid = 1002, .gid = 3000, .groups = (uint32_t *)groups_two, .group_count = 1},
    {.uid = 65532, .gid = 65532},
};

struct tree {
    struct rng rng;
    char *root;
    bool tmpfs, noexec, namespaced;
    char *paths[PATHS_MAX];
    size_t path_count;
};

struct tally {
    size_t asked, agreed, permitted, link_refused, skipped, shown;
};

/* Answers of one set of credentials, by path and question: 0 or errno. */
struct answers {
    int number[PATHS_MAX][QUESTIONS];
};

static size_t put_acl_entry(unsigned char *at, unsigned tag, unsigned perm, uint32_t id)
{
    const unsigned char entry[8] = {(unsigned char)tag,       0, (unsigned char)perm,      0,
                                    (unsigned char)id,        (unsigned char)(id >> 8),
                                    (unsigned char)(id >> 16), (unsigned char)(id >> 24)};
    memcpy(at, entry, sizeof entry);
    return sizeof entry;
}

static unsigned random_perm(struct rng *r)
{
    static const unsigned perms[] = {0, 1, 4, 5, 5, 5, 7, 7, 2, 6};
    return RNG_PICK(r, perms);
}

/* In statements of their own: the order within an expression is the compiler's. */
static mode_t random_mode(struct rng *r)
{
    mode_t mode = random_perm(r);
    mode = mode << 3 | random_perm(r);
    return mode << 3 | random_perm(r);
}

/* An ACL in the order that the kernel demands (posix_acl_valid()). */
static void set_random_acl(struct rng *r, const char *path)
{
    static const uint32_t uids[] = {0, 1001, 1002, 65532};
    static const uint32_t gids[] = {0, 1001, 2000, 3000};
    unsigned char value[4 + 8 * 16] = {2};
    size_t size = 4;
    const uint32_t none = UINT32_MAX;
    size += put_acl_entry(value + size, 0x01, random_perm(r), none);
    for (size_t i = 0; i < IG_COUNT(uids); i++) {
        if (rng_one_in(r, 3)) {
            size += put_acl_entry(value + size, 0x02, random_perm(r), uids[i]);
        }
    }
    size += put_acl_entry(value + size, 0x04, random_perm(r), none);
    for (size_t i = 0; i < IG_COUNT(gids); i++) {
        if (rng_one_in(r, 3)) {
            size += put_acl_entry(value + size, 0x08, random_perm(r), gids[i]);
        }
    }
    size += put_acl_entry(value + size, 0x10, random_perm(r), none);
    size += put_acl_entry(value + size, 0x20, random_perm(r), none);
    if (setxattr(path, "system.posix_acl_access", value, size, 0) != 0 && errno != EOPNOTSUPP) {
        tree_die("setxattr");
    }
}

static void own_and_open(struct rng *r, const char *path, bool lenient)
{
    static const uid_t uids[] = {0, 0, 1001, 1002, 65532};
    static const gid_t gids[] = {0, 1001, 2000, 3000};
    uid_t uid = RNG_PICK(r, uids);
    gid_t gid = RNG_PICK(r, gids);
    MUST(lchown(path, uid, gid));
    struct stat s;
    MUST(lstat(path, &s));
    if (S_ISLNK(s.st_mode)) {
        return;
    }
    mode_t mode = lenient ? 0755 : random_mode(r);
    if (S_ISDIR(s.st_mode) && rng_one_in(r, 4)) {
        mode |= rng_one_in(r, 2) ? 01007 : 01000;
    }
    MUST(chmod(path, mode));
    if (rng_one_in(r, 3)) {
        set_random_acl(r, path);
        if (rng_one_in(r, 4)) {
            /* Changes the mask under the entries; without any group bit the ACL is not read. */
            MUST(chmod(path, random_mode(r)));
        }
    }
}

static void add_path(struct tree *t, char *path)
{
    if (t->path_count < PATHS_MAX) {
        t->paths[t->path_count++] = path;
    } else {
        free(path);
    }
}

static char *full_path(const struct tree *t, const char *path)
{
    return ig_format("%s%s", t->root, path);
}

static void add_link(struct tree *t, const char *link, const char *target)
{
    IG_AUTO_FREE char *full = full_path(t, link);
    MUST(symlink(target, full));
    own_and_open(&t->rng, full, false);
}

/* Links in DIR to PROGRAM and to FOLDER, in which that lies; and one in the root to the first. */
static void add_links(struct tree *t, const char *dir, const char *folder, const char *program)
{
    IG_AUTO_FREE char *link = ig_format("%s/link", dir);
    IG_AUTO_FREE char *to_folder = ig_format("%s/folder", dir);
    add_link(t, link, program);
    add_link(t, "/outer", link);
    add_link(t, to_folder, folder);
    add_path(t, ig_strdup(link));
    add_path(t, ig_strdup("/outer"));
    /* In the middle of a path, fs.protected_symlinks does not apply. */
    add_path(t, ig_format("%s/program", to_folder));
}

static void make_tree(struct tree *t)
{
    struct rng *r = &t->rng;
    size_t depth = 1 + rng_below(r, LEVELS_MAX);
    char *dirs[LEVELS_MAX + 1] = {ig_strdup("")};
    for (size_t i = 1; i <= depth; i++) {
        dirs[i] = ig_format("%s/d%zu", dirs[i - 1], i);
        IG_AUTO_FREE char *full = full_path(t, dirs[i]);
        MUST(mkdir(full, 0755));
    }
    IG_AUTO_FREE char *program = ig_format("%s/program", dirs[depth]);
    IG_AUTO_FREE char *program_full = full_path(t, program);
    int fd = open(program_full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    MUST(fd);
    MUST(write(fd, "\n\n\n\n", 4));
    close(fd);
    add_links(t, dirs[rng_below(r, depth + 1)], dirs[depth], program);
    add_path(t, ig_strdup(program));
    add_path(t, ig_format("%s/../d%zu/program", dirs[depth], depth));
    add_path(t, ig_format("%s/./link/", dirs[0]));
    add_path(t, ig_strdup(dirs[depth]));
    add_path(t, ig_format("%s/", dirs[1]));
    /* Most levels lenient, or hardly any program would ever be reached. */
    own_and_open(r, program_full, false);
    /* The namespace's root must be able to chroot there. */
    for (size_t i = t->namespaced ? 1 : 0; i <= depth; i++) {
        IG_AUTO_FREE char *full = full_path(t, dirs[i]);
        own_and_open(r, full, !rng_one_in(r, 3));
    }
    for (size_t i = 0; i <= depth; i++) {
        free(dirs[i]);
    }
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void free_tree(struct tree *t)
{
    for (size_t i = 0; i < t->path_count; i++) {
        free(t->paths[i]);
    }
    if (t->tmpfs) {
        MUST(umount2(t->root, MNT_DETACH));
        MUST(rmdir(t->root));
    } else {
        MUST(nftw(t->root, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT));
    }
    free(t->root);
}

static void drop_capabilities(uint64_t caps)
{
    for (int i = 0; i <= IG_CAP_LAST; i++) {
        if ((caps >> i & 1) == 0 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0 && errno != EINVAL) {
            tree_die("PR_CAPBSET_DROP");
        }
    }
}

/* Really become CRED, in ROOT. */
static void become(const struct ig_cred *cred, const char *root)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct now[2];
    MUST(chroot(root));
    MUST(setgroups(cred->group_count, cred->groups));
    drop_capabilities(cred->caps);
    MUST(setresgid(cred->gid, cred->gid, cred->gid));
    MUST(setresuid(cred->uid, cred->uid, cred->uid));
    MUST(syscall(SYS_capget, &header, now));
    for (size_t i = 0; i < 2; i++) {
        now[i].permitted &= (uint32_t)(cred->caps >> 32 * i);
        now[i].effective = now[i].permitted;
        now[i].inheritable = 0;
    }
    MUST(syscall(SYS_capset, &header, now));
}

static int ask(const char *path, enum question question)
{
    static const int access_mode[] = {X_OK, R_OK, W_OK, R_OK | W_OK};
    char *const args[] = {(char *)path, NULL};
    int fd;
    switch (question) {
    case EXECUTE:
        execve(path, args, args + 1);
        return errno == ENOEXEC ? 0 : errno;
    case CHDIR:
        return chdir(path) == 0 ? 0 : errno;
    case OPEN:
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            return errno;
        }
        close(fd);
        return 0;
    default:
        /* The flags are looked at with effective ids, as an open would be. */
        return syscall(SYS_faccessat2, AT_FDCWD, path, access_mode[question], AT_EACCESS) == 0
                   ? 0
                   : errno;
    }
}

static bool read_all(int fd, void *data, size_t size)
{
    size_t got = 0;
    for (ssize_t n; got < size && (n = read(fd, (char *)data + got, size - got)) > 0;) {
        got += (size_t)n;
    }
    return got == size;
}

/* Run WHAT in a process of its own; its SIZE bytes of DATA come back. */
static void in_child(void (*what)(struct tree *, const void *, void *), struct tree *t,
                     const void *with, void *data, size_t size)
{
    int ends[2];
    int status;
    MUST(pipe2(ends, O_CLOEXEC));
    fflush(stdout);
    pid_t child = fork();
    MUST(child);
    if (child == 0) {
        what(t, with, data);
        fflush(stdout);
        _exit(write(ends[1], data, size) == (ssize_t)size ? 0 : 2);
    }
    close(ends[1]);
    bool complete = read_all(ends[0], data, size);
    close(ends[0]);
    MUST(waitpid(child, &status, 0));
    if (!complete || status != 0) {
        fprintf(stderr, "a child process failed\n");
        exit(2);
    }
}

static void ask_kernel(struct tree *t, const void *with, void *data)
{
    struct answers *answers = data;
    become(with, t->root);
    for (size_t i = 0; i < t->path_count; i++) {
        for (unsigned q = 0; q < QUESTIONS; q++) {
            answers->number[i][q] = ask(t->paths[i], (enum question)q);
        }
    }
}

static bool protected_symlinks(void)
{
    char value = '0';
    int fd = open("/proc/sys/fs/protected_symlinks", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        MUST(read(fd, &value, 1));
        close(fd);
    }
    return value != '0';
}

/* An error that the path itself gives to anybody, before or after the permissions. */
static int error_for_all(const struct ig_walk *walk, enum question question, bool noexec)
{
    const struct ig_hop *final = ig_walk_final(walk);
    if (final == NULL) {
        return walk->error;
    }
    bool directory = ig_meta_is(&final->meta, S_IFDIR);
    if (question == CHDIR && !directory) {
        return ENOTDIR;
    }
    if (question == EXECUTE && directory) {
        return EACCES;
    }
    if ((question == EXECUTE || question == ACCESS_X) && !directory && noexec) {
        return EACCES;
    }
    return 0;
}

static void judge(struct tree *t, struct tally *tally, const struct ig_walk *walk,
                  const struct ig_cred *cred, const char *path, const int *numbers, bool unmapped)
{
    for (unsigned q = 0; q < QUESTIONS; q++) {
        const struct ig_hop *failing;
        bool links = protected_symlinks();
        bool permits =
            ig_walk_permits(walk, cred, question_may[q], unmapped, links, &failing);
        int of_path = error_for_all(walk, (enum question)q, t->noexec);
        if (failing == NULL && walk->error == EACCES) {
            /* The walker itself was refused (root of a user namespace is not almighty): what
             * lies behind it cannot be told. */
            tally->skipped++;
            continue;
        }
        if (failing != NULL && failing->kind == IG_HOP_LINK && unmapped &&
            failing->meta.uid == 65534 && numbers[q] != EACCES) {
            /* Nor whether a link is the directory's owner's, who is nobody in here. */
            tally->skipped++;
            continue;
        }
        if (failing != NULL && failing->kind == IG_HOP_LINK) {
            tally->link_refused++;
        }
        /* A path that is refused to some, and wrong for all, may fail either way. */
        bool agree = permits && of_path == 0      ? numbers[q] == 0
                     : failing == NULL            ? numbers[q] == of_path
                                                  : numbers[q] == EACCES || (of_path != 0 &&
                                                                             numbers[q] == of_path);
        tally->asked++;
        tally->agreed += agree;
        tally->permitted += numbers[q] == 0;
        if (!agree && tally->shown++ < SHOWN_MAX) {
            printf("differ: %s%s question %u, uid %u gid %u caps %llx: permits %d (%s), "
                   "kernel %d\n",
                   path, unmapped ? " (user namespace)" : "", q, cred->uid, cred->gid,
                   (unsigned long long)cred->caps, permits, failing ? failing->path : "-",
                   numbers[q]);
        }
    }
}

static void compare(struct tree *t, struct tally *tally, bool unmapped)
{
    struct ig_fsroot *root;
    struct ig_error e;
    struct ig_walk walks[PATHS_MAX];
    if (ig_fsroot_open(t->root, &root, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(2);
    }
    for (size_t i = 0; i < t->path_count; i++) {
        ig_fsroot_walk(root, t->paths[i], 0, &walks[i]);
    }
    for (size_t c = 0; c < IG_COUNT(creds); c++) {
        const struct ig_cred *cred = &creds[c];
        struct answers answers = {0};
        if (unmapped && (cred->uid >= NS_UIDS || ig_cred_in_group(cred, 3000) ||
                         ig_cred_in_group(cred, 65532))) {
            continue;
        }
        in_child(ask_kernel, t, cred, &answers, sizeof answers);
        for (size_t i = 0; i < t->path_count; i++) {
            judge(t, tally, &walks[i], cred, t->paths[i], answers.number[i], unmapped);
        }
    }
    for (size_t i = 0; i < t->path_count; i++) {
        ig_walk_free(&walks[i]);
    }
    ig_fsroot_close(root);
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    MUST(fd);
    MUST(write(fd, text, strlen(text)));
    close(fd);
}

/* Maps must be written from outside by one who may map many ids: a helper that stays behind. */
static void enter_user_namespace(void)
{
    int ready[2];
    int status;
    char go;
    MUST(pipe2(ready, O_CLOEXEC));
    pid_t self = getpid();
    pid_t helper = fork();
    MUST(helper);
    if (helper == 0) {
        IG_AUTO_FREE char *uid_map = ig_format("/proc/%d/uid_map", self);
        IG_AUTO_FREE char *gid_map = ig_format("/proc/%d/gid_map", self);
        IG_AUTO_FREE char *uids = ig_format("0 0 %d", NS_UIDS);
        IG_AUTO_FREE char *gids = ig_format("0 0 %d", NS_GIDS);
        MUST(read(ready[0], &go, 1));
        write_file(uid_map, uids);
        write_file(gid_map, gids);
        _exit(0);
    }
    MUST(unshare(CLONE_NEWUSER));
    MUST(write(ready[1], "!", 1));
    MUST(waitpid(helper, &status, 0));
    if (status != 0) {
        exit(2);
    }
}

static void compare_in_namespace(struct tree *t, const void *with, void *data)
{
    (void)with;
    enter_user_namespace();
    compare(t, data, true);
}

static void run_tree(const char *base, size_t number, struct rng *seeds, struct tally *tally)
{
    struct tree t = {.rng = {rng_next(seeds)},
                     .tmpfs = number % 2 == 0,
                     .namespaced = number % 4 < 2};
    t.root = ig_format("%s/root", base);
    MUST(mkdir(t.root, 0755));
    if (t.tmpfs) {
        t.noexec = rng_one_in(&t.rng, 6);
        MUST(mount("tmpfs", t.root, "tmpfs", t.noexec ? MS_NOEXEC : 0, "mode=755"));
    }
    make_tree(&t);
    compare(&t, tally, false);
    if (t.namespaced) {
        in_child(compare_in_namespace, &t, NULL, tally, sizeof *tally);
    }
    free_tree(&t);
}

/* The sysctl is the whole machine's: a process that outlives any crash here puts it back. */
static void with_protected_symlinks(const char *value)
{
    const char *old = protected_symlinks() ? "1" : "0";
    int status;
    write_file("/proc/sys/fs/protected_symlinks", value);
    pid_t worker = fork();
    MUST(worker);
    if (worker == 0) {
        return;
    }
    MUST(waitpid(worker, &status, 0));
    write_file("/proc/sys/fs/protected_symlinks", old);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

int main(int argc, char **argv)
{
    char base[] = "/tmp/ig-access-XXXXXX";
    struct rng seeds = {tree_seed(argc, argv)};
    struct tally tally = {0};
    umask(0);
    if (argc > 2 && geteuid() == 0) {
        with_protected_symlinks(argv[2]);
    }
    tree_enter_namespace(base);
    for (size_t i = 0; i < TREES; i++) {
        run_tree(base, i, &seeds, &tally);
    }
    MUST(rmdir(base));
    printf("permitted %zu, refused at a link %zu, not to be told %zu\n", tally.permitted,
           tally.link_refused, tally.skipped);
    printf("%zu of %zu agree\n", tally.agreed, tally.asked);
    bool telling = tally.permitted > tally.asked / 10 && tally.permitted < tally.asked * 9 / 10 &&
                   (!protected_symlinks() || tally.link_refused > 100);
    if (!telling) {
        printf("the trees permit too much or too little to tell anything\n");
    }
    return tally.agreed == tally.asked && telling ? 0 : 1;
}
