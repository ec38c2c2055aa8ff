/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs two commands in turns and compares them.
 *
 *   timeit [-o] PAIRS COMMAND... -- COMMAND...
 *
 * Writes one line: wall ms of the first and the second, CPU ms of both (user and system, threads
 * and children included), the medians of the ratios of each pair (wall, CPU), and the peak RSS of
 * both in KiB. Times are medians. With -o the second command measures itself: it writes
 * "WALL CPU", in seconds. Exit status 1 where a command does not exit with 0.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cost {
    double wall, cpu;
    long rss;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* vfork, because a copied address space would be part of what is measured. */
static struct cost run(char **command, int output)
{
    struct rusage usage;
    int status;
    double start = now();
    pid_t pid = vfork();
    if (pid == 0) {
        dup2(output, 1);
        execvp(command[0], command);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
        die(command[0]);
    }
    double wall = now() - start;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "timeit: %s ended with status 0x%x\n", command[0], (unsigned)status);
        exit(1);
    }
    return (struct cost){wall, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
                         usage.ru_maxrss};
}

static struct cost run_measuring_itself(char **command)
{
    int ends[2];
    char text[128] = "";
    if (pipe2(ends, O_CLOEXEC) != 0) {
        die("pipe2");
    }
    struct cost cost = run(command, ends[1]);
    close(ends[1]);
    if (read(ends[0], text, sizeof text - 1) < 0 ||
        sscanf(text, "%lf %lf", &cost.wall, &cost.cpu) != 2) {
        fprintf(stderr, "timeit: %s wrote no times\n", command[0]);
        exit(1);
    }
    close(ends[0]);
    return cost;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

int main(int argc, char **argv)
{
    int self = argc > 1 && strcmp(argv[1], "-o") == 0;
    char **first = argv + 2 + self;
    long pairs = argc > 1 + self ? strtol(argv[1 + self], NULL, 10) : 0;
    char **second = argc > 2 + self ? first : argv + argc;
    while (*second != NULL && strcmp(*second, "--") != 0) {
        second++;
    }
    if (pairs < 1 || *second == NULL || second == first || second[1] == NULL) {
        fprintf(stderr, "usage: timeit [-o] PAIRS COMMAND... -- COMMAND...\n");
        return 2;
    }
    *second++ = NULL;
    enum { WALL_A, WALL_B, CPU_A, CPU_B, WALL_RATIO, CPU_RATIO, SERIES };
    double *series[SERIES];
    for (int i = 0; i < SERIES; i++) {
        series[i] = calloc((size_t)pairs, sizeof **series);
        if (series[i] == NULL) {
            die("calloc");
        }
    }
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    long rss_a = 0, rss_b = 0;
    for (long i = 0; i < pairs; i++) {
        struct cost a = run(first, null);
        struct cost b = self ? run_measuring_itself(second) : run(second, null);
        series[WALL_A][i] = a.wall * 1e3;
        series[WALL_B][i] = b.wall * 1e3;
        series[CPU_A][i] = a.cpu * 1e3;
        series[CPU_B][i] = b.cpu * 1e3;
        series[WALL_RATIO][i] = a.wall / b.wall;
        series[CPU_RATIO][i] = a.cpu / b.cpu;
        rss_a = a.rss > rss_a ? a.rss : rss_a;
        rss_b = b.rss > rss_b ? b.rss : rss_b;
    }
    for (int i = 0; i < SERIES; i++) {
        printf("%.3f ", median(series[i], (size_t)pairs));
        free(series[i]);
    }
    printf("%ld %ld\n", rss_a, rss_b);
    return 0;
}
