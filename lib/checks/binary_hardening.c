/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler and the linker did to make a flaw in the program harder to exploit. */
#include <string.h>
#include <sys/stat.h>

#include "checks/check.h"
#include "checks/hidden.h"
#include "checks/interpreter.h"
#include "core/buf.h"
#include "core/mem.h"
#include "elf/hardening.h"

struct hardening_params {
    enum ig_tri pie, bind_now, nx, stack_protector, fortify, cet, bti;
    int relro, wx, textrel, rpath, runpath;  /* 1 + index into the values below */
};

static const char *const relro_values[] = {"none", "partial", "full", NULL};
enum { DENY = 1, ANY, SAFE };
static const char *const presence_values[] = {"deny", "any", NULL};
static const char *const path_values[] = {"deny", "any", "safe", NULL};

static const struct ig_param params[] = {
    {.name = "pie",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct hardening_params, pie),
     .summary = "true: position-independent, so that it is loaded at a random address"},
    {.name = "relro",
     .type = IG_TYPE_ENUM,
     .offset = offsetof(struct hardening_params, relro),
     .values = relro_values,
     .summary = "at least so much of what the loader writes is read-only afterwards"},
    {.name = "bindNow",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct hardening_params, bind_now),
     .summary = "true: all functions are bound at the start"},
    {.name = "nx",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct hardening_params, nx),
     .summary = "the stack is not executable; default true, false does not ask"},
    {.name = "stackProtector",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct hardening_params, stack_protector),
     .summary = "true: built with -fstack-protector, as far as symbols or code show"},
    {.name = "fortify",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct hardening_params, fortify),
     .summary = "true: built with _FORTIFY_SOURCE: of the functions that have a checked form, one "
                "at least is used in it; glibc programs only"},
    {.name = "wx",
     .type = IG_TYPE_ENUM,
     .offset = offsetof(struct hardening_params, wx),
     .values = presence_values,
     .summary = "segments that are writable and executable; default deny"},
    {.name = "textrel",
     .type = IG_TYPE_ENUM,
     .offset = offsetof(struct hardening_params, textrel),
     .values = presence_values,
     .summary = "text relocations, for which the loader makes code writable; default deny"},
    {.name = "rpath",
     .type = IG_TYPE_ENUM,
     .offset = offsetof(struct hardening_params, rpath),
     .values = path_values,
     .summary = "DT_RPATH: none, any, or (the default) only absolute folders and $ORIGIN, and that "
                "in no set-id program"},
    {.name = "runpath",
     .type = IG_TYPE_ENUM,
     .offset = offsetof(struct hardening_params, runpath),
     .values = path_values,
     .summary = "DT_RUNPATH, likewise"},
    {.name = "cet",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct hardening_params, cet),
     .summary = "true: marked for Intel CET (IBT and SHSTK); of x86 programs only"},
    {.name = "bti",
     .type = IG_TYPE_BOOL,
     .offset = offsetof(struct hardening_params, bti),
     .summary = "true: marked for BTI; of AArch64 programs only"},
    {0},
};

/* All properties are looked at before anything is said. */
struct verdict {
    struct ig_buf lacking, unknown, expected, observed, fix, holds;
};

struct property {
    bool demanded;
    enum ig_answer answer;
    const char *expected;  /* "PIE" */
    const char *observed;  /* "no PIE" */
    const char *fault;     /* "it is not position-independent"; of UNKNOWN: why */
    const char *fix;       /* "compile with -fPIE and link with -pie" */
};

static void add(struct ig_buf *list, const char *separator, const char *text)
{
    ig_buf_addf(list, "%s%s", list->length != 0 ? separator : "", text);
}

static void judge(struct verdict *v, const struct property *p)
{
    if (!p->demanded) {
        return;
    }
    if (p->answer == IG_ANSWER_YES) {
        add(&v->holds, ", ", p->expected);
    } else if (p->answer == IG_ANSWER_NO) {
        add(&v->lacking, "; ", p->fault);
        add(&v->expected, ", ", p->expected);
        add(&v->observed, ", ", p->observed);
        add(&v->fix, "; ", p->fix);
    } else {
        IG_AUTO_FREE char *why = ig_format("%s, since %s", p->expected, p->fault);
        add(&v->unknown, "; ", why);
    }
}

static enum ig_answer answer(bool holds)
{
    return holds ? IG_ANSWER_YES : IG_ANSWER_NO;
}

static void judge_memory(struct verdict *v, const struct hardening_params *p,
                         const struct ig_hardening *h)
{
    bool full = p->relro == 1 + IG_RELRO_FULL;
    const struct property properties[] = {
        {p->pie == IG_TRUE, answer(h->pie != IG_PIE_NONE), "PIE", "no PIE",
         "it is not position-independent (ET_EXEC)", "compile with -fPIE and link with -pie"},
        {p->relro > 1, answer((int)h->relro >= p->relro - 1), full ? "full RELRO" : "partial RELRO",
         h->relro == IG_RELRO_NONE ? "no RELRO" : "partial RELRO",
         h->relro == IG_RELRO_NONE ? "it has no RELRO (PT_GNU_RELRO)"
                                   : "its RELRO is partial (functions are bound lazily)",
         full ? "link with -Wl,-z,relro,-z,now" : "link with -Wl,-z,relro"},
        {p->bind_now == IG_TRUE, answer(h->bind_now), "BIND_NOW", "no BIND_NOW",
         "it binds functions lazily (no BIND_NOW)", "link with -Wl,-z,now"},
        {p->nx != IG_FALSE, answer(!h->executable_stack), "NX stack",
         h->stack_marked ? "executable stack" : "no PT_GNU_STACK",
         h->stack_marked ? "its stack is executable (PT_GNU_STACK)"
                         : "it does not say that its stack is not executable (no PT_GNU_STACK)",
         "link with -Wl,-z,noexecstack and mark assembly with .note.GNU-stack"},
        {p->wx != ANY, answer(h->wx_count == 0), "no writable and executable segment",
         "a writable and executable segment", "it has a writable and executable segment",
         "link with the default script and -Wl,-z,separate-code, without -N"},
        {p->textrel != ANY, answer(!h->textrel), "no text relocation", "text relocations",
         "it has text relocations (DT_TEXTREL)", "compile all of it with -fPIC or -fPIE"},
    };
    for (size_t i = 0; i < IG_COUNT(properties); i++) {
        judge(v, &properties[i]);
    }
}

static void judge_code(struct verdict *v, const struct hardening_params *p,
                       const struct ig_hardening *h)
{
    const struct property properties[] = {
        {p->stack_protector == IG_TRUE, h->stack_protector, "stack protector",
         "no stack protector",
         h->stack_protector == IG_ANSWER_UNKNOWN ? h->protector_why
                                                 : "it has no stack protector",
         "compile with -fstack-protector-strong"},
        {p->fortify == IG_TRUE, h->fortify, "FORTIFY", "no FORTIFY",
         h->fortify == IG_ANSWER_UNKNOWN ? h->fortify_why
                                         : "it uses none of the checked functions of FORTIFY",
         "compile with -O2 -D_FORTIFY_SOURCE=2"},
        {p->cet == IG_TRUE && h->is_x86, answer(h->ibt && h->shstk), "CET (IBT and SHSTK)",
         h->ibt ? "IBT only" : h->shstk ? "SHSTK only" : "no CET",
         "it is not marked for CET with both IBT and SHSTK",
         "compile all of it with -fcf-protection=full"},
        {p->bti == IG_TRUE && h->is_aarch64, answer(h->bti), "BTI", "no BTI",
         "it is not marked for BTI", "compile all of it with -mbranch-protection=standard"},
    };
    for (size_t i = 0; i < IG_COUNT(properties); i++) {
        judge(v, &properties[i]);
    }
}

static void judge_path(struct verdict *v, int demand, const char *name, const char *path,
                       bool set_id)
{
    if (demand == ANY) {
        return;
    }
    IG_AUTO_FREE char *fault = path == NULL     ? NULL
                               : demand == DENY ? ig_strdup("is there")
                                                : ig_search_path_fault(path, set_id);
    IG_AUTO_FREE char *expected = ig_format("no%s %s", demand == DENY ? "" : " unsafe", name);
    IG_AUTO_FREE char *observed = path != NULL ? ig_format("%s %s", name, path) : NULL;
    IG_AUTO_FREE char *words = fault != NULL
                                   ? ig_format("its %s (\"%s\") %s", name, path, fault) : NULL;
    IG_AUTO_FREE char *fix = demand == DENY
                                 ? ig_format("link without -rpath (patchelf --remove-rpath)")
                                 : ig_format("name absolute folders in -rpath (patchelf "
                                             "--set-rpath)");
    judge(v, &(struct property){true, answer(fault == NULL), expected, observed, words, fix});
}

static void conclude(const struct verdict *v, const char *what, struct ig_result *r)
{
    const char *unknown = ig_buf_text(&v->unknown);
    if (v->lacking.length != 0) {
        ig_result_set(r, IG_STATUS_FAIL, "%s is not as hardened as asked: %s.%s%s%s", what,
                      ig_buf_text(&v->lacking), v->unknown.length != 0 ? " It does not show: " : "",
                      unknown, v->unknown.length != 0 ? "." : "");
        ig_result_expected(r, "%s", ig_buf_text(&v->expected));
        ig_result_observed(r, "%s", ig_buf_text(&v->observed));
        ig_result_fix(r, "Build it again: %s.", ig_buf_text(&v->fix));
    } else if (v->unknown.length != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "%s does not show all that is asked: %s.", what,
                      unknown);
        ig_result_fix(r, "Ask for what can be seen of such a program, and have the rest of its "
                         "build checked.");
    } else if (v->holds.length != 0) {
        ig_result_set(r, IG_STATUS_PASS, "%s is hardened as asked: %s.", what,
                      ig_buf_text(&v->holds));
        ig_result_observed(r, "%s", ig_buf_text(&v->holds));
    } else {
        ig_result_set(r, IG_STATUS_SKIP, "Nothing is asked of a program of this machine.");
    }
}

static void judge_all(const struct ig_question *q, const struct ig_target *program,
                      const struct ig_hardening *h, struct ig_result *r)
{
    const struct hardening_params *p = q->setting->params;
    struct verdict v = {0};
    bool set_id = (ig_target_meta(program)->mode & (S_ISUID | S_ISGID)) != 0;
    IG_AUTO_FREE char *what = program == q->target
                                  ? ig_strdup("The program")
                                  : ig_format("The script's interpreter %s", program->path);
    judge_memory(&v, p, h);
    judge_path(&v, p->rpath, "RPATH", h->rpath, set_id);
    judge_path(&v, p->runpath, "RUNPATH", h->runpath, set_id);
    judge_code(&v, p, h);
    conclude(&v, what, r);
    ig_buf_free(&v.lacking);
    ig_buf_free(&v.unknown);
    ig_buf_free(&v.expected);
    ig_buf_free(&v.observed);
    ig_buf_free(&v.fix);
    ig_buf_free(&v.holds);
}

static void run(const struct ig_question *q, struct ig_result *r)
{
    struct ig_error e = {0};
    struct ig_hardening hardening = {0};
    struct ig_target *program = ig_final_program(q, &e);
    if (program == NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "The program cannot be read as ELF: %s.",
                      e.text[0] != '\0' ? e.text : "it is neither ELF nor a script");
        ig_result_fix(r, "See what keeps it from being read, and binary.machine.");
        ig_add_hidden(q->scene, e.number, r);
        return;
    }
    struct ig_bytes bytes = ig_bytes_of_fd(program->fd, ig_target_meta(program)->size);
    if (ig_hardening_parse(&bytes, &program->image, &hardening, &e) != 0) {
        ig_result_set(r, IG_STATUS_ERROR, "The program cannot be read: %s.", e.text);
        ig_result_fix(r, "See what keeps it from being read.");
    } else if (!hardening.known || hardening.fault != NULL) {
        ig_result_set(r, IG_STATUS_ERROR, "How the program was hardened cannot be told: %s.",
                      hardening.fault != NULL ? hardening.fault
                                              : "its program headers cannot be read");
        ig_result_fix(r, "The file is damaged: build or copy it again.");
    } else {
        judge_all(q, program, &hardening, r);
    }
    ig_hardening_free(&hardening);
}

static const char *const needs[] = {"binary.file", "binary.machine", NULL};

const struct ig_check ig_check_binary_hardening = {
    .spec = {.id = "binary.hardening",
             .key = "hardening",
             .kind = IG_KIND_BINARY,
             .summary = "PIE, RELRO, NX stack, stack protector, FORTIFY, no writable and "
                        "executable segment, no text relocation, no unsafe RPATH or RUNPATH, as "
                        "asked",
             .params = params,
             .params_size = sizeof(struct hardening_params),
             .on_request = true},
    .means = "The program's headers, dynamic section and symbols show what the policy asks. "
             "Without more being asked, and unless the policy relaxes it: the stack is not executable, no "
             "segment is writable and executable, there are no text relocations, and no RPATH or "
             "RUNPATH has a relative or empty element, or $ORIGIN in a set-id program. What a file "
             "cannot show (the stack protector of a stripped static program of some machines, "
             "FORTIFY of a static or musl one) is an error where it is asked. A script is judged "
             "by its interpreter.",
    .matters = "A flaw that would be a crash in a hardened program runs an attacker's code in one "
               "with a fixed address, an executable stack or writable code. Build flags are lost "
               "without notice when a base image or a build system changes.",
    .mend = "Compile with -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE, link with -pie "
            "-Wl,-z,relro,-z,now,-z,noexecstack; name absolute folders in -rpath. "
            "`initgate inspect PROGRAM` shows what it has.",
    .needs = needs,
    .run = run,
};
