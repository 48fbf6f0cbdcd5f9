/* store_tables.c: the names of all tables and views; known without a database too.
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store_tables.h"

#include "results/store.h"

const char *const *wi_store_tables(void) {
    static const char *const names[] = {
#define WI_X(name, key) #name,
        WI_STORE_TABLE_LIST(WI_X)
#undef WI_X
            NULL};
    return names;
}
