# cmake --install: library, headers, and what pkg-config and find_package(ballast) need (development); the program, its
# manual, completion and configurations (program).
include(CMakePackageConfigHelpers)

install(TARGETS ballast EXPORT ballast COMPONENT development)
install(DIRECTORY include/ballast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN *.h)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/ballast)
install(EXPORT ballast NAMESPACE ballast:: FILE ballast-targets.cmake DESTINATION ${package_folder} COMPONENT development)
configure_package_config_file(cmake/ballast-config.cmake.in ${PROJECT_BINARY_DIR}/ballast-config.cmake
    INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ballast-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ballast-config.cmake ${PROJECT_BINARY_DIR}/ballast-config-version.cmake
    DESTINATION ${package_folder} COMPONENT development)

string(REPLACE ";" ", " requires "${BALLAST_REQUIRES}")
configure_file(cmake/ballast.pc.in ${PROJECT_BINARY_DIR}/ballast.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ballast.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

if(TARGET ballast-cli)
    install(TARGETS ballast-cli COMPONENT program)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program FILES_MATCHING PATTERN *.1)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT program FILES_MATCHING PATTERN *.5)
    install(FILES share/ballast.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ballast COMPONENT program)
    install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ballast/configs COMPONENT program FILES_MATCHING PATTERN *.ini)
    install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program OPTIONAL FILES_MATCHING PATTERN *.md)
    install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
endif()
