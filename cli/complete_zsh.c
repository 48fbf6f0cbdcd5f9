/* complete_zsh.c: completion for zsh out of the option tables.
 * SPDX-License-Identifier: Apache-2.0
 *
 * As complete_bash.c, through zsh's _arguments: with what each command and option is for. */
#include "base/build_info.h"
#include "cli/help.h"
#include "cli/values.h"

#include <string.h>

enum { OPTIONS_MOST = 64 };

static bool is_shown(const struct wi_command *c) {
    return (c->use & WI_USE_hidden) == 0;
}

/* Inside single quotes, within _arguments' own [..] and between its colons. */
static void put_said(struct wi_buf *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            wi_buf_puts(out, "'\\''");
        else if (strchr("[]:\\", *text) != NULL)
            wi_buf_printf(out, "\\%c", *text);
        else
            wi_buf_putc(out, *text);
    }
}

/* What _arguments does for a value; a blank in front: called as it stands. */
static void put_action(const char *option, const char *value, struct wi_buf *out) {
    struct wi_value takes = wi_value_of(option, value);
    if (takes.kind == WI_VALUE_choice) {
        wi_buf_putc(out, '(');
        for (const char *p = value; *p != '\0'; p++)
            wi_buf_putc(out, *p == '|' ? ' ' : *p);
        wi_buf_putc(out, ')');
    } else if (takes.kind == WI_VALUE_words) {
        wi_buf_printf(out, " _weighin_%s %s", takes.list ? "list" : "words", takes.words);
    } else if (takes.kind == WI_VALUE_file) {
        wi_buf_puts(out, "_files");
    } else if (takes.kind == WI_VALUE_folder) {
        wi_buf_puts(out, "_files -/");
    } else {
        wi_buf_putc(out, ' '); /* nothing to offer */
    }
}

static void put_spelling(const struct wi_option *o, const char *spelling, struct wi_buf *out) {
    wi_buf_printf(out, " \\\n            '%s%s%s[", o->repeats ? "*" : "", spelling,
                  o->value == NULL     ? ""
                  : spelling[1] == '-' ? "="
                                       : "+");
    put_said(out, o->help);
    wi_buf_putc(out, ']');
    if (o->value != NULL) {
        wi_buf_putc(out, ':');
        put_said(out, o->value);
        wi_buf_putc(out, ':');
        put_action(o->name, o->value, out);
    }
    wi_buf_putc(out, '\'');
}

static void put_operands(const struct wi_command *c, struct wi_buf *out) {
    const char *p = c->operand_values != NULL ? c->operand_values : c->operands;
    for (size_t place = 1; *p != '\0'; place++) {
        size_t n = strcspn(p, " ");
        char word[200];
        if (n >= sizeof word)
            return;
        memcpy(word, p, n);
        word[n] = '\0';
        bool many = n > 2 && strcmp(word + n - 2, "..") == 0;
        if (many)
            wi_buf_puts(out, " \\\n            '*:");
        else
            wi_buf_printf(out, " \\\n            '%zu:", place);
        put_said(out, wi_args_is_choice(word) ? "THING" : word);
        wi_buf_putc(out, ':');
        put_action(NULL, word, out);
        wi_buf_putc(out, '\'');
        p += n + strspn(p + n, " ");
    }
}

static void put_command(const struct wi_command *c, struct wi_buf *out) {
    const struct wi_option *list[OPTIONS_MOST];
    size_t n = wi_args_options(c, list, OPTIONS_MOST);
    wi_buf_printf(out, "        %s) _arguments -s -S", c->name);
    for (size_t i = 0; i < n; i++) {
        struct wi_buf spelling = {0};
        wi_buf_printf(&spelling, "--%s", list[i]->name);
        put_spelling(list[i], wi_buf_str(&spelling), out);
        wi_buf_clear(&spelling);
        wi_buf_printf(&spelling, "-%c", list[i]->letter);
        if (list[i]->letter != 0)
            put_spelling(list[i], wi_buf_str(&spelling), out);
        wi_buf_fini(&spelling);
    }
    put_operands(c, out);
    wi_buf_puts(out, " ;;\n");
}

static int put_words(struct wi_cli *cli, struct wi_buf *out, struct wi_err *err) {
    const char *list;
    for (size_t i = 0; (list = wi_word_list(i)) != NULL; i++) {
        struct wi_words words;
        if (strcmp(list, "device") == 0)
            continue;
        WI_TRY(wi_words_of(cli, list, &words, err));
        wi_buf_printf(out, "    %s) found=(", list);
        for (size_t k = 0; k < words.count; k++)
            wi_buf_printf(out, "%s'%s'", k ? " " : "", words.items[k]);
        wi_buf_puts(out, ") ;;\n");
    }
    return WI_OK;
}

int wi_complete_zsh(struct wi_cli *cli, struct wi_buf *out, struct wi_err *err) {
    wi_buf_printf(out,
                  "#compdef weighin\n"
                  "# Completion of weighin for zsh, made by weighin %s out of its option tables.\n"
                  "# SPDX-License-Identifier: Apache-2.0\n\n"
                  "_weighin_words() { # LIST\n"
                  "    local -a found\n"
                  "    found=(${(f)\"$($_weighin_program generate words $1 2>/dev/null)\"})\n"
                  "    (( $#found )) || case $1 in\n",
                  wi_build_info()->version);
    WI_TRY(put_words(cli, out, err));
    wi_buf_puts(out, "    esac\n    compadd -a found\n}\n\n"
                     "_weighin_list() { # LIST: several, with commas between\n"
                     "    compset -P '*,'\n    _weighin_words $1\n}\n\n"
                     "_weighin() {\n    local state line _weighin_program=${(Q)words[1]}\n"
                     "    local -a commands=(\n");
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        if (!is_shown(wi_commands[i]))
            continue;
        wi_buf_printf(out, "        '%s:", wi_commands[i]->name);
        put_said(out, wi_commands[i]->summary);
        wi_buf_puts(out, "'\n");
    }
    wi_buf_puts(out, "        'help:explains a command')\n"
                     "    _arguments -C '(- *)--help[what there is]' "
                     "'(- *)--version[what this is]' \\\n"
                     "        '1: :->command' '*:: :->words'\n"
                     "    case $state in\n"
                     "    command) _describe command commands ;;\n"
                     "    words)\n        case $words[1] in\n"
                     "        help) _describe command commands ;;\n");
    for (size_t i = 0; wi_commands[i] != NULL; i++)
        if (is_shown(wi_commands[i]))
            put_command(wi_commands[i], out);
    wi_buf_puts(out, "        esac ;;\n    esac\n}\n\n_weighin \"$@\"\n");
    return WI_OK;
}
