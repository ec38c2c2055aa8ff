/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For oracle_execve.py and oracle_loader.py: what execve(2) makes of a program, and what lib/elf
 * says of it.
 *
 * Reads a path per line, writes a line per path:
 *   KERNEL NUMBER OUTPUT REFUSAL RUNS BROKEN INTERP TEXT
 * KERNEL is how it ended: "errno" (execve returned NUMBER), "killed" (signal NUMBER before the new
 * program's first instruction: a fault behind the point of no return), "signal" (NUMBER, later),
 * "exit" (status NUMBER) or "timeout". OUTPUT is what it wrote, in hex, or "-". REFUSAL is an errno
 * or 0, RUNS and BROKEN 0 or 1, INTERP the loader's path, "-" for none or "?" for one not to be printed, TEXT the rest. Of a
 * script, INTERP is its interpreter and TEXT its argument, both in hex, "-" if empty, "none".
 *
 * With --chroot DIR the paths are below DIR, and execve is called in a chroot there, in its folder
 * /app. With --parse nothing is run, and KERNEL, NUMBER and OUTPUT are not written: for the sanitized
 * build, which takes far longer to fork. With --loader it reads "LOADER PROGRAM" and writes what
 * ig_image_loader_fault() says:
 *   NUMBER TEXT
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "elf/image.h"
#include "kernel/commit.h"

enum { OUTPUT_MAX = 512, TIMEOUT_MS = 20000, NOBODY = 65534 };

static void die(const char *what)
{
    perror(what);
    exit(3);
}

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void limit(int what, rlim_t value)
{
    struct rlimit r = {value, value};
    if (setrlimit(what, &r) != 0) {
        die("setrlimit");
    }
}

/* An ordinary user without capabilities: CAP_SYS_RAWIO would lift vm.mmap_min_addr. */
static void become_nobody(void)
{
    if (getuid() == 0 &&
        (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
        die("setuid");
    }
}

static void child(const char *path, const char *root, int output, int fault)
{
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(null, 2) < 0) {
        die("dup2");
    }
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, 1);
    limit(RLIMIT_FSIZE, 0);
    if (root != NULL && (chroot(root) != 0 || chdir("/app") != 0)) {
        die("chroot");
    }
    become_nobody();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0 ||
        ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        die("prctl");
    }
    raise(SIGSTOP);
    char *argv[] = {(char[]){"probe"}, NULL};
    char *envp[] = {NULL};
    execve(path, argv, envp);
    int number = errno;
    if (write(fault, &number, sizeof number) != sizeof number) {
        die("write");
    }
    _exit(126);
}

/* Until the program's end closes it, or time is up. Returns bytes read. */
static size_t drain(int fd, char *buf, long long deadline)
{
    size_t length = 0;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        long long left = deadline - now_ms();
        if (left <= 0 || poll(&p, 1, (int)left) <= 0) {
            return length;
        }
        char piece[256];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n <= 0) {
            return length;
        }
        size_t take = length + (size_t)n <= OUTPUT_MAX ? (size_t)n : OUTPUT_MAX - length;
        memcpy(buf + length, piece, take);
        length += take;
    }
}

static int wait_until(pid_t pid, long long deadline, bool *late)
{
    int status;
    *late = false;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (now_ms() >= deadline) {
            *late = true;
            kill(pid, SIGKILL);
            if (waitpid(pid, &status, 0) < 0) {
                die("waitpid");
            }
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
    }
    return status;
}

/* Let the stopped child run into execve. True once the new program is about to start, with the
 * child detached; false where it ended before, with *STATUS. */
static bool passes_exec(pid_t pid, int *status)
{
    if (waitpid(pid, status, 0) < 0 || !WIFSTOPPED(*status)) {
        die("the child did not stop");
    }
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) != 0) {
        die("ptrace");
    }
    long sig = 0;
    for (;;) {
        if (ptrace(PTRACE_CONT, pid, NULL, sig) != 0 || waitpid(pid, status, 0) < 0) {
            die("ptrace");
        }
        if (!WIFSTOPPED(*status)) {
            return false;
        }
        if (*status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
            return ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0;
        }
        sig = WSTOPSIG(*status);
    }
}

static void print_hex(const char *buf, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        printf("%02x", (unsigned)(unsigned char)buf[i]);
    }
    printf(length == 0 ? "- " : " ");
}

static void print_string(const char *text)
{
    if (text == NULL) {
        printf("none ");
    } else {
        print_hex(text, strlen(text));
    }
}

static void run(const char *path, const char *root)
{
    int output[2], fault[2], status, number = 0;
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(fault, O_CLOEXEC) != 0) {
        die("pipe2");
    }
    pid_t pid = fork();
    if (pid < 0) {
        die("fork");
    }
    if (pid == 0) {
        child(path, root, output[1], fault[1]);
    }
    close(output[1]);
    close(fault[1]);
    bool started = passes_exec(pid, &status), late = false;
    long long deadline = now_ms() + TIMEOUT_MS;
    char buf[OUTPUT_MAX];
    size_t length = drain(output[0], buf, deadline);
    if (started) {
        status = wait_until(pid, deadline, &late);
    }
    if (read(fault[0], &number, sizeof number) == sizeof number) {
        printf("errno %d", number);
    } else if (late) {
        printf("timeout 0");
    } else if (WIFSIGNALED(status)) {
        printf("%s %d", started ? "signal" : "killed", WTERMSIG(status));
    } else {
        printf("exit %d", WEXITSTATUS(status));
    }
    close(output[0]);
    close(fault[0]);
    putchar(' ');
    print_hex(buf, length);
}

static void parse(const char *path, struct ig_image *image)
{
    struct ig_error e;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        die(path);
    }
    struct ig_bytes bytes = ig_bytes_of_fd(fd, (uint64_t)st.st_size);
    if (ig_image_parse(&bytes, image, &e) != 0) {
        fprintf(stderr, "%s: %s\n", path, e.text);
        exit(3);
    }
    close(fd);
}

static void print_program(const struct ig_image *image)
{
    const char *interp = image->interp != NULL ? image->interp : "-";
    for (const char *s = interp; *s != '\0'; s++) {
        interp = *s > ' ' && *s < 127 ? interp : "?";
    }
    printf("%s %s%s%s", *interp != '\0' ? interp : "?",
           image->refusal != 0 ? image->refusal_text : "",
           image->broken_text != NULL ? " / " : "",
           image->broken_text != NULL ? image->broken_text : "");
}

static const char *content(const char *path, char *buf, size_t size)
{
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(buf, 1, size - 1, f) : 0;
    if (f != NULL) {
        fclose(f);
    }
    buf[n] = '\0';
    return buf;
}

/* Does the gate say that this node's kernel refuses so much memory? */
static bool too_much_memory(const struct ig_image *image)
{
    char overcommit[64], meminfo[8192];
    struct sysinfo node;
    if (image->broken_text != NULL || sysinfo(&node) != 0) {
        return false;
    }
    uint64_t total = ((uint64_t)node.totalram + node.totalswap) * node.mem_unit;
    return ig_image_memory(image, false) >
           ig_commit_limit(content("/proc/sys/vm/overcommit_memory", overcommit, sizeof overcommit),
                           total, content("/proc/meminfo", meminfo, sizeof meminfo));
}

static void report(const char *path, const char *root, const struct ig_machine *machine)
{
    struct ig_image image;
    char below[8192];
    snprintf(below, sizeof below, "%s%s", root != NULL ? root : "", path);
    parse(below, &image);
    printf("%d %d %d ", image.refusal,
           image.kind == IG_IMAGE_SCRIPT || ig_machine_runs(machine, &image),
           image.broken_text != NULL || too_much_memory(&image));
    if (image.script_interp != NULL) {
        print_string(image.script_interp);
        print_string(image.script_arg);
    } else {
        print_program(&image);
    }
    putchar('\n');
    ig_image_free(&image);
}

static void report_loader(char *line)
{
    char *program_path = strchr(line, ' ');
    if (program_path == NULL) {
        exit(2);
    }
    *program_path++ = '\0';
    struct ig_image loader, program;
    char text[512] = "";
    parse(line, &loader);
    parse(program_path, &program);
    int number = ig_image_loader_fault(&loader, &program, text, sizeof text);
    printf("%d %s\n", number, text);
    ig_image_free(&loader);
    ig_image_free(&program);
}

int main(int argc, char **argv)
{
    bool loaders = false, runs = true;
    const char *root = NULL;
    struct utsname names;
    for (int i = 1; i < argc; i++) {
        loaders |= strcmp(argv[i], "--loader") == 0;
        runs &= strcmp(argv[i], "--parse") != 0;
        root = strcmp(argv[i], "--chroot") == 0 ? argv[++i] : root;
    }
    if (uname(&names) != 0) {
        die("uname");
    }
    const struct ig_machine *machine = ig_machine_find(names.machine);
    if (machine == NULL) {
        die("this machine is not in the table");
    }
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (loaders) {
            report_loader(line);
        } else {
            if (runs) {
                run(line, root);
            }
            report(line, root, machine);
        }
        fflush(stdout);
    }
    return 0;
}
