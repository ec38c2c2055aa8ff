/* SPDX-License-Identifier: Apache-2.0 */
#include "initgate.h"

#include <stdio.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/run.h"
#include "checks/scan.h"
#include "core/mem.h"
#include "crypto/digest.h"
#include "elf/image.h"
#include "policy/cjson_version.h"
#include "policy/policy.h"
#include "report/format.h"
#include "version.h"

enum { STALL_DEFAULT = 60, TIMEOUT_DEFAULT = 3600 };

struct ig_policy *ig_policy_empty(void)
{
    return ig_policy_new(ig_check_specs);
}

int ig_policy_from_json(const char *text, size_t length, struct ig_policy **policy,
                        struct ig_error *e)
{
    return ig_policy_parse(text, length, ig_check_specs, policy, e);
}

int ig_policy_add_binary(struct ig_policy *policy, const char *path, const char *sha256,
                         struct ig_error *e)
{
    return ig_policy_add(policy, ig_check_specs, IG_KIND_BINARY, path, sha256, e);
}

int ig_policy_add_checksums(struct ig_policy *policy, const char *text, size_t length,
                            struct ig_error *e)
{
    return ig_policy_add_sums(policy, ig_check_specs, text, length, e);
}

static struct ig_container_mounts mounts_of(const struct ig_options *options)
{
    return (struct ig_container_mounts){options->container_mounts, options->container_mount_count};
}

int ig_policy_add_scan(struct ig_policy *policy, const struct ig_options *options, const char *dir,
                       struct ig_error *e)
{
    const struct ig_machine *machine;
    struct ig_container_mounts mounts = mounts_of(options);
    if (ig_machine_choose(options->platform, &machine, e) != 0 ||
        ig_hidden_check(&mounts, e) != 0) {
        return -1;
    }
    return ig_scan_add(policy, options->root, dir, machine, &mounts, e);
}

int ig_policy_add_writers(struct ig_policy *policy, struct ig_error *e)
{
    size_t volumes = 0;
    for (size_t i = 0; i < policy->subject_count; i++) {
        struct ig_setting *s = ig_subject_setting(&policy->subjects[i], "volume.writers");
        if (s != NULL) {
            s->given = true;
            volumes++;
        }
    }
    return volumes > 0 ? 0 : ig_error_set(e, 0, "the policy names no volume");
}

int ig_verify(const struct ig_policy *policy, const struct ig_options *options,
              struct ig_report **report, bool *abandoned, struct ig_error *e)
{
    struct ig_run_options run = {
        .root = options->root,
        .mounts = mounts_of(options),
        .stall = options->stall != 0 ? options->stall : STALL_DEFAULT,
        .timeout = options->timeout != 0 ? options->timeout : TIMEOUT_DEFAULT,
        .settle = options->settle,
        .progress = options->progress,
        .progress_context = options->progress_context,
    };
    if (ig_policy_check(policy, e) != 0 || ig_hidden_check(&run.mounts, e) != 0 ||
        ig_machine_choose(options->platform, &run.machine, e) != 0) {
        return -1;
    }
    return ig_run(policy, &run, report, abandoned, e);
}

int ig_report_exit(const struct ig_report *report)
{
    return ig_report_exit_code(report);
}

int ig_report_exit_warn_only(const struct ig_report *report)
{
    int code = ig_report_exit_code(report);
    if (code != IG_EXIT_FAIL) {
        return code;
    }
    return ig_report_count(report, IG_STATUS_ERROR) > 0 ? IG_EXIT_ERROR : IG_EXIT_PASS;
}

static bool rule_of_check(size_t n, struct ig_rule *rule)
{
    struct ig_check_info info;
    if (!ig_check_info(n, &info)) {
        return false;
    }
    *rule = (struct ig_rule){info.id, info.summary, info.means, info.matters, info.mend};
    return true;
}

char *ig_report_write(const struct ig_report *report, const char *format,
                      const struct ig_write_options *options)
{
    const struct ig_formatter *formatter = ig_formatter_find(format);
    struct ig_format_options how = {
        .colour = options->colour,
        .quiet = options->quiet,
        .exit_code = options->warn_only ? ig_report_exit_warn_only(report)
                                        : ig_report_exit(report),
        .version = IG_VERSION,
        .rule = rule_of_check,
    };
    struct ig_buf out = {0};
    if (formatter == NULL) {
        return NULL;
    }
    formatter->write(report, &how, &out);
    return ig_buf_steal(&out);
}

char *ig_report_termination(const struct ig_report *report)
{
    struct ig_buf out = {0};
    ig_format_termination(report, &out);
    return ig_buf_steal(&out);
}

const char *const *ig_format_names(void)
{
    static const char *names[IG_FORMAT_COUNT + 1];
    for (size_t i = 0; i < IG_FORMAT_COUNT; i++) {
        names[i] = ig_formatters[i].name;
    }
    return names;
}

bool ig_check_info(size_t n, struct ig_check_info *info)
{
    static const char *const families[IG_KIND_COUNT] = {
        [IG_KIND_BINARY] = "binaries",
        [IG_KIND_FILE] = "files",
        [IG_KIND_PROC] = "proc",
        [IG_KIND_VOLUME] = "volumes",
    };
    for (size_t i = 0; i <= n; i++) {
        if (ig_checks[i] == NULL) {
            return false;
        }
    }
    const struct ig_check *check = ig_checks[n];
    *info = (struct ig_check_info){
        .id = check->spec.id,
        .family = families[check->spec.kind],
        .key = check->spec.key,
        .on_request = check->spec.on_request,
        .summary = check->spec.summary,
        .means = check->means,
        .matters = check->matters,
        .mend = check->mend,
    };
    return true;
}

char *ig_schema(void)
{
    struct ig_buf out = {0};
    ig_policy_schema(ig_check_specs, &out);
    return ig_buf_steal(&out);
}

static const char *libc_version(void)
{
#ifdef __GLIBC__
    static char text[32];
    snprintf(text, sizeof text, "glibc %s", gnu_get_libc_version());
    return text;
#else
    return IG_LIBC;
#endif
}

struct ig_version_info ig_version(void)
{
    return (struct ig_version_info){
        .version = IG_VERSION,
        .build = IG_BUILD,
        .libc = libc_version(),
        .libcrypto = ig_crypto_version(),
        .libelf = ig_elf_version(),
        .cjson = ig_cjson_version(),
    };
}
