/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <string.h>

#include "core/mem.h"
#include "core/text.h"

/* A day: longer than any rollout waits. */
enum { SECONDS_MAX = 86400 };

/* An image can set variables. So none turns the gate to another root or another machine, or lets it
 * search a folder: those are flags alone. */
static const struct option table[OPT_COUNT] = {
    [OPT_POLICY] = {"policy", "FILE", "INITGATE_POLICY", "the policy (JSON); - reads standard input"},
    [OPT_BINARY] = {"binary", "PATH", "INITGATE_BINARY", "check this program; may repeat"},
    [OPT_SHA256] = {"sha256", "HEX", "INITGATE_SHA256",
                    "the SHA256 that the --binary before it must have"},
    [OPT_SHA256SUMS] = {"sha256sums", "FILE", "INITGATE_SHA256SUMS",
                        "check the files of a checksum file (GNU or BSD form)"},
    [OPT_SCAN] = {"scan", "DIR", NULL,
                  "check machine, loader, libraries and symbols of every ELF file below DIR"},
    [OPT_RUN_AS] = {"run-as", "UID:GID[,GID...]", "INITGATE_RUN_AS",
                    "the user that the program will run as"},
    [OPT_ROOT] = {"root", "DIR", NULL,
                  "look programs and files up below DIR, never outside it"},
    [OPT_PLATFORM] = {"platform", "OS/ARCH", NULL,
                      "judge for another machine, as linux/arm64"},
    [OPT_CONTAINER_MOUNT] = {"container-mount", "PATH", NULL,
                             "the container has a volume there: without an entry in the policy's "
                             "volumes nothing there can be judged; may repeat"},
    [OPT_FORMAT] = {"format", "FORMAT", "INITGATE_FORMAT", "how to print it"},
    [OPT_OUTPUT] = {"output", "FILE", "INITGATE_OUTPUT", "write to FILE, not to standard output"},
    [OPT_QUIET] = {"quiet", NULL, "INITGATE_QUIET",
                   "text: only what failed, warned or could not be evaluated"},
    [OPT_STALL] = {"stall", "SECONDS", "INITGATE_STALL",
                   "give up (exit 3) after so long without progress; default 60"},
    [OPT_TIMEOUT] = {"timeout", "SECONDS", "INITGATE_TIMEOUT",
                     "give up (exit 3) after so long in all; default 3600"},
    [OPT_SETTLE] = {"settle", "SECONDS", "INITGATE_SETTLE",
                    "wait until the volumes have not changed for so long, within --timeout"},
    [OPT_TERMINATION_LOG] = {"termination-log", "FILE", "INITGATE_TERMINATION_LOG",
                             "where the pod's status is told why; default /dev/termination-log "
                             "where that exists"},
    [OPT_WARN_ONLY] = {"warn-only", NULL, NULL,
                       "exit 0 although a check failed; what could not be checked still exits 2 "
                       "or 3"},
    [OPT_TRACE] = {"trace", NULL, "INITGATE_TRACE", "every place where a library was looked for"},
    [OPT_VOLUME] = {"volume", "DIR", "INITGATE_VOLUME", "measure this folder as a volume; may repeat"},
    [OPT_MANIFEST] = {"manifest", "FILE", "INITGATE_MANIFEST",
                      "write what the one --volume holds, a line an entry, and name it in the policy"},
    [OPT_WITHOUT] = {"without", "owner[,mode]", "INITGATE_WITHOUT",
                     "leave owners or modes out (fsGroup rewrites them)"},
    [OPT_IGNORE] = {"ignore", "PATH", "INITGATE_IGNORE",
                    "leave PATH, relative to the volume, out with all below it; may repeat"},
    [OPT_HELP] = {"help", NULL, NULL, "show this"},
};

const struct option *option_table(void)
{
    return table;
}

static int find_option(const char *name, size_t length, unsigned accepted)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        if ((accepted & OPT_BIT(i)) != 0 && strlen(table[i].name) == length &&
            strncmp(table[i].name, name, length) == 0) {
            return i;
        }
    }
    return -1;
}

static int unknown_option(const char *argument, unsigned accepted, struct ig_error *e)
{
    const char *names[OPT_COUNT + 1] = {0};
    size_t n = 0;
    for (int i = 0; i < OPT_COUNT; i++) {
        if ((accepted & OPT_BIT(i)) != 0) {
            names[n++] = table[i].name;
        }
    }
    IG_AUTO_FREE char *word = ig_strndup(argument + strspn(argument, "-"),
                                         strcspn(argument + strspn(argument, "-"), "="));
    const char *near = ig_suggest(word, names);
    return ig_error_set(e, 0, "unknown flag %s%s%s%s", argument,
                        near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                        near != NULL ? "?" : "");
}

static int add_binary(struct options *o, const char *path)
{
    o->binaries = ig_realloc_array(o->binaries, o->binary_count + 1, sizeof *o->binaries);
    o->binaries[o->binary_count++] = (struct binary_option){.path = path};
    return 0;
}

static int add_to_list(struct list_option *to, const char *value)
{
    to->list = ig_realloc_array(to->list, to->count + 1, sizeof *to->list);
    to->list[to->count++] = value;
    return 0;
}

static bool blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static int add_digest(struct options *o, const char *hex, const char *source, struct ig_error *e)
{
    if (o->binary_count == 0) {
        return ig_error_set(e, 0, "%s: names no --binary before it", source);
    }
    struct binary_option *last = &o->binaries[o->binary_count - 1];
    if (last->sha256 != NULL) {
        return ig_error_set(e, 0, "%s: given twice for %s", source, last->path);
    }
    last->sha256 = hex;
    return 0;
}

static int seconds(const char *text, const char *source, unsigned *out, struct ig_error *e)
{
    unsigned long long value = 0;
    if (*out != 0) {
        return ig_error_set(e, 0, "%s: given twice", source);
    }
    if (!ig_parse_uint(text, SECONDS_MAX, &value) || value == 0) {
        return ig_error_set(e, 0, "%s: \"%s\" is not a number of seconds from 1 to %d", source,
                            text, SECONDS_MAX);
    }
    *out = (unsigned)value;
    return 0;
}

/* SOURCE is "--policy" or "INITGATE_POLICY". */
static int take_value(struct options *o, int id, const char *value, const char *source,
                      struct ig_error *e)
{
    if (blank(value)) {
        return ig_error_set(e, 0, "%s: is empty", source);
    }
    switch (id) {
    case OPT_BINARY:
        return add_binary(o, value);
    case OPT_SHA256:
        return add_digest(o, value, source, e);
    case OPT_VOLUME:
        return add_to_list(&o->volumes, value);
    case OPT_IGNORE:
        return add_to_list(&o->ignored, value);
    case OPT_CONTAINER_MOUNT:
        return add_to_list(&o->container_mounts, value);
    case OPT_STALL:
        return seconds(value, source, &o->stall, e);
    case OPT_SETTLE:
        return seconds(value, source, &o->settle, e);
    case OPT_TIMEOUT:
        return seconds(value, source, &o->timeout, e);
    default:
        if (o->value[id] != NULL && strcmp(o->value[id], value) != 0) {
            return ig_error_set(e, 0, "%s: given twice", source);
        }
        o->value[id] = value;
        return 0;
    }
}

static int take_flag(struct options *o, unsigned accepted, size_t argc, char **argv, size_t *i,
                     struct ig_error *e)
{
    const char *argument = argv[*i];
    const char *name = argument + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    int id = find_option(name, length, accepted);
    if (id < 0) {
        return unknown_option(argument, accepted, e);
    }
    IG_AUTO_FREE char *source = ig_format("--%s", table[id].name);
    if (table[id].argument == NULL) {
        if (equals != NULL) {
            return ig_error_set(e, 0, "%s: takes no value", source);
        }
        o->given[id] = true;
        return 0;
    }
    if (equals != NULL) {
        return take_value(o, id, equals + 1, source, e);
    }
    if (*i + 1 >= argc) {
        return ig_error_set(e, 0, "%s: lacks its %s", source, table[id].argument);
    }
    (*i)++;
    return take_value(o, id, argv[*i], source, e);
}

static void add_operand(struct options *o, const char *operand)
{
    o->operands = ig_realloc_array(o->operands, o->operand_count + 1, sizeof *o->operands);
    o->operands[o->operand_count++] = operand;
}

static int take_switch(struct options *o, int id, const char *value, struct ig_error *e)
{
    if (strcmp(value, "1") == 0 || strcmp(value, "true") == 0) {
        o->given[id] = true;
    } else if (strcmp(value, "0") != 0 && strcmp(value, "false") != 0) {
        return ig_error_set(e, 0, "%s: \"%s\" is neither true nor false", table[id].variable,
                            value);
    }
    return 0;
}

/* INITGATE_BINARY comes with INITGATE_SHA256. */
static int take_binary_variables(struct options *o, struct ig_error *e)
{
    const char *path = getenv(table[OPT_BINARY].variable);
    const char *sha256 = getenv(table[OPT_SHA256].variable);
    if (path == NULL && sha256 != NULL) {
        return ig_error_set(e, 0, "INITGATE_SHA256: is set without INITGATE_BINARY");
    }
    if (path != NULL && add_binary(o, path) == 0 && sha256 != NULL) {
        return add_digest(o, sha256, "INITGATE_SHA256", e);
    }
    return 0;
}

static const unsigned what_to_check = OPT_BIT(OPT_POLICY) | OPT_BIT(OPT_BINARY) |
                                      OPT_BIT(OPT_SHA256SUMS) | OPT_BIT(OPT_VOLUME);

/* Does the command line itself say what to check? */
static bool flags_say_what(const struct options *o)
{
    return o->value[OPT_POLICY] != NULL || o->value[OPT_SHA256SUMS] != NULL ||
           o->value[OPT_SCAN] != NULL || o->binary_count > 0 || o->volumes.count > 0 ||
           o->operand_count > 0;
}

/* May the variable of ID, which is set to VALUE, count beside the flags? An image can set variables,
 * so they add nothing to what the pod's author wrote, and replace nothing of it. */
static int judge_variable(const struct options *o, int id, const char *value, struct ig_error *e)
{
    const char *given = o->value[id];
    bool about_policy = id == OPT_RUN_AS && o->value[OPT_POLICY] != NULL;
    if (given != NULL && strcmp(given, value) == 0) {
        return 0;
    }
    if (given != NULL && (id == OPT_POLICY || id == OPT_SHA256SUMS || id == OPT_RUN_AS)) {
        return ig_error_set(e, 0, "--%s and %s contradict each other", table[id].name,
                            table[id].variable);
    }
    if (about_policy || ((what_to_check & OPT_BIT(id)) != 0 && flags_say_what(o))) {
        return ig_error_set(e, 0, "%s: the command line says what to check, and no variable may add "
                                  "to it; remove the variable, or give it as --%s",
                            table[id].variable, table[id].name);
    }
    return 0;
}

static int take_variable(struct options *o, int id, const char *value, struct ig_error *e)
{
    bool set_by_flag = o->value[id] != NULL || o->given[id] ||
                       (id == OPT_STALL && o->stall != 0) ||
                       (id == OPT_TIMEOUT && o->timeout != 0);
    if (set_by_flag || id == OPT_BINARY || id == OPT_SHA256) {
        return 0;
    }
    return table[id].argument != NULL ? take_value(o, id, value, table[id].variable, e)
                                      : take_switch(o, id, value, e);
}

static int take_variables(struct options *o, unsigned accepted, struct ig_error *e)
{
    const char *value[OPT_COUNT];
    for (int id = 0; id < OPT_COUNT; id++) {
        bool counts = (accepted & OPT_BIT(id)) != 0 && table[id].variable != NULL;
        value[id] = counts ? getenv(table[id].variable) : NULL;
        if (value[id] != NULL && judge_variable(o, id, value[id], e) != 0) {
            return -1;
        }
    }
    if ((accepted & OPT_BIT(OPT_BINARY)) != 0 && take_binary_variables(o, e) != 0) {
        return -1;
    }
    for (int id = 0; id < OPT_COUNT; id++) {
        if (value[id] != NULL && take_variable(o, id, value[id], e) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The pod's status shall tell of a wrong flag too, wherever it stands. */
static void find_termination_log(struct options *o, size_t argc, char **argv)
{
    static const char flag[] = "--termination-log";
    size_t n = strlen(flag);
    for (size_t i = 0; i < argc && argv[i] != NULL && o->value[OPT_TERMINATION_LOG] == NULL;
         i++) {
        const char *value = strncmp(argv[i], flag, n) != 0 ? NULL :
                            argv[i][n] == '='              ? argv[i] + n + 1 :
                            argv[i][n] == '\0' && i + 1 < argc ? argv[i + 1] : NULL;
        if (value != NULL && !blank(value)) {
            o->value[OPT_TERMINATION_LOG] = value;
        }
    }
}

static int parse(struct options *o, unsigned accepted, size_t argc, char **argv,
                 struct ig_error *e)
{
    bool flags = true;
    for (size_t i = 0; i < argc; i++) {
        if (flags && strcmp(argv[i], "--") == 0) {
            flags = false;
        } else if (flags && strcmp(argv[i], "-h") == 0) {
            o->given[OPT_HELP] = true;
        } else if (flags && strncmp(argv[i], "--", 2) == 0) {
            if (take_flag(o, accepted, argc, argv, &i, e) != 0) {
                return -1;
            }
        } else if (flags && argv[i][0] == '-' && argv[i][1] != '\0') {
            return unknown_option(argv[i], accepted, e);
        } else {
            add_operand(o, argv[i]);
        }
    }
    if (o->given[OPT_HELP]) {
        return 0;
    }
    return options_check_environment(e) != 0 ? -1 : take_variables(o, accepted, e);
}

int options_parse(struct options *o, unsigned accepted, size_t argc, char **argv,
                  struct ig_error *e)
{
    *o = (struct options){0};
    if (parse(o, accepted | OPT_BIT(OPT_HELP), argc, argv, e) == 0) {
        return 0;
    }
    if ((accepted & OPT_BIT(OPT_TERMINATION_LOG)) != 0) {
        find_termination_log(o, argc, argv);
    }
    return -1;
}

void options_free(struct options *o)
{
    free(o->binaries);
    free(o->operands);
    free(o->volumes.list);
    free(o->ignored.list);
    free(o->container_mounts.list);
    *o = (struct options){0};
}
