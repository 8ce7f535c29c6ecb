# cmake --install: library, headers, program, and what pkg-config and find_package(ballast) need.
include(CMakePackageConfigHelpers)

install(TARGETS ballast EXPORT ballast)
install(DIRECTORY include/ballast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/ballast)
install(EXPORT ballast NAMESPACE ballast:: FILE ballast-targets.cmake DESTINATION ${package_folder})
configure_package_config_file(cmake/ballast-config.cmake.in ${PROJECT_BINARY_DIR}/ballast-config.cmake
    INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ballast-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ballast-config.cmake ${PROJECT_BINARY_DIR}/ballast-config-version.cmake
    DESTINATION ${package_folder})

string(REPLACE ";" ", " requires "${BALLAST_REQUIRES}")
configure_file(cmake/ballast.pc.in ${PROJECT_BINARY_DIR}/ballast.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ballast.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
