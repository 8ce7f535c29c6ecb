# `./run package`, or cpack in a build folder: Debian packages ballast (the program) and libballast-dev.
# DEBFULLNAME and DEBEMAIL name the one who packages, as for Debian's own tools.
set(packager "the ballast authors")
if(DEFINED ENV{DEBFULLNAME})
    set(packager "$ENV{DEBFULLNAME}")
endif()
set(address ballast@localhost)
if(DEFINED ENV{DEBEMAIL})
    set(address "$ENV{DEBEMAIL}")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "${packager} <${address}>")
set(CPACK_PACKAGE_VENDOR "${packager}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian.cmake)
set(CPACK_BALLAST_SOURCE ${PROJECT_SOURCE_DIR})

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME ballast)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "pocl-opencl-icd | opencl-icd")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "libballast-dev")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "trains image classifiers and GANs on OpenCL devices
One INI file describes images, networks and training. Classifiers and GANs
for small, imbalanced collections of images are trained on any OpenCL
device, and a report says how well each class is found, with intervals.

OpenCL needs a driver: that of a GPU, or pocl-opencl-icd for any CPU.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libballast-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libc6-dev, ocl-icd-opencl-dev | opencl-dev, libclblast-dev, libinih-dev, \
zlib1g-dev, libcjson-dev, liblapacke-dev, libmd-dev, libjpeg-dev, libtiff-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "library that trains image classifiers and GANs on OpenCL devices
The headers of ballast's library, the static library, and its files for
pkg-config and CMake.")
include(CPack)
