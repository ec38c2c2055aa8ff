/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

static void add_size(const char *before, double bytes, struct ig_buf *out)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double size = bytes / 1024;
    size_t i = 0;
    while (i + 1 < IG_COUNT(units) && size >= 1024) {
        size /= 1024;
        i++;
    }
    ig_buf_addf(out, "%s%.1f %s", before, size, units[i]);
}

static void add_time(double seconds, struct ig_buf *out)
{
    if (seconds < 120) {
        ig_buf_addf(out, ", %.0f s left", seconds);
    } else {
        ig_buf_addf(out, ", %.0f min left", seconds / 60);
    }
}

/* The end of a path tells more than its beginning. A line that wraps could not be taken away. */
enum { CURRENT_MAX = 48 };

static void add_current(const char *path, struct ig_buf *out)
{
    IG_AUTO_BUF struct ig_buf safe = {0};
    ig_sanitize(&safe, path, strlen(path));
    size_t cut = safe.length > CURRENT_MAX ? safe.length - CURRENT_MAX : 0;
    while (cut > 0 && ((unsigned char)safe.data[cut] & 0xc0) == 0x80) {
        cut++;  /* not inside a UTF-8 sequence */
    }
    ig_buf_addf(out, ", %s%s", cut > 0 ? "..." : "", ig_buf_text(&safe) + cut);
}

void progress_line(const struct ig_progress *p, struct ig_buf *out)
{
    if (p->current != NULL) {
        ig_buf_addf(out, "%llu of %llu files", p->files, p->files_total);
        add_current(p->current, out);
        return;
    }
    /* A total that is not known yet must not look like an overfull one. */
    double total = p->bytes_total > p->bytes ? (double)p->bytes_total : (double)p->bytes;
    double rate = p->seconds > 0 ? (double)p->bytes / p->seconds : 0;
    ig_buf_addf(out, "%zu of %zu checks", p->checks, p->checks_total);
    if (p->files_total > 1) {
        ig_buf_addf(out, ", %llu of %llu files", p->files, p->files_total);
    }
    add_size(", ", (double)p->bytes, out);
    add_size(" of ", total, out);
    add_size(", ", rate, out);
    ig_buf_adds(out, "/s");
    if (rate > 0 && total > (double)p->bytes) {
        add_time((total - (double)p->bytes) / rate, out);
    }
}

void show_progress(void *unused, const struct ig_progress *progress)
{
    IG_AUTO_BUF struct ig_buf line = {0};
    (void)unused;
    progress_line(progress, &line);
    fprintf(stderr, "\r\033[Kinitgate: %s", ig_buf_text(&line));
}

void clear_progress(bool shown)
{
    if (shown) {
        fprintf(stderr, "\r\033[K");
    }
}
