/* help.c: what the program says of itself; help.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "base/build_info.h"
#include "base/text.h"

#include <string.h>

const struct wi_help_row wi_help_exit_codes[] = {
    {"0", "done; the answer is yes"},
    {"1", "weighin itself failed: input or output, a damaged database"},
    {"2", "wrong usage: an unknown option, model or precision, a malformed file"},
    {"3", "the answer is no"},
    {"4", "not enough evidence"},
    {"130", "interrupted; what was finished is stored"},
    {NULL, NULL},
};
const struct wi_help_row wi_help_environment[] = {
    {"WEIGHIN_DB", "the database, where --db names none"},
    {"WEIGHIN_ASSET", "the asset tag of this device, where --asset names none"},
    {"WEIGHIN_LOCK", "the file by which runs on one machine wait for each other"},
    {"XDG_STATE_HOME", "holds weighin/device-id, made at the first run"},
    {"XDG_CONFIG_HOME", "holds weighin/models/*.yaml, further models"},
    {NULL, NULL},
};
const struct wi_help_row wi_help_files[] = {
    {"weighin.db", "the database in the current folder, SQLite; docs/database.md has its columns"},
    {"/var/lib/weighin/device-id", "the device's id, when root made it"},
    {NULL, NULL},
};

void wi_help_top(struct wi_buf *out) {
    enum { INDENT = 12 };
    wi_args_wrap(out,
                 "weighin answers, on this device and before anything is downloaded: of all "
                 "language models, which can it run, at which precision, how fast, and how sure "
                 "are we?",
                 0, 0);
    wi_buf_puts(out, "\nUsage: weighin COMMAND [OPTIONS]\n\nCommands:\n");
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        if ((wi_commands[i]->use & WI_USE_hidden) != 0)
            continue;
        wi_buf_printf(out, "  %-*s ", INDENT - 3, wi_commands[i]->name);
        wi_args_wrap(out, wi_commands[i]->summary, INDENT, INDENT);
    }
    wi_buf_puts(out,
                "\nweighin help COMMAND explains one of them, weighin explain TOPIC a word that\n"
                "answers use; weighin --version says what this is. Results go to stdout,\n"
                "everything else to stderr.\n\nExit codes:\n");
    for (const struct wi_help_row *row = wi_help_exit_codes; row->name != NULL; row++)
        wi_buf_printf(out, "  %-4s %s\n", row->name, row->says);
}

void wi_help_version(struct wi_buf *out) {
    const struct wi_build_info *p = wi_build_info();
    wi_buf_printf(out, "weighin %s (%s)\n%s, %s\n", p->version, p->commit, p->compiler, p->flags);
}

int wi_help_find(const char *word, const struct wi_command **command, struct wi_err *err) {
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        if (strcmp(wi_commands[i]->name, word) == 0) {
            *command = wi_commands[i];
            return WI_OK;
        }
        if ((wi_commands[i]->use & WI_USE_hidden) == 0 && n < WI_COUNT(names))
            names[n++] = wi_commands[i]->name;
    }
    const char *near = wi_text_closest(word, names, n);
    struct wi_buf all = {0};
    wi_text_join(&all, names, n);
    int status = wi_fail(err, WI_USAGE, "unknown command '%s'%s%s%s; there are %s", word,
                         near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                         near == NULL ? "" : "?", wi_buf_str(&all));
    wi_buf_fini(&all);
    return status;
}
