/* args.c: option tables into popt and back; help out of the same table.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include "base/text.h"
#include "base/units.h"

#include <assert.h>
#include <popt.h>
#include <stdlib.h>
#include <string.h>

static const struct wi_option common[] = {
    {"db", 0, "FILE", false, "the database (default: $WEIGHIN_DB, else weighin.db here)"},
    {"models-file", 0, "FILE", true, "a YAML file of further models (docs/add-a-model.md)"},
    {"json", 0, NULL, false, "one JSON object instead of text"},
    {"help", 'h', NULL, false, "this text"},
};
enum { COMMON_db, COMMON_models, COMMON_json, COMMON_help };

static bool takes_common(const struct wi_command *c, size_t i) {
    return i == COMMON_db       ? (c->use & WI_USE_db) != 0
           : i == COMMON_models ? (c->use & WI_USE_models) != 0
           : i == COMMON_json   ? (c->use & WI_USE_json) != 0
                                : true;
}

static size_t own_count(const struct wi_command *c) {
    size_t n = 0;
    while (c->options != NULL && c->options[n].name != NULL)
        n++;
    return n;
}

size_t wi_args_options(const struct wi_command *c, const struct wi_option **list, size_t most) {
    size_t n = 0, own = own_count(c);
    for (size_t i = 0; i < own && n < most; i++)
        list[n++] = &c->options[i];
    for (size_t i = 0; i < WI_COUNT(common) && n < most; i++)
        if (takes_common(c, i))
            list[n++] = &common[i];
    return n;
}

/* "last|FILE" takes anything: a capital stands for more than itself. */
bool wi_args_is_choice(const char *value) {
    return value != NULL && strchr(value, '|') != NULL &&
           strpbrk(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

/* ---- parsing ---- */

static void list_options(const struct wi_command *c, struct wi_arena *arena, struct wi_args *args) {
    size_t most = own_count(c) + WI_COUNT(common);
    const struct wi_option **list = WI_NEW_ARRAY(arena, const struct wi_option *, most);
    args->given = WI_NEW_ARRAY(arena, struct wi_given, most);
    args->given_count = wi_args_options(c, list, most);
    for (size_t i = 0; i < args->given_count; i++)
        args->given[i].option = list[i];
}

/* popt's table; `val` is the option's place in args->given, plus 1. */
static struct poptOption *popt_table(const struct wi_args *args, struct wi_arena *arena) {
    struct poptOption *table = WI_NEW_ARRAY(arena, struct poptOption, args->given_count + 1);
    for (size_t i = 0; i < args->given_count; i++) {
        const struct wi_option *o = args->given[i].option;
        table[i] =
            (struct poptOption){.longName = o->name,
                                .shortName = o->letter,
                                .argInfo = o->value == NULL ? POPT_ARG_NONE : POPT_ARG_STRING,
                                .val = (int)i + 1};
    }
    return table;
}

static int bad_option(const struct wi_args *args, poptContext context, int what,
                      struct wi_err *err) {
    const char *bad = poptBadOption(context, POPT_BADOPTION_NOALIAS);
    const char *command = args->command->name;
    if (what == POPT_ERROR_NOARG)
        return wi_fail(err, WI_USAGE, "%s: %s needs a value (see weighin %s --help)", command, bad,
                       command);
    if (what != POPT_ERROR_BADOPT)
        return wi_fail(err, WI_USAGE, "%s: %s: %s (see weighin %s --help)", command, bad,
                       poptStrerror(what), command);
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; i < args->given_count && n < WI_COUNT(names); i++)
        names[n++] = args->given[i].option->name;
    const char *near = wi_text_closest(bad + strspn(bad, "-"), names, n);
    return wi_fail(err, WI_USAGE, "%s: unknown option %s%s%s%s (weighin %s --help lists them)",
                   command, bad, near == NULL ? "" : "; did you mean --", near == NULL ? "" : near,
                   near == NULL ? "" : "?", command);
}

static int check_choice(struct wi_arena *arena, const struct wi_command *command,
                        const struct wi_option *option, const char *given, struct wi_err *err) {
    enum { MOST = 32 };
    const char *words[MOST], *p = option->value;
    size_t n = 0;
    while (n < MOST && *p != '\0') {
        size_t length = strcspn(p, "|");
        words[n++] = wi_arena_strndup(arena, p, length);
        if (strcmp(words[n - 1], given) == 0)
            return WI_OK;
        p += length + (p[length] == '|');
    }
    struct wi_buf all = {0};
    const char *near = wi_text_closest(given, words, n);
    wi_text_join(&all, words, n);
    int status = wi_fail(err, WI_USAGE, "%s: --%s %s: %s%s%sallowed are %s", command->name,
                         option->name, given, near == NULL ? "" : "did you mean ",
                         near == NULL ? "" : near, near == NULL ? "" : "? ", wi_buf_str(&all));
    wi_buf_fini(&all);
    return status;
}

static int take(struct wi_arena *arena, const struct wi_command *command, struct wi_given *given,
                char *value, struct wi_err *err) {
    if (given->count > 0 && !given->option->repeats && given->option->value != NULL)
        return wi_fail(err, WI_USAGE, "%s: --%s was given twice", command->name,
                       given->option->name);
    if (value != NULL && wi_args_is_choice(given->option->value))
        WI_TRY(check_choice(arena, command, given->option, value, err));
    const char **slot = wi_arena_grow(arena, (void **)&given->values, &given->count,
                                      &given->capacity, sizeof *given->values);
    *slot = wi_arena_strdup(arena, value);
    return WI_OK;
}

static int take_operands(struct wi_arena *arena, poptContext context, struct wi_args *args,
                         struct wi_err *err) {
    const struct wi_command *c = args->command;
    const char **left = poptGetArgs(context);
    size_t n = 0;
    while (left != NULL && left[n] != NULL)
        n++;
    args->operands = WI_NEW_ARRAY(arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        args->operands[i] = wi_arena_strdup(arena, left[i]);
    args->operand_count = n;
    if (n < c->operand_min && !args->help)
        return wi_fail(err, WI_USAGE, "%s: %s is missing (see weighin %s --help)", c->name,
                       c->operands, c->name);
    if (n > c->operand_max)
        return wi_fail(err, WI_USAGE, "%s: '%s' is one operand too many (see weighin %s --help)",
                       c->name, args->operands[c->operand_max], c->name);
    return WI_OK;
}

int wi_args_parse(const struct wi_command *command, int argc, const char **argv,
                  struct wi_arena *arena, struct wi_args *args, struct wi_err *err) {
    *args = (struct wi_args){.command = command};
    list_options(command, arena, args);
    poptContext context = poptGetContext("weighin", argc, argv, popt_table(args, arena), 0);
    int what, status = WI_OK;
    while (status == WI_OK && (what = poptGetNextOpt(context)) > 0) {
        char *value = poptGetOptArg(context);
        status = take(arena, command, &args->given[what - 1], value, err);
        free(value);
    }
    args->help = wi_args_has(args, "help");
    if (status == WI_OK && what < -1)
        status = bad_option(args, context, what, err);
    if (status == WI_OK)
        status = take_operands(arena, context, args, err);
    poptFreeContext(context);
    return status;
}

/* ---- asking ---- */

const struct wi_given *wi_args_all(const struct wi_args *args, const char *name) {
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, name) == 0)
            return &args->given[i];
    }
    assert(!"an option that the command does not have");
    return NULL;
}

bool wi_args_has(const struct wi_args *args, const char *name) {
    return wi_args_all(args, name)->count > 0;
}

const char *wi_args_get(const struct wi_args *args, const char *name) {
    const struct wi_given *given = wi_args_all(args, name);
    return given->count == 0 ? NULL : given->values[given->count - 1];
}

int wi_args_u32(const struct wi_args *args, const char *name, unsigned lo, unsigned hi,
                unsigned *out, struct wi_err *err) {
    const char *text = wi_args_get(args, name);
    uint64_t value;
    if (text == NULL)
        return WI_OK;
    if (wi_parse_u64(text, lo, hi, &value) != WI_OK)
        return wi_fail(err, WI_USAGE, "--%s %s: expected a whole number from %u to %u", name, text,
                       lo, hi);
    *out = (unsigned)value;
    return WI_OK;
}

int wi_args_f64(const struct wi_args *args, const char *name, double lo, double hi, double *out,
                struct wi_err *err) {
    const char *text = wi_args_get(args, name);
    if (text == NULL)
        return WI_OK;
    if (wi_parse_f64(text, lo, hi, out) != WI_OK)
        return wi_fail(err, WI_USAGE, "--%s %s: expected a number from %g to %g", name, text, lo,
                       hi);
    return WI_OK;
}

int wi_args_words(const struct wi_args *args, const char *name, struct wi_arena *arena,
                  const char ***words, size_t *count, struct wi_err *err) {
    const char *text = wi_args_get(args, name);
    *words = NULL;
    *count = 0;
    if (text == NULL)
        return WI_OK;
    size_t n = 1;
    for (const char *p = text; *p != '\0'; p++)
        n += *p == ',';
    *words = WI_NEW_ARRAY(arena, const char *, n + 1);
    for (const char *p = text;; p++) {
        size_t length = strcspn(p, ",");
        if (length == 0)
            return wi_fail(err, WI_USAGE, "--%s %s: a name is missing beside a comma", name, text);
        (*words)[(*count)++] = wi_arena_strndup(arena, p, length);
        p += length;
        if (*p == '\0')
            return WI_OK;
    }
}

/* ---- help ---- */

enum { HELP_WIDTH = 80, HELP_INDENT = 26 };

void wi_args_wrap(struct wi_buf *out, const char *text, size_t at, size_t indent) {
    bool begins = true; /* a line: no blank is owed to the word before */
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (at + !begins + word > HELP_WIDTH && at > indent) {
            wi_buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
            begins = true;
        }
        if (!begins)
            wi_buf_putc(out, ' ');
        wi_buf_append(out, text, word);
        at += !begins + word;
        begins = false;
        text += word + strspn(text + word, " ");
    }
    wi_buf_putc(out, '\n');
}

bool wi_args_paragraph(const char **details, struct wi_buf *out) {
    wi_buf_clear(out);
    while (*details != NULL && **details != '\0') {
        size_t n = strcspn(*details, "\n");
        if (out->size > 0)
            wi_buf_putc(out, ' ');
        wi_buf_append(out, *details, n);
        *details += n + ((*details)[n] == '\n');
        if (out->size > 0 &&
            (out->data[out->size - 1] == '.' || strncmp(*details, "Example:", 8) == 0))
            break;
    }
    return out->size > 0;
}

static void option_line(struct wi_buf *out, const struct wi_option *o) {
    size_t began = out->size;
    wi_buf_puts(out, "  ");
    if (o->letter != 0)
        wi_buf_printf(out, "-%c, ", o->letter);
    wi_buf_printf(out, "--%s", o->name);
    if (o->value != NULL)
        wi_buf_printf(out, " %s", o->value);
    size_t used = out->size - began;
    if (used + 2 > HELP_INDENT)
        wi_buf_printf(out, "\n%*s", HELP_INDENT, "");
    else
        wi_buf_printf(out, "%*s", (int)(HELP_INDENT - used), "");
    wi_args_wrap(out, o->help, HELP_INDENT, HELP_INDENT);
}

void wi_args_help(const struct wi_command *command, struct wi_buf *out) {
    struct wi_buf words = {0};
    size_t indent = strlen("Usage: weighin ") + strlen(command->name) + 1;
    wi_buf_printf(&words, "%s [OPTIONS]", command->operands);
    wi_buf_printf(out, "Usage: weighin %s ", command->name);
    wi_args_wrap(out, wi_buf_str(&words) + (command->operands[0] == '\0'), indent, indent);
    wi_buf_fini(&words);
    wi_buf_putc(out, '\n');
    wi_args_wrap(out, command->summary, 0, 0);
    if (command->details != NULL) {
        struct wi_buf paragraph = {0};
        const char *details = command->details;
        wi_buf_putc(out, '\n');
        while (wi_args_paragraph(&details, &paragraph))
            wi_args_wrap(out, wi_buf_str(&paragraph), 0, 0);
        wi_buf_fini(&paragraph);
    }
    wi_buf_puts(out, "\nOptions:\n");
    for (size_t i = 0, n = own_count(command); i < n; i++)
        option_line(out, &command->options[i]);
    for (size_t i = 0; i < WI_COUNT(common); i++) {
        if (takes_common(command, i))
            option_line(out, &common[i]);
    }
}
