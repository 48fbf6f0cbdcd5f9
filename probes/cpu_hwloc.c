/* cpu_hwloc.c: this machine's topology, as hwloc sees and writes it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only the live machine is shown to hwloc: its XML reader can be crashed by a damaged file, and
 * recordings come from strangers. cpu_xml.c reads what this file writes, live and recorded alike.
 * hwloc's GPU and I/O components stay off: they would load drivers into this process, and a broken
 * driver is what the GPU probes are careful of.
 * Relies on: hwloc 2.5 or later; only this file knows it. */
#include "probes/cpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef WI_HAVE_HWLOC

#include <hwloc.h>

static void leave_out_drivers(hwloc_topology_t topology) {
    static const char *const components[] = {"opencl",    "cuda", "nvml", "rsmi",
                                             "levelzero", "gl",   "pci",  "linux:io"};
    for (size_t i = 0; i < WI_COUNT(components); i++) /* an unknown name is none to leave out */
        hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
                                      components[i]);
}

/* Plugins are opened by init already, before any topology could refuse them. What the user set
 * stays. */
static void keep_plugins_closed(void) {
    setenv("HWLOC_PLUGINS_BLACKLIST",
           "hwloc_opencl.so,hwloc_cuda.so,hwloc_nvml.so,hwloc_rsmi.so,hwloc_levelzero.so,"
           "hwloc_gl.so,hwloc_pci.so",
           0);
}

/* The whole machine, also what a cpuset keeps from us; that is subtracted later. */
static int load(hwloc_topology_t topology, struct wi_err *err) {
    leave_out_drivers(topology);
    hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED |
                                           HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING);
    hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
    if (hwloc_topology_load(topology) != 0)
        return wi_fail(err, WI_UNAVAILABLE, "hwloc cannot look at this machine: %s",
                       strerror(errno));
    return WI_OK;
}

static int export_xml(hwloc_topology_t topology, struct wi_buf *xml, struct wi_err *err) {
    char *text = NULL;
    int n = 0;
    if (hwloc_topology_export_xmlbuffer(topology, &text, &n, 0) != 0)
        return wi_fail(err, WI_UNAVAILABLE, "hwloc cannot write the topology: %s", strerror(errno));
    wi_buf_puts(xml, text); /* some versions count the closing NUL */
    hwloc_free_xmlbuffer(topology, text);
    return WI_OK;
}

int wi_cpu_hwloc_xml(struct wi_buf *xml, struct wi_err *err) {
    hwloc_topology_t topology;
    keep_plugins_closed();
    if (hwloc_topology_init(&topology) != 0)
        return wi_fail(err, WI_UNAVAILABLE, "hwloc does not start: %s", strerror(errno));
    int status = load(topology, err);
    if (status == WI_OK)
        status = export_xml(topology, xml, err);
    hwloc_topology_destroy(topology);
    return status;
}

#else

int wi_cpu_hwloc_xml(struct wi_buf *xml, struct wi_err *err) {
    (void)xml;
    return wi_fail(err, WI_NOT_BUILT, "this program was built without hwloc");
}

#endif
