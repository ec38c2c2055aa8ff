/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every error sentence, whatever the input was. */
#ifndef IG_TEST_FUZZ_MESSAGE_H
#define IG_TEST_FUZZ_MESSAGE_H

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"

/* -1 comes with a sentence, 0 without. The sentence is UTF-8 and already escaped:
 * no input can forge a line with it or drive a terminal. */
static inline void check_message(int result, const struct ig_error *e)
{
    if (result != (e->text[0] == '\0' ? 0 : -1)) {
        abort();
    }
    size_t length = strlen(e->text);
    for (size_t i = 0; i < length;) {
        unsigned rune;
        size_t n = ig_utf8_decode(e->text + i, length - i, &rune);
        if (n == 0 || rune < 0x20 || (rune >= 0x7f && rune <= 0x9f)) {
            abort();
        }
        i += n;
    }
}

#endif
