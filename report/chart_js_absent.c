/* chart_js_absent.c: built without Chart.js.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

const char *wi_report_chart_js(void) {
    return NULL;
}
