/* yaml.h: YAML text read by a schema of libcyaml, with failures as one sentence with file and line.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For the *_yaml.c files of models/ and of what lies above it; without libcyaml there is none.
 * libcyaml checks types, ranges and unknown keys. Aliases are refused: files come from strangers.
 */
#ifndef WI_YAML_H
#define WI_YAML_H

#include "base/status.h"

#include <stddef.h>

struct cyaml_schema_value;

/* WI_USAGE: "where: line 3, column 5: what is wrong". Free `data` with wi_yaml_free. */
int wi_yaml_read(const struct cyaml_schema_value *schema, const char *where, const char *text,
                 size_t size, void **data, struct wi_err *err);
void wi_yaml_free(const struct cyaml_schema_value *schema, void *data);

/* The line on which "key: value" first stands, for what is found out after parsing; value "" or
 * NULL: any. 0: nowhere. */
unsigned wi_yaml_line(const char *text, size_t size, const char *key, const char *value);

#endif
