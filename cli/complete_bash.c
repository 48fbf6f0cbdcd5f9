/* complete_bash.c: completion for bash out of the option tables.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The script needs nothing but bash 4. It knows all options and words of this build; for models and
 * devices it asks the program first, which reads the user's own files. */
#include "base/build_info.h"
#include "cli/help.h"
#include "cli/values.h"

#include <string.h>

enum { OPTIONS_MOST = 64 };

static bool is_shown(const struct wi_command *c) {
    return (c->use & WI_USE_hidden) == 0;
}

static void put_commands(struct wi_buf *out) {
    for (size_t i = 0; wi_commands[i] != NULL; i++)
        if (is_shown(wi_commands[i]))
            wi_buf_printf(out, "%s ", wi_commands[i]->name);
}

/* "choice html md", "list model", "words model", "file", "folder", "free" */
static void put_takes(const char *option, const char *value, struct wi_buf *out) {
    struct wi_value takes = wi_value_of(option, value);
    if (takes.kind == WI_VALUE_choice) {
        wi_buf_puts(out, "choice ");
        for (const char *p = value; *p != '\0'; p++)
            wi_buf_putc(out, *p == '|' ? ' ' : *p);
    } else if (takes.kind == WI_VALUE_words) {
        wi_buf_printf(out, "%s %s", takes.list ? "list" : "words", takes.words);
    } else {
        wi_buf_puts(out, takes.kind == WI_VALUE_file     ? "file"
                         : takes.kind == WI_VALUE_folder ? "folder"
                                                         : "free");
    }
}

static void put_options(const struct wi_command *c, struct wi_buf *out) {
    const struct wi_option *list[OPTIONS_MOST];
    size_t n = wi_args_options(c, list, OPTIONS_MOST);
    wi_buf_printf(out, "    %s) echo '", c->name);
    for (size_t i = 0; i < n; i++)
        wi_buf_printf(out, "%s--%s", i ? " " : "", list[i]->name);
    wi_buf_puts(out, "' ;;\n");
}

static void put_values(const struct wi_command *c, struct wi_buf *out) {
    const struct wi_option *list[OPTIONS_MOST];
    size_t n = wi_args_options(c, list, OPTIONS_MOST);
    for (size_t i = 0; i < n; i++) {
        if (list[i]->value == NULL)
            continue;
        wi_buf_printf(out, "    '%s --%s'", c->name, list[i]->name);
        if (list[i]->letter != 0)
            wi_buf_printf(out, " | '%s -%c'", c->name, list[i]->letter);
        wi_buf_puts(out, ") echo '");
        put_takes(list[i]->name, list[i]->value, out);
        wi_buf_puts(out, "' ;;\n");
    }
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
        wi_buf_printf(out, many ? "    '%s '*) echo '" : "    '%s %zu') echo '", c->name, place);
        put_takes(NULL, word, out);
        wi_buf_puts(out, "' ;;\n");
        p += n + strspn(p + n, " ");
    }
}

static int put_words(struct wi_cli *cli, struct wi_buf *out, struct wi_err *err) {
    const char *list;
    for (size_t i = 0; (list = wi_word_list(i)) != NULL; i++) {
        struct wi_words words;
        if (strcmp(list, "device") == 0)
            continue; /* those of this machine's database are nobody else's */
        WI_TRY(wi_words_of(cli, list, &words, err));
        wi_buf_printf(out, "    %s) printf '%%s\\n'", list);
        for (size_t k = 0; k < words.count; k++)
            wi_buf_printf(out, " '%s'", words.items[k]);
        wi_buf_puts(out, " ;;\n");
    }
    return WI_OK;
}

static void each(void (*put)(const struct wi_command *c, struct wi_buf *out), struct wi_buf *out) {
    for (size_t i = 0; wi_commands[i] != NULL; i++)
        if (is_shown(wi_commands[i]))
            put(wi_commands[i], out);
}

static const char offering[] =
    "_weighin_offer() { # PROGRAM WORD KIND [LIST | CHOICE..]\n"
    "    local program=$1 cur=$2 kind=$3 before=\n"
    "    shift 3\n"
    "    case $kind in\n"
    "    file) compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
    "    folder) compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
    "    choice) mapfile -t COMPREPLY < <(compgen -W \"$*\" -- \"$cur\") ;;\n"
    "    words) mapfile -t COMPREPLY < <(\n"
    "            compgen -W \"$(_weighin_words \"$program\" \"$1\")\" -- \"$cur\") ;;\n"
    "    list) before=${cur%\"${cur##*,}\"} # what stands before the last comma stays\n"
    "        compopt -o nospace 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -P \"$before\" \\\n"
    "            -W \"$(_weighin_words \"$program\" \"$1\")\" -- \"${cur##*,}\") ;;\n"
    "    esac\n"
    "}\n\n"
    "_weighin() {\n"
    "    local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} cur=${COMP_WORDS[COMP_CWORD]}\n"
    "    local option=${COMP_WORDS[COMP_CWORD - 1]} takes='' place=1 i word\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" -le 1 ] || { [ \"$command\" = help ] && [ \"$COMP_CWORD\" -eq 2 ]; "
    "}; "
    "then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$_weighin_commands\" -- \"$cur\")\n"
    "        return\n"
    "    fi\n"
    "    # bash takes --option=value for three words\n"
    "    if [ \"$cur\" = '=' ]; then\n"
    "        cur=\n"
    "    elif [ \"$option\" = '=' ]; then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    takes=$(_weighin_takes \"$command $option\")\n"
    "    if [ -z \"$takes\" ] && [[ $cur == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$(_weighin_options \"$command\")\" -- "
    "\"$cur\")\n"
    "        return\n"
    "    fi\n"
    "    if [ -z \"$takes\" ]; then\n"
    "        for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "            word=${COMP_WORDS[i]}\n"
    "            if [[ $word != -* ]]; then\n"
    "                place=$((place + 1))\n"
    "            elif [ -n \"$(_weighin_takes \"$command $word\")\" ]; then\n"
    "                [ \"${COMP_WORDS[i + 1]}\" = '=' ] && i=$((i + 1))\n"
    "                i=$((i + 1))\n"
    "            fi\n"
    "        done\n"
    "        takes=$(_weighin_operand \"$command $place\")\n"
    "    fi\n"
    "    # shellcheck disable=SC2086\n"
    "    [ -z \"$takes\" ] || _weighin_offer \"$program\" \"$cur\" $takes\n"
    "}\n\n"
    "complete -F _weighin weighin\n";

int wi_complete_bash(struct wi_cli *cli, struct wi_buf *out, struct wi_err *err) {
    wi_buf_printf(out,
                  "# Completion of weighin for bash, made by weighin %s out of its option tables.\n"
                  "# SPDX-License-Identifier: Apache-2.0\n\n_weighin_commands='",
                  wi_build_info()->version);
    put_commands(out);
    wi_buf_puts(out, "help --help --version'\n\n_weighin_options() { # COMMAND\n    case $1 in\n");
    each(put_options, out);
    wi_buf_puts(out,
                "    esac\n}\n\n_weighin_takes() { # 'COMMAND OPTION': of its value; nothing: a "
                "flag\n    case $1 in\n");
    each(put_values, out);
    wi_buf_puts(out, "    esac\n}\n\n_weighin_operand() { # 'COMMAND PLACE'\n    case $1 in\n");
    each(put_operands, out);
    wi_buf_puts(out, "    esac\n}\n\n_weighin_words() { # PROGRAM LIST\n"
                     "    \"$1\" generate words \"$2\" 2>/dev/null && return\n    case $2 in\n");
    WI_TRY(put_words(cli, out, err));
    wi_buf_puts(out, "    esac\n}\n\n");
    wi_buf_puts(out, offering);
    return WI_OK;
}
