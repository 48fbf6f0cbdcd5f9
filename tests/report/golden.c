/* golden.c: holds a rendered answer against the file in tests/fixtures/reports.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/report/golden.h"

#include "report/lay.h"
#include "tests/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path_of(char out[512], const char *name) {
    snprintf(out, 512, "%s/tests/fixtures/reports/%s", WEIGHIN_SOURCE_DIR, name);
    return out;
}

static bool read_file(const char *path, struct wi_buf *out) {
    char chunk[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        wi_buf_append(out, chunk, n);
    fclose(file);
    return true;
}

static void write_file(const char *path, const struct wi_buf *bytes) {
    FILE *file = fopen(path, "wb");
    if (!file)
        fail_msg("cannot write %s", path);
    assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
    assert_int_equal(fclose(file), 0);
}

static int line_length(const char *line) {
    return (int)strcspn(line, "\n");
}

static void fail_at_first_difference(const char *name, const char *want, const char *got) {
    int line = 1;
    while (*want && *got && line_length(want) == line_length(got) &&
           strncmp(want, got, (size_t)line_length(want)) == 0) {
        want += line_length(want);
        got += line_length(got);
        if (!*want || !*got)
            break;
        want++, got++, line++;
    }
    fail_msg("%s, line %d:\n  want: %.*s\n  got:  %.*s\n(WEIGHIN_UPDATE_GOLDEN=1 rewrites it)",
             name, line, line_length(want), want, line_length(got), got);
}

void golden_check(const char *name, const struct wi_buf *got) {
    char path[512];
    const char *update = getenv("WEIGHIN_UPDATE_GOLDEN");
    path_of(path, name);
    if (update && strcmp(update, "1") == 0) {
        write_file(path, got);
        return;
    }
    struct wi_buf want = {0};
    if (!read_file(path, &want))
        fail_msg("%s is missing: WEIGHIN_UPDATE_GOLDEN=1 makes it", path);
    if (want.size != got->size || memcmp(want.data, got->data, got->size) != 0)
        fail_at_first_difference(name, wi_buf_str(&want), wi_buf_str(got));
    wi_buf_fini(&want);
}

/* Copies up to and with `begin`, then goes to `end`; false: there is no more. */
static bool leave_out(struct wi_buf *out, const char **p, const char *begin, const char *end) {
    const char *from = strstr(*p, begin), *to = from ? strstr(from + strlen(begin), end) : NULL;
    if (!to)
        return false;
    wi_buf_append(out, *p, (size_t)(from - *p) + strlen(begin));
    wi_buf_puts(out, "...");
    *p = to;
    return true;
}

static void elide(struct wi_buf *page, const char *begin, const char *end) {
    struct wi_buf out = {0};
    const char *p = wi_buf_str(page);
    while (leave_out(&out, &p, begin, end))
        continue;
    wi_buf_puts(&out, p);
    wi_buf_fini(page);
    *page = out;
}

void golden_check_page(const char *name, const struct wi_buf *got) {
    struct wi_buf page = {0};
    wi_buf_append(&page, got->data, got->size);
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", WEIGHIN_PAGES_DIR, name);
    write_file(whole, got);
    elide(&page, "'sha256-", "'");
    elide(&page, "<style>", "</style>");
    elide(&page, "<script>", "</script>");
    golden_check(name, &page);
    wi_buf_fini(&page);
}

void golden_check_columns(const struct wi_buf *got, size_t columns) {
    for (const char *line = wi_buf_str(got); *line;) {
        char text[4096];
        int n = line_length(line);
        snprintf(text, sizeof text, "%.*s", n, line);
        if (wi_lay_width(text) > columns)
            fail_msg("%zu columns, at most %zu: %s", wi_lay_width(text), columns, text);
        for (const char *p = text; *p; p++)
            if ((unsigned char)*p < 0x20 || *p == 0x7f)
                fail_msg("control character 0x%02x in: %s", (unsigned)*p, text);
        line += n + (line[n] == '\n');
    }
}
