/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect_hardening.h"

#include <string.h>

#include "core/text.h"

static void add_line(struct ig_buf *out, const char *name, const char *value)
{
    ig_buf_addf(out, "%-12s ", name);
    ig_sanitize(out, value, strlen(value));
    ig_buf_adds(out, "\n");
}

static void add_answer(struct ig_buf *text, const char *name, enum ig_answer answer)
{
    ig_buf_addf(text, ", %s%s%s", answer == IG_ANSWER_NO ? "no " : "", name,
                answer == IG_ANSWER_UNKNOWN ? " not known" : "");
}

static void add_marks(struct ig_buf *text, const struct ig_hardening *h)
{
    const struct {
        bool has;
        const char *name;
    } marks[] = {{h->ibt, "IBT"}, {h->shstk, "SHSTK"}, {h->bti, "BTI"}, {h->pac, "PAC"}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (marks[i].has) {
            ig_buf_addf(text, ", %s", marks[i].name);
        }
    }
}

void ig_inspect_hardening_text(struct ig_buf *out, const struct ig_hardening *h)
{
    static const char *const pie[] = {"no PIE", "PIE", "static PIE", "position-independent"};
    struct ig_buf text IG_AUTO_BUF = {0};
    if (!h->known) {
        return;
    }
    ig_buf_addf(&text, "%s, %s RELRO%s, %s", pie[h->pie],
                h->relro == IG_RELRO_NONE ? "no" : ig_relro_name(h->relro),
                h->bind_now ? "" : ", lazy binding",
                h->executable_stack ? "executable stack" : "NX stack");
    add_answer(&text, "stack protector", h->stack_protector);
    add_answer(&text, "FORTIFY", h->fortify);
    if (h->fortified_count + h->unfortified_count != 0) {
        ig_buf_addf(&text, " (%zu of %zu functions)", h->fortified_count,
                    h->fortified_count + h->unfortified_count);
    }
    add_marks(&text, h);
    ig_buf_adds(&text, h->wx_count != 0 ? ", writable and executable segment" : "");
    ig_buf_adds(&text, h->textrel ? ", text relocations" : "");
    if (h->fault != NULL) {
        ig_buf_addf(&text, " (incomplete: %s)", h->fault);
    }
    add_line(out, "hardening", ig_buf_text(&text));
    if (h->rpath != NULL) {
        add_line(out, "rpath", h->rpath);
    }
    if (h->runpath != NULL) {
        add_line(out, "runpath", h->runpath);
    }
}

void ig_inspect_hardening_json(struct ig_json *j, const struct ig_hardening *h)
{
    if (!h->known) {
        ig_json_string(j, "hardening", NULL);
        return;
    }
    ig_json_object(j, "hardening");
    ig_json_string(j, "pie", ig_pie_name(h->pie));
    ig_json_string(j, "relro", ig_relro_name(h->relro));
    ig_json_bool(j, "bindNow", h->bind_now);
    ig_json_bool(j, "nx", !h->executable_stack);
    ig_json_string(j, "stackProtector", ig_answer_name(h->stack_protector));
    ig_json_string(j, "fortify", ig_answer_name(h->fortify));
    ig_json_uint(j, "fortified", h->fortified_count);
    ig_json_array(j, "unfortified");
    for (size_t i = 0; i < h->unfortified_count; i++) {
        ig_json_string(j, NULL, h->unfortified[i]);
    }
    ig_json_array_end(j);
    ig_json_uint(j, "wx", h->wx_count);
    ig_json_bool(j, "textrel", h->textrel);
    ig_json_string(j, "rpath", h->rpath);
    ig_json_string(j, "runpath", h->runpath);
    ig_json_bool(j, "ibt", h->ibt);
    ig_json_bool(j, "shstk", h->shstk);
    ig_json_bool(j, "bti", h->bti);
    ig_json_bool(j, "pac", h->pac);
    ig_json_string(j, "fault", h->fault);
    ig_json_object_end(j);
}
