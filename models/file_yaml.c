/* file_yaml.c: what all readers of YAML files share; yaml.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "models/yaml.h"

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* libcyaml's log, cut to the sentence and the innermost place. */
struct log {
    char what[256], where[64];
};

static void keep_line(cyaml_log_t level, void *ctx, const char *format, va_list args) {
    struct log *log = ctx;
    char line[512];
    (void)level;
    if (vsnprintf(line, sizeof line, format, args) < 0)
        return;
    line[strcspn(line, "\n")] = '\0';
    const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
    const char *place = strstr(line, "(line: ");
    unsigned row, column;
    if (place != NULL && sscanf(place, "(line: %u, column: %u)", &row, &column) == 2) {
        if (log->where[0] == '\0')
            snprintf(log->where, sizeof log->where, ": line %u, column %u", row, column);
    } else if (log->what[0] == '\0' && strncmp(text, "Backtrace", 9) != 0) {
        snprintf(log->what, sizeof log->what, "%.250s", text);
    }
}

static cyaml_config_t config_with(struct log *log) {
    return (cyaml_config_t){.log_fn = keep_line,
                            .log_ctx = log,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_WARNING,
                            .flags = CYAML_CFG_NO_ALIAS};
}

/* libcyaml places an unknown key where the mapping was last looked at; the key itself tells better.
 */
static void place_unexpected(struct log *log, const char *text, size_t size) {
    static const char words[] = "Unexpected key: ";
    if (strncmp(log->what, words, sizeof words - 1) != 0)
        return;
    unsigned line = wi_yaml_line(text, size, log->what + sizeof words - 1, NULL);
    if (line > 0)
        snprintf(log->where, sizeof log->where, ": line %u", line);
}

int wi_yaml_read(const struct cyaml_schema_value *schema, const char *where, const char *text,
                 size_t size, void **data, struct wi_err *err) {
    struct log log = {0};
    cyaml_config_t config = config_with(&log);
    *data = NULL;
    cyaml_err_t e = cyaml_load_data((const uint8_t *)text, size, &config, schema, data, NULL);
    if (e == CYAML_OK && *data != NULL)
        return WI_OK;
    place_unexpected(&log, text, size);
    return wi_fail(err, WI_USAGE, "%s%s: %s", where, log.where,
                   e == CYAML_OK         ? "the file is empty"
                   : log.what[0] != '\0' ? log.what
                                         : cyaml_strerror(e));
}

void wi_yaml_free(const struct cyaml_schema_value *schema, void *data) {
    struct log log = {0};
    cyaml_config_t config = config_with(&log);
    cyaml_free(&config, schema, data, 0);
}

/* The key begins a line or follows a blank: "id: x" does not lie in "paid: x". */
static bool begins_word(const char *text, size_t i) {
    return i == 0 || text[i - 1] == '\n' || text[i - 1] == ' ' || text[i - 1] == '{';
}

/* The value stands there whole, be it quoted or not. */
static bool has_value(const char *text, size_t size, size_t at, const char *value) {
    size_t m = strlen(value);
    while (at < size && text[at] == ' ')
        at++;
    at += at < size && strchr("\"'", text[at]) != NULL;
    return at + m <= size && memcmp(text + at, value, m) == 0 &&
           (at + m == size || strchr(" \t\r\n\"',}#", text[at + m]) != NULL);
}

unsigned wi_yaml_line(const char *text, size_t size, const char *key, const char *value) {
    unsigned line = 1;
    size_t n = strlen(key);
    for (size_t i = 0; i + n + 1 <= size; i++) {
        line += text[i] == '\n';
        if (!begins_word(text, i) || memcmp(text + i, key, n) != 0 || text[i + n] != ':')
            continue;
        if (value == NULL || value[0] == '\0' || has_value(text, size, i + n + 1, value))
            return line;
    }
    return 0;
}
