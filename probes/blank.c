/* blank.c: fillers in firmware tables.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Collected from dmidecode outputs that vendors shipped; the two UUIDs are American Megatrends'
 * default in both byte orders, which thousands of boards share. */
#include "probes/blank.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *const fillers[] = {
    "to be filled by o.e.m.",
    "to be filled by o.e.m",
    "to be filled",
    "default string",
    "default_string",
    "default",
    "not specified",
    "not applicable",
    "not available",
    "not defined",
    "not provided",
    "n/a",
    "none",
    "null",
    "unknown",
    "undefined",
    "unspecified",
    "invalid",
    "empty",
    "o.e.m.",
    "oem",
    "oem-specific",
    "no asset tag",
    "no asset information",
    "no enclosure",
    "asset tag",
    "serial number",
    "system serial number",
    "system product name",
    "system manufacturer",
    "system version",
    "system name",
    "sku",
    "base board serial number",
    "chassis serial number",
    "chassis asset tag",
    "type2 - board serial number",
    "ssn12345678901234567890",
    "0123456789",
    "123456789",
    "1234567890",
    "0123456789abcdef",
    "asset-1234567890",
    "03000200-0400-0500-0006-000700080009",
    "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "02:00:00:00:00:00", /* Android's stand-in for every address */
};

/* "00000000-0000-...", "FF:FF:..", "xxxxxxxx", "......" */
static bool one_character(const char *text) {
    char first = '\0';
    for (const char *p = text; *p; p++) {
        if (!isalnum((unsigned char)*p))
            continue;
        if (!first)
            first = *p;
        if (tolower((unsigned char)*p) != tolower((unsigned char)first))
            return false;
    }
    return true;
}

bool wi_blank(const char *text) {
    if (!text)
        return true;
    while (isspace((unsigned char)*text))
        text++;
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
        if (strlen(fillers[i]) == n && strncasecmp(fillers[i], text, n) == 0)
            return true;
    return one_character(text);
}
