/* download.c: how long a model's file takes to arrive, at assumed rates (report.h says which).
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

const struct wi_link *wi_report_links(void) {
    static const struct wi_link links[WI_LINK_COUNT] = {{"4g", 20}, {"wifi", 100}, {"fiber", 500}};
    return links;
}

double wi_report_download_s(const struct wi_link *link, uint64_t bytes) {
    return (double)bytes * 8 / (link->mbit_per_s * 1e6);
}
