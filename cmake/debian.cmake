# Run by cpack on what is about to be packed: what Debian's policy asks for and cmake --install has no use for.
# Copyright, changelogs, and compressed manual pages.
string(TIMESTAMP epoch "%s" UTC) # SOURCE_DATE_EPOCH is honoured
execute_process(COMMAND env LC_ALL=C date -u -R -d @${epoch} OUTPUT_VARIABLE now OUTPUT_STRIP_TRAILING_WHITESPACE)

# LICENSE as a field of a copyright file: an empty line is a dot.
file(READ ${CPACK_BALLAST_SOURCE}/LICENSE licence)
string(REGEX REPLACE "^MIT License\n+Copyright \\(c\\) ([^\n]*)\n+" "" licence "${licence}")
set(holder "${CMAKE_MATCH_1}")
string(STRIP "${licence}" licence)
string(REPLACE "\n\n" "\n.\n" licence "${licence}")
string(REPLACE "\n" "\n " licence "${licence}")
set(copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ballast

Files: *
Copyright: ${holder}
License: Expat
 ${licence}
")

foreach(pair "program ballast" "development libballast-dev")
    string(REPLACE " " ";" pair ${pair})
    list(GET pair 0 component)
    list(GET pair 1 package)
    set(root ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr)
    set(doc ${root}/share/doc/${package})
    file(WRITE ${doc}/copyright "${copyright}")
    file(READ ${CPACK_BALLAST_SOURCE}/CHANGELOG.md changes)
    file(WRITE ${doc}/changelog "${changes}")
    file(WRITE ${doc}/changelog.Debian "ballast (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Packed by cpack; what is new stands in changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
    file(REMOVE ${doc}/CHANGELOG.md)
    file(GLOB texts ${doc}/changelog* ${root}/share/man/man*/*.[15])
    execute_process(COMMAND gzip -9n ${texts} RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "gzip: ${failed}")
    endif()
endforeach()
