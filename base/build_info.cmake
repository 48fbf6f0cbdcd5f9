# build_info.cmake: writes build_commit.h; runs at each build, writes only when the commit changes.
# SPDX-License-Identifier: Apache-2.0
#
#   cmake -DSOURCE=.. -DOUTPUT=.. -P build_info.cmake
#
# SOURCE_DATE_EPOCH (reproducible-builds.org) replaces the time, so that a package built twice is
# the same twice.
set(commit unknown)
find_program(GIT git)
# A tarball inside somebody else's repository has no commit of its own.
if(GIT AND EXISTS ${SOURCE}/.git)
    execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=*
                    OUTPUT_VARIABLE said RESULT_VARIABLE failed
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed AND said MATCHES "^[0-9a-f]+(-dirty)?$")
        set(commit ${said})
    endif()
endif()

if(DEFINED ENV{SOURCE_DATE_EPOCH} AND "$ENV{SOURCE_DATE_EPOCH}" MATCHES "^[0-9]+$")
    set(utc $ENV{SOURCE_DATE_EPOCH})
else()
    string(TIMESTAMP utc "%s" UTC)
endif()

set(line "#define WI_BUILD_COMMIT \"${commit}\"\n")
set(before "")
if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} before)
endif()
string(FIND "${before}" "${line}" at)
if(at EQUAL -1 OR (DEFINED ENV{SOURCE_DATE_EPOCH} AND NOT before MATCHES "UTC_S ${utc}\n"))
    file(WRITE ${OUTPUT} "${line}#define WI_BUILD_UTC_S ${utc}\n")
endif()
