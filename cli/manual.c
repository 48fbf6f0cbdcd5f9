/* manual.c: pages of the manual out of the option tables, as man(7); help.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/build_info.h"
#include "cli/help.h"

#include <ctype.h>
#include <string.h>

/* Text that roff leaves alone: no escape, no request at the beginning of a line, dashes as typed.
 */
static void put(struct wi_buf *out, const char *text) {
    bool begins = out->size == 0 || out->data[out->size - 1] == '\n';
    for (; *text != '\0'; text++) {
        if (begins && (*text == '.' || *text == '\''))
            wi_buf_puts(out, "\\&");
        if (*text == '\\')
            wi_buf_puts(out, "\\e");
        else if (*text == '-')
            wi_buf_puts(out, "\\-");
        else
            wi_buf_putc(out, *text);
        begins = *text == '\n';
    }
}

static void line(struct wi_buf *out, const char *text) {
    put(out, text);
    wi_buf_putc(out, '\n');
}

static void heading(struct wi_buf *out, const char *command) {
    wi_buf_puts(out, ".\\\" Made by weighin out of its option tables. SPDX-License-Identifier: "
                     "Apache-2.0\n.TH WEIGHIN");
    for (const char *p = command == NULL ? "" : command; *p != '\0'; p++) {
        if (p == command)
            wi_buf_puts(out, "\\-");
        wi_buf_putc(out, (char)toupper((unsigned char)*p));
    }
    wi_buf_printf(out, " 1 \"\" \"weighin %s\" \"User Commands\"\n", wi_build_info()->version);
}

static void put_rows(struct wi_buf *out, const char *title, const struct wi_help_row *rows) {
    wi_buf_printf(out, ".SH %s\n", title);
    for (; rows->name != NULL; rows++) {
        wi_buf_puts(out, ".TP\n.B ");
        line(out, rows->name);
        line(out, rows->says);
    }
}

/* ---- of a command ---- */

static void put_options(struct wi_buf *out, const struct wi_command *c) {
    enum { MOST = 64 };
    const struct wi_option *list[MOST];
    size_t n = wi_args_options(c, list, MOST);
    wi_buf_puts(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < n; i++) {
        wi_buf_puts(out, ".TP\n");
        if (list[i]->letter != 0)
            wi_buf_printf(out, "\\fB\\-%c\\fR, ", list[i]->letter);
        wi_buf_puts(out, "\\fB\\-\\-");
        put(out, list[i]->name);
        wi_buf_puts(out, "\\fR");
        if (list[i]->value != NULL) {
            wi_buf_puts(out, " \\fI");
            put(out, list[i]->value);
            wi_buf_puts(out, "\\fR");
        }
        wi_buf_putc(out, '\n');
        put(out, list[i]->help);
        wi_buf_puts(out, list[i]->repeats ? "; may be repeated\n" : "\n");
    }
}

static void put_details(struct wi_buf *out, const char *details) {
    struct wi_buf paragraph = {0};
    if (details == NULL)
        return;
    wi_buf_puts(out, ".SH DESCRIPTION\n");
    while (wi_args_paragraph(&details, &paragraph)) {
        line(out, wi_buf_str(&paragraph));
        if (*details != '\0')
            wi_buf_puts(out, ".br\n");
    }
    wi_buf_fini(&paragraph);
}

static void of_command(struct wi_buf *out, const struct wi_command *c) {
    heading(out, c->name);
    wi_buf_puts(out, ".SH NAME\nweighin\\-");
    put(out, c->name);
    wi_buf_puts(out, " \\- ");
    line(out, c->summary);
    wi_buf_puts(out, ".SH SYNOPSIS\n.B weighin ");
    line(out, c->name);
    if (c->operands[0] != '\0')
        line(out, c->operands);
    wi_buf_puts(out, "[\\fIOPTIONS\\fR]\n");
    put_details(out, c->details);
    put_options(out, c);
    put_rows(out, "EXIT STATUS", wi_help_exit_codes);
    wi_buf_puts(out, ".SH SEE ALSO\n.BR weighin (1)\n");
}

/* ---- of the program ---- */

static void of_program(struct wi_buf *out) {
    heading(out, NULL);
    wi_buf_puts(out, ".SH NAME\nweighin \\- weighs a device in for on\\-device language models\n"
                     ".SH SYNOPSIS\n.B weighin\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
                     ".SH DESCRIPTION\n"
                     "Which language models can this device run, at which precision, how fast, and "
                     "how sure are we?\nIt is answered on the device itself, before anything is "
                     "downloaded.\n.PP\nResults go to standard output, everything else to standard "
                     "error.\nEvery command takes \\fB\\-\\-json\\fR and \\fB\\-\\-help\\fR;\n"
                     "\\fBweighin explain\\fR says what the words of an answer mean.\n"
                     ".SH COMMANDS\n");
    for (size_t i = 0; wi_commands[i] != NULL; i++) {
        if ((wi_commands[i]->use & WI_USE_hidden) != 0)
            continue;
        wi_buf_puts(out, ".TP\n.BR weighin\\-");
        put(out, wi_commands[i]->name);
        wi_buf_puts(out, " (1)\n");
        line(out, wi_commands[i]->summary);
    }
    put_rows(out, "EXIT STATUS", wi_help_exit_codes);
    put_rows(out, "ENVIRONMENT", wi_help_environment);
    put_rows(out, "FILES", wi_help_files);
    wi_buf_puts(out, ".SH EXAMPLES\n.nf\n"
                     "weighin run \\-\\-profile quick\n"
                     "weighin check mistral\\-7b \\-\\-precision q4_0\n"
                     "weighin explain too_slow\n.fi\n");
}

void wi_manual(const struct wi_command *command, struct wi_buf *out) {
    if (command == NULL)
        of_program(out);
    else
        of_command(out, command);
}
