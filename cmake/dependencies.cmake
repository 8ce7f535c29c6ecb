# Sets BALLAST_LIBRARIES, BALLAST_INCLUDES, BALLAST_VERSIONS ("CLBlast 1.6.1, ..."), and BALLAST_REQUIRES for the pkg-config file. `./run deps` installs them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set(BALLAST_LIBRARIES)
set(BALLAST_INCLUDES)
set(BALLAST_VERSIONS)
set(BALLAST_REQUIRES OpenCL clblast inih zlib libcjson lapacke libmd libjpeg libtiff-4)
foreach(package ${BALLAST_REQUIRES})
    string(MAKE_C_IDENTIFIER ${package} prefix)
    pkg_check_modules(${prefix} REQUIRED ${package})
    list(APPEND BALLAST_LIBRARIES ${${prefix}_LINK_LIBRARIES})
    list(APPEND BALLAST_INCLUDES ${${prefix}_INCLUDE_DIRS})
    list(APPEND BALLAST_VERSIONS "${package} ${${prefix}_VERSION}")
endforeach()
list(JOIN BALLAST_VERSIONS ", " BALLAST_VERSIONS)
string(REPLACE "OpenCL" "OpenCL headers" BALLAST_VERSIONS "${BALLAST_VERSIONS}")
string(REPLACE "clblast" "CLBlast" BALLAST_VERSIONS "${BALLAST_VERSIONS}")
list(APPEND BALLAST_LIBRARIES Threads::Threads m)

# stb is used as headers alone, so that it is found where no pkg-config file comes with it.
find_path(STB_INCLUDE stb_image.h PATH_SUFFIXES stb REQUIRED)
list(APPEND BALLAST_INCLUDES ${STB_INCLUDE})
list(REMOVE_DUPLICATES BALLAST_INCLUDES)
list(REMOVE_ITEM BALLAST_INCLUDES /usr/include) # as a system folder it would hide the compiler's own order
