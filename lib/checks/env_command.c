/* SPDX-License-Identifier: Apache-2.0 */
#include "checks/env_command.h"

#include <errno.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"

/* The kernel's line has 256 bytes: no more words than that, and each -S must come out of one. */
enum { WORDS_MAX = 256 };

struct words {
    char *list[WORDS_MAX];
    size_t count;
};

struct env {
    bool busybox;
    ig_env_lookup *lookup;
    const void *context;
    struct words words;
    bool path_unset;
    struct ig_env_command *out;
    struct ig_error *e;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The word that is being put together by -S. */
struct splitter {
    struct words *words;
    struct ig_buf word;
    bool open;           /* a word has begun, empty quotes included */
    char quote;          /* ' or " or 0 */
};

static void end_word(struct splitter *s)
{
    if (s->open && s->words->count < WORDS_MAX) {
        s->words->list[s->words->count++] = ig_buf_steal(&s->word);
    }
    ig_buf_free(&s->word);
    s->open = false;
}

static void add_byte(struct splitter *s, char c)
{
    s->open = true;
    ig_buf_add(&s->word, &c, 1);
}

/* Behind a backslash; *P is advanced past the sequence. 1: the string ends here. */
static int escape(struct splitter *s, const char **p, struct ig_error *e)
{
    static const char from[] = "\"#$'\\fnrtv", to[] = "\"#$'\\\f\n\r\t\v";
    char c = *(*p)++;
    const char *known = c != '\0' ? strchr(from, c) : NULL;
    if (known != NULL) {
        add_byte(s, to[known - from]);
    } else if (c == '_' && s->quote == '"') {
        add_byte(s, ' ');
    } else if (c == '_') {
        end_word(s);
    } else if (c == 'c' && s->quote != '"') {
        return 1;
    } else if (c == 'c') {
        return ig_error_set(e, 0, "env stops: '\\c' must not appear in double-quoted -S string");
    } else if (c == '\0') {
        return ig_error_set(e, 0, "env stops: invalid backslash at end of string in -S");
    } else {
        return ig_error_set(e, 0, "env stops: invalid sequence '\\%c' in -S", c);
    }
    return 0;
}

static bool name_byte(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

/* "${NAME}" at *P, which is advanced past it. */
static int variable(const struct env *env, struct splitter *s, const char **p)
{
    const char *start = *p + 2;
    const char *end = start;
    bool known = true;
    while ((*p)[1] == '{' && name_byte(*end, end == start)) {
        end++;
    }
    if ((*p)[1] != '{' || end == start || *end != '}') {
        return ig_error_set(env->e, 0, "env stops: only ${VARNAME} expansion is supported, error "
                                       "at: %s", *p);
    }
    IG_AUTO_FREE char *name = ig_strndup(start, (size_t)(end - start));
    const char *value = env->lookup(env->context, name, &known);
    if (!known) {
        return ig_error_set(env->e, EINVAL, "what env starts depends on the variable %s, which the "
                                            "policy's env does not give", name);
    }
    if (value != NULL) {
        s->open = true;
        ig_buf_adds(&s->word, value);
    }
    *p = end + 1;
    return 0;
}

/* One step of build_argv() in coreutils' src/env.c. 1: the string ends here. */
static int split_step(const struct env *env, struct splitter *s, const char **p)
{
    char c = **p;
    if ((c == '\'' && s->quote != '"') || (c == '"' && s->quote != '\'')) {
        s->quote = s->quote == 0 ? c : 0;
        s->open = true;
        ++*p;
        return 0;
    }
    if (is_space(c) && s->quote == 0) {
        end_word(s);
        ++*p;
        return 0;
    }
    if (c == '#' && !s->open && s->quote == 0) {
        return 1;
    }
    if (c == '\\' && (s->quote != '\'' || (*p)[1] == '\\' || (*p)[1] == '\'')) {
        ++*p;
        return escape(s, p, env->e);
    }
    if (c == '$' && s->quote != '\'') {
        return variable(env, s, p);
    }
    add_byte(s, c);
    ++*p;
    return 0;
}

/* The words of TEXT in front of those from INDEX on. */
static int split(struct env *env, const char *text, size_t index)
{
    struct words *words = ig_alloc(sizeof *words);
    struct splitter s = {.words = words};
    int status = 0;
    for (const char *p = text; status == 0 && *p != '\0';) {
        status = split_step(env, &s, &p);
    }
    if (status == 0 && s.quote != 0) {
        status = ig_error_set(env->e, 0, "env stops: no terminating quote in -S string");
    }
    end_word(&s);
    size_t rest = env->words.count - index;
    if (status >= 0 && index + words->count + rest > WORDS_MAX) {
        status = ig_error_set(env->e, EINVAL, "its #! line gives env too many words");
    }
    if (status < 0) {
        for (size_t i = 0; i < words->count; i++) {
            free(words->list[i]);
        }
    } else {
        memmove(env->words.list + index + words->count, env->words.list + index,
                rest * sizeof *env->words.list);
        memcpy(env->words.list + index, words->list, words->count * sizeof *words->list);
        env->words.count += words->count;
    }
    free(words);
    return status < 0 ? -1 : 0;
}

static int refuse(const struct env *env, const char *option)
{
    return ig_error_set(env->e, 0, "env stops: %s has no option %s",
                        env->busybox ? "BusyBox's env" : "env", option);
}

static void unset(struct env *env, const char *name)
{
    if (strcmp(name, "PATH") == 0) {
        env->path_unset = true;
    }
}

/* Letters of the word at INDEX. 1: the word after it was its argument. */
static int short_options(struct env *env, size_t index)
{
    const char *word = env->words.list[index];
    for (const char *c = word + 1; *c != '\0'; c++) {
        bool has_next = index + 1 < env->words.count;
        char option[] = {'-', *c, '\0'};
        if (*c == 'i') {
            env->path_unset = true;
        } else if (*c == 'u') {
            if (c[1] == '\0' && !has_next) {
                return 0;  /* its argument is the script's path, which is no PATH */
            }
            unset(env, c[1] != '\0' ? c + 1 : env->words.list[index + 1]);
            return c[1] == '\0';
        } else if (*c == 'S' && !env->busybox) {
            if (c[1] != '\0') {
                return split(env, c + 1, index + 1);
            }
            if (!has_next) {
                return ig_error_set(env->e, EINVAL, "its #! line gives -S no string: env would "
                                                    "split the script's own path");
            }
            IG_AUTO_FREE char *text = env->words.list[index + 1];
            env->words.count--;
            memmove(env->words.list + index + 1, env->words.list + index + 2,
                    (env->words.count - index - 1) * sizeof *env->words.list);
            return split(env, text, index + 1);
        } else if (*c == '0' && !env->busybox) {
            return ig_error_set(env->e, 0, "env stops: -0 goes with no command");
        } else if (*c != (env->busybox ? '0' : 'v')) {
            return strchr("aC", *c) != NULL && !env->busybox
                       ? ig_error_set(env->e, EINVAL, "the gate cannot follow env's option %s",
                                      option)
                       : refuse(env, option);
        }
    }
    return 0;
}

static int long_option(struct env *env, size_t index)
{
    const char *word = env->words.list[index] + 2;
    if (strcmp(word, "ignore-environment") == 0) {
        env->path_unset = true;
    } else if (strncmp(word, "unset=", 6) == 0) {
        unset(env, word + 6);
    } else if (strncmp(word, "split-string=", 13) == 0) {
        return split(env, word + 13, index + 1);
    } else if (strcmp(word, "debug") != 0) {
        return ig_error_set(env->e, EINVAL, "the gate cannot follow env's option --%s", word);
    }
    return 0;
}

/* "" behind the last one. */
static const char *word_at(const struct env *env, size_t index)
{
    const char *word = index < env->words.count ? env->words.list[index] : NULL;
    return word != NULL ? word : "";
}

/* The index of the first operand, or -1. getopt_long() with a leading "+" stops there. */
static long options(struct env *env)
{
    size_t i = 0;
    for (const char *word; (word = word_at(env, i))[0] == '-' && word[1] != '\0';) {
        bool is_long = word[1] == '-';
        if (is_long && word[2] == '\0') {
            return (long)i + 1;
        }
        if (is_long && env->busybox) {
            return ig_error_set(env->e, EINVAL, "the gate cannot follow the option %s of BusyBox's "
                                                "env", word);
        }
        int taken = is_long ? long_option(env, i) : short_options(env, i);
        if (taken < 0) {
            return -1;
        }
        i += 1 + (size_t)taken;
    }
    return (long)i;
}

static int operands(struct env *env, size_t i)
{
    const char *path = NULL;
    if (strcmp(word_at(env, i), "-") == 0) {
        env->path_unset = true;
        i++;
    }
    for (const char *word; strchr(word = word_at(env, i), '=') != NULL; i++) {
        path = strncmp(word, "PATH=", 5) == 0 ? word + 5 : path;
    }
    if (i < env->words.count) {
        env->out->name = ig_strdup(word_at(env, i));
    }
    bool known = true;
    if (path == NULL && !env->path_unset) {
        path = env->lookup(env->context, "PATH", &known);
    }
    env->out->path = path != NULL ? ig_strdup(path) : NULL;
    return 0;
}

int ig_env_command(const char *arg, bool busybox, ig_env_lookup *lookup, const void *context,
                   struct ig_env_command *out, struct ig_error *e)
{
    struct env *env = ig_alloc(sizeof *env);
    *env = (struct env){
        .busybox = busybox, .lookup = lookup, .context = context, .out = out, .e = e};
    *out = (struct ig_env_command){0};
    if (arg != NULL) {
        env->words.list[env->words.count++] = ig_strdup(arg);
    }
    long first = options(env);
    int status = first < 0 ? -1 : operands(env, (size_t)first);
    for (size_t i = 0; i < env->words.count; i++) {
        free(env->words.list[i]);
    }
    free(env);
    return status;
}

void ig_env_command_free(struct ig_env_command *command)
{
    free(command->name);
    free(command->path);
    *command = (struct ig_env_command){0};
}
