# C files that are made from the tree: lists of plug-ins, embedded kernels, version and commit.
set(BALLAST_GENERATED ${PROJECT_BINARY_DIR}/generated)

# The plug-ins of a folder, by file name: src/layers/conv.c is "conv". Names beginning with '_' are helpers.
function(ballast_plugins out folder)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
    set(names)
    foreach(file ${files})
        get_filename_component(name ${file} NAME_WE)
        if(NOT name MATCHES "^_")
            list(APPEND names ${name})
        endif()
    endforeach()
    list(SORT names)
    set(${out} ${names} PARENT_SCOPE)
endfunction()

# C text that declares TYPE PREFIX_name for each name and lists their addresses, NULL-terminated.
function(ballast_pointer_list out type list prefix)
    set(declared "")
    set(listed "")
    foreach(name ${ARGN})
        string(APPEND declared "extern const ${type} ${prefix}_${name};\n")
        string(APPEND listed "    &${prefix}_${name},\n")
    endforeach()
    set(${out} "${declared}const ${type} *const ${list}[] = {\n${listed}    NULL\n};\n" PARENT_SCOPE)
endfunction()

function(ballast_generate_plugins out)
    set(text "/* Generated from the file names in src/. */\n#include <stddef.h>\n")
    foreach(row "layer layers layer" "loss losses loss" "optim optims optim" "data data data_source")
        string(REPLACE " " ";" row ${row})
        list(GET row 0 kind)
        list(GET row 1 folder)
        list(GET row 2 prefix)
        ballast_plugins(names src/${folder})
        ballast_pointer_list(part bal_${kind}_def bal_${kind}_defs bal_${prefix} ${names})
        string(APPEND text "\n#include \"ballast/${kind}.h\"\n${part}")
    endforeach()
    file(CONFIGURE OUTPUT ${BALLAST_GENERATED}/plugins.c CONTENT "${text}" @ONLY)
    set(${out} ${BALLAST_GENERATED}/plugins.c PARENT_SCOPE)
endfunction()

function(ballast_generate_kernels out)
    file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cl/*.cl ${PROJECT_SOURCE_DIR}/cl/*.h)
    string(REPLACE ";" "," joined "${kernels}")
    add_custom_command(OUTPUT ${BALLAST_GENERATED}/sources.c
        COMMAND ${CMAKE_COMMAND} -DOUT=${BALLAST_GENERATED}/sources.c "-DFILES=${joined}" -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${kernels} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        COMMENT "Embedding kernels" VERBATIM)
    set(${out} ${BALLAST_GENERATED}/sources.c PARENT_SCOPE)
endfunction()

# Asked of git at every build; the file changes, and is compiled again, only when the answer does.
function(ballast_generate_version out)
    add_custom_target(ballast_commit
        COMMAND ${CMAKE_COMMAND} -DOUT=${BALLAST_GENERATED}/version.c -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
                "-DLIBRARIES=${BALLAST_VERSIONS}" -P ${PROJECT_SOURCE_DIR}/cmake/version.cmake
        BYPRODUCTS ${BALLAST_GENERATED}/version.c
        COMMENT "Asking git for the commit" VERBATIM)
    set(${out} ${BALLAST_GENERATED}/version.c PARENT_SCOPE)
endfunction()

# The verbs of the command line: src/cli/train.c is `ballast train`. Names beginning with '_' are helpers here too.
function(ballast_generate_verbs out)
    ballast_plugins(names src/cli)
    list(REMOVE_ITEM names main args progress)
    ballast_pointer_list(part bal_verb bal_verbs bal_verb ${names})
    file(CONFIGURE OUTPUT ${BALLAST_GENERATED}/verbs.c @ONLY
        CONTENT "/* Generated from the file names in src/cli/. */\n#include <stddef.h>\n#include \"cli/verb.h\"\n\n${part}")
    set(${out} ${BALLAST_GENERATED}/verbs.c PARENT_SCOPE)
endfunction()

# The manual, written by the program from its own tables; with it, one page for each verb that is there now.
function(ballast_generate_manual folder)
    string(TIMESTAMP date "%Y-%m-%d" UTC) # SOURCE_DATE_EPOCH is honoured
    add_custom_command(OUTPUT ${folder}/ballast.1
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${folder}
        COMMAND ballast-cli man --out ${folder} --date ${date} --share ${CMAKE_INSTALL_FULL_DATADIR}/ballast
        DEPENDS ballast-cli COMMENT "Writing the manual" VERBATIM)
    add_custom_target(ballast_manual ALL DEPENDS ${folder}/ballast.1)
endfunction()
