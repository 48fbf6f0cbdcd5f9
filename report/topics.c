/* topics.c: finds topics and fills in their texts; topics.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/topics.h"

#include <ctype.h>
#include <string.h>

static const struct wi_topic written[] = {
#define WI_TOPIC(family, name, text) {WI_TOPIC_##family, name, text},
#include "report/topics/answers.inc"
#include "report/topics/doubts.inc"
#include "report/topics/machine.inc"
#include "report/topics/terms.inc"
#undef WI_TOPIC
};

static const struct {
    const char *name, *plural;
} families[] = {
#define WI_X(name, plural, heading) {#name, plural},
    WI_TOPIC_FAMILY_LIST(WI_X)
#undef WI_X
};

const char *wi_topic_family_name(enum wi_topic_family family) {
    return families[family].name;
}

const char *wi_topic_family_plural(enum wi_topic_family family) {
    return families[family].plural;
}

void wi_topics_add_written(struct wi_topics *topics, struct wi_arena *arena) {
    for (size_t i = 0; i < WI_COUNT(written); i++)
        *WI_PUSH(arena, topics, struct wi_topic) = written[i];
}

/* ---- finding ---- */

static char plain(char c) {
    return c == ' ' || c == '-' ? '_' : (char)tolower((unsigned char)c);
}

/* Case does not count, and blanks and dashes are underscores. */
static bool same(const char *a, const char *b, size_t n) {
    size_t i = 0;
    for (; i < n && b[i] != '\0' && plain(a[i]) == plain(b[i]); i++)
        ;
    return i == n && b[i] == '\0';
}

static bool is_asked(const struct wi_topic *t, const char *asked) {
    const char *family = families[t->family].name;
    size_t n = strlen(asked), k = strlen(family);
    if (same(asked, t->name, n) || same(asked, families[t->family].plural, n))
        return true;
    return n > k + 1 && plain(asked[k]) == '_' && same(asked, family, k) &&
           same(asked + k + 1, t->name, n - k - 1);
}

size_t wi_topics_find(const struct wi_topics *topics, const char *asked,
                      const struct wi_topic **found) {
    size_t n = 0;
    for (size_t i = 0; i < topics->count; i++)
        if (is_asked(&topics->items[i], asked))
            found[n++] = &topics->items[i];
    return n;
}

/* ---- texts ---- */

const char *wi_topic_text(const struct wi_topic *topic, const struct wi_constants *constants,
                          struct wi_arena *arena) {
    const char *text = topic->text, *out = NULL;
    struct wi_buf filled = {0};
    for (const char *open; (open = strchr(text, '{')) != NULL;) {
        size_t n = strcspn(open + 1, "}");
        const struct wi_constant *c = wi_constants_find(constants, open + 1, n);
        wi_buf_append(&filled, text, (size_t)(open - text));
        wi_buf_puts(&filled, c ? wi_constant_text(c, arena) : "a set limit");
        text = open + 1 + n + (open[1 + n] == '}');
    }
    wi_buf_puts(&filled, text);
    out = wi_arena_strdup(arena, wi_buf_str(&filled));
    wi_buf_fini(&filled);
    return out;
}
