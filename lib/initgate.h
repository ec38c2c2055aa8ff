/* SPDX-License-Identifier: Apache-2.0 */
/*
 * initgate as a library: policy in, report out. This is its only public header;
 * the command is built on nothing else (but lib/core's strings).
 *
 * Conventions: functions return 0, or -1 with the sentence in *E, which is
 * untouched on success and may be NULL. Pointers returned through an argument
 * belong to the caller and go back through the function that the text names.
 * Strings are UTF-8 or raw file names; the library keeps copies. Nothing here
 * is safe to call on one object from two threads. When memory runs out the
 * process ends with exit code 3.
 */
#ifndef INITGATE_H
#define INITGATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* Exit codes, and what ig_report_exit() returns. */
enum {
    IG_EXIT_PASS = 0,   /* all checks passed */
    IG_EXIT_FAIL = 1,   /* a check failed */
    IG_EXIT_USAGE = 2,  /* wrong usage or policy: nothing was checked */
    IG_EXIT_ERROR = 3,  /* something could not be evaluated, or the report not written */
};

struct ig_policy;
struct ig_report;

/* --- policies ------------------------------------------------------------ */

/* The largest policy or checksum file that is read, in bytes. */
#define IG_INPUT_MAX ((size_t)16 << 20)

/* One that asks for nothing yet, or one from JSON (strict: doc/policy.md). ig_policy_free(). */
struct ig_policy *ig_policy_empty(void);
int ig_policy_from_json(const char *text, size_t length, struct ig_policy **policy,
                        struct ig_error *e);
void ig_policy_free(struct ig_policy *policy);

/* Add subjects; never replaces or relaxes what POLICY says. SHA256 is hex or NULL. */
int ig_policy_add_binary(struct ig_policy *policy, const char *path, const char *sha256,
                         struct ig_error *e);
int ig_policy_add_checksums(struct ig_policy *policy, const char *text, size_t length,
                            struct ig_error *e);
/* "UID:GID[,GID...]" */
int ig_policy_add_run_as(struct ig_policy *policy, const char *run_as, struct ig_error *e);

/* Ask of every volume that nobody writes to it (volume.writers), but where POLICY switched that off. -1
 * where it names no volume. */
int ig_policy_add_writers(struct ig_policy *policy, struct ig_error *e);

struct ig_options;
/* A subject for each ELF program and library below DIR (of options->root), with the checks machine,
 * interpreter, libraries and symbols. -1 with number 0 where there is none, with an errno where a
 * part cannot be looked at. */
int ig_policy_add_scan(struct ig_policy *policy, const struct ig_options *options, const char *dir,
                       struct ig_error *e);

/* --- verifying ----------------------------------------------------------- */

/* How far a run has come. The totals are what is known so far: a volume's files count from when it was
 * listed. */
struct ig_progress {
    double seconds;                          /* since it began */
    size_t checks, checks_total;
    unsigned long long files, files_total;   /* whose content is compared */
    unsigned long long bytes, bytes_total;   /* read of them */
    const char *current;                     /* of ig_inspect(): the file it looks at; else NULL */
};

struct ig_options {
    const char *root;      /* judge what lies below this directory; NULL: "/" */
    const char *platform;  /* "linux/arm64"; NULL: this machine */
    /* The mountPath of each volume that the container to be judged mounts. Those that the policy's
     * `volumes` does not name are not seen here: no look-up may come there. Of ig_verify() and
     * ig_policy_add_scan() alone. */
    const char *const *container_mounts;
    size_t container_mount_count;
    unsigned stall;        /* seconds without progress until the run ends; 0: 60 */
    unsigned timeout;      /* seconds until it ends; 0: 3600 */
    unsigned settle;       /* seconds that the volumes must have been quiet for; 0: do not wait */
    /* Called about once a second, by ig_inspect() of a folder before each file. May be NULL. */
    void (*progress)(void *context, const struct ig_progress *progress);
    void *progress_context;
};

/* Judge. -1 where POLICY or OPTIONS ask for something impossible (e->number 0: wrong usage) or
 * nothing could be evaluated (e->number is an errno). *ABANDONED: a read hangs; write the report and
 * end the process without freeing anything. */
int ig_verify(const struct ig_policy *policy, const struct ig_options *options,
              struct ig_report **report, bool *abandoned, struct ig_error *e);

/* IG_EXIT_... of a report. */
int ig_report_exit(const struct ig_report *report);
/* The same as if no check had failed (--warn-only): what could not be evaluated stays
 * IG_EXIT_ERROR. */
int ig_report_exit_warn_only(const struct ig_report *report);
struct ig_write_options {
    bool colour;     /* text: with ANSI colours */
    bool quiet;      /* text: only what failed, warned or could not be evaluated */
    bool warn_only;  /* the process will end with ig_report_exit_warn_only(); SARIF tells */
};
/* The report in FORMAT, malloc'd. NULL for a format that ig_format_names() lacks. */
char *ig_report_write(const struct ig_report *report, const char *format,
                      const struct ig_write_options *options);
/* For a pod's termination log: at most 4096 bytes, malloc'd. */
char *ig_report_termination(const struct ig_report *report);
void ig_report_free(struct ig_report *report);
/* "text", "json", ...; NULL-terminated. */
const char *const *ig_format_names(void);

/* --- explaining ---------------------------------------------------------- */

struct ig_check_info {
    const char *id;       /* "binary.sha256" */
    const char *family;   /* the policy's key: "binaries", "files", "proc", "volumes" */
    const char *key;      /* under the subject: "sha256" */
    bool on_request;      /* runs only where the policy names its key */
    const char *summary;  /* passes when ... */
    const char *means, *matters, *mend;  /* paragraphs */
};
/* The N-th check in evaluation order. False beyond the last. Strings are static. */
bool ig_check_info(size_t n, struct ig_check_info *info);

/* JSON Schema of the policy, malloc'd. */
char *ig_schema(void);

struct ig_version_info {
    const char *version, *build, *libc, *libcrypto, *libelf, *cjson;
};
struct ig_version_info ig_version(void);

/* --- looking ------------------------------------------------------------- */

/* One binary explained, judging nothing, or each of those below a folder that ig_policy_add_scan()
 * would take, in FORMAT "text", "json" or "dot" (the library graph); with TRACE every place where a
 * library was looked for, in order. Returns IG_EXIT_PASS; IG_EXIT_USAGE of a folder without any; or
 * IG_EXIT_ERROR. *OUT is malloc'd, or NULL where nothing can be explained: of a folder that was read
 * in part it has the rest and names what was not. */
int ig_inspect(const char *path, const struct ig_options *options, const char *format, bool trace,
               char **out, struct ig_error *e);

/* Folders to measure as volumes. */
struct ig_measure_volumes {
    const char *const *paths;   /* COUNT of them */
    size_t count;
    const char *const *ignore;  /* relative to each; left out with all below them */
    size_t ignore_count;
    bool without_owner, without_mode;
    /* Of exactly one volume: where its manifest will lie (absolute, for the policy), and what receives
     * its text; both NULL for none. Once WRITE was called a failure leaves it cut short. */
    const char *manifest;
    int (*write)(void *context, const char *data, size_t size, struct ig_error *e);
    void *context;
};

/* A policy (JSON) for the known-good state of COUNT paths and of VOLUMES (may be NULL), which
 * ig_verify() then accepts. */
int ig_measure(const char *const *paths, size_t count, const struct ig_measure_volumes *volumes,
               const struct ig_options *options, char **out, struct ig_error *e);

#endif
