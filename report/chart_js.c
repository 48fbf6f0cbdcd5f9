/* chart_js.c: Chart.js as it was embedded.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

extern const unsigned char wi_embedded_chart_js[]; /* with a closing NUL */

const char *wi_report_chart_js(void) {
    return (const char *)wi_embedded_chart_js;
}
