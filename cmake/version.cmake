# cmake -DOUT=version.c -DSOURCE=tree -DVERSION=0.1.0 -DLIBRARIES=text -P version.cmake: version, commit and libraries as C,
# rewritten only if they changed.
find_program(GIT git)
set(commit "")
if(GIT AND EXISTS ${SOURCE}/.git)
    execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --abbrev=12 --dirty=+dirty --exclude=*
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(commit STREQUAL "")
    set(commit unknown)
endif()
set(text "/* Generated. */
#include \"ballast/version.h\"

const char *bal_version(void) { return \"${VERSION}\"; }
const char *bal_commit(void) { return \"${commit}\"; }
const char *bal_libraries(void) { return \"${LIBRARIES}\"; }
")
if(EXISTS ${OUT})
    file(READ ${OUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
    file(WRITE ${OUT} "${text}")
endif()
