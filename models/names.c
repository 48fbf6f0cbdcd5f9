/* names.c: names folded, compared and checked; names.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An id stands in lists on command lines, in file names, in JSON and in tables. A name or alias
 * that is another model's as well would be found at whichever of the two was read first: the answer
 * would be about a model that nobody asked for. */
#include "models/names.h"

#include <ctype.h>
#include <string.h>

void wi_name_fold(const char *text, char out[WI_NAME_MOST + 1]) {
    size_t n = 0;
    for (; *text != '\0' && n < WI_NAME_MOST; text++)
        if (strchr(" -_:\t", *text) == NULL)
            out[n++] = (char)tolower((unsigned char)*text);
    out[n] = '\0';
}

static bool same_folded(const char *text, const char folded[WI_NAME_MOST + 1]) {
    char other[WI_NAME_MOST + 1];
    wi_name_fold(text, other);
    return strcmp(other, folded) == 0;
}

bool wi_model_goes_by(const struct wi_model *m, const char folded[WI_NAME_MOST + 1]) {
    if (same_folded(m->id, folded) || same_folded(m->name, folded))
        return true;
    for (const char *const *a = m->aliases; a != NULL && *a != NULL; a++)
        if (same_folded(*a, folded))
            return true;
    return false;
}

/* ---- checking ---- */

bool wi_id_is_good(const char *id) {
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return n > 0 && n <= WI_ID_MOST && id[n] == '\0' && isalnum((unsigned char)id[0]);
}

static bool is_printable(const char *text) {
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text))
            return false;
    return true;
}

/* `list`: may it stand in a list that is separated by commas? */
static int check_name(const char *what, const char *name, bool list,
                      const struct wi_model *const *others, size_t n, struct wi_err *err) {
    char folded[WI_NAME_MOST + 1];
    if (strlen(name) > WI_NAME_MOST)
        return wi_fail(err, WI_USAGE, "the %s \"%.40s..\" is longer than %d bytes", what, name,
                       WI_NAME_MOST);
    wi_name_fold(name, folded);
    if (folded[0] == '\0' || !is_printable(name) || (list && strchr(name, ',') != NULL))
        return wi_fail(err, WI_USAGE,
                       "the %s \"%s\" is not one that could be asked for: it needs a letter or "
                       "digit, and has no control characters%s",
                       what, is_printable(name) ? name : "?", list ? " and no comma" : "");
    for (size_t i = 0; i < n; i++)
        if (wi_model_goes_by(others[i], folded))
            return wi_fail(err, WI_USAGE,
                           "the %s \"%s\" is one of %s (\"%s\") already: case, blanks, dashes, "
                           "underscores and colons make no other name",
                           what, name, others[i]->id, others[i]->name);
    return WI_OK;
}

int wi_model_check_names(const struct wi_model *m, const struct wi_model *const *others, size_t n,
                         struct wi_err *err) {
    if (!wi_id_is_good(m->id))
        return wi_fail(err, WI_USAGE,
                       "\"%.40s\" is no id: an id has up to %d small letters, digits and \".\", "
                       "\"_\", \"-\", and begins with a letter or digit",
                       is_printable(m->id) ? m->id : "?", WI_ID_MOST);
    WI_TRY(check_name("id", m->id, true, others, n, err));
    WI_TRY(check_name("name", m->name, false, others, n, err));
    for (const char *const *a = m->aliases; *a != NULL; a++)
        WI_TRY(check_name("alias", *a, true, others, n, err));
    return WI_OK;
}
