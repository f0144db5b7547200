# How every target of the project is made. Settings hang on targets, nothing is global.
#
#   tlc_library(NAME SOURCES a.c b.c LINKS tlc_base ...)      static library, include root = repository root
#   tlc_embed_sql(LIBRARY FOLDER FILE.inc)                    its *.sql as C arrays (embed_sql.cmake) that the library may include
#   tlc_binary(NAME LINKS <name>_core ...)                    main.c of the current folder -> bin/NAME
#   tlc_test(COMPONENT MODULE LABEL label LINKS core ...)     test_<module>.c of the current folder, as cmocka
#   tlc_fuzz(NAME SOURCE fuzz_x.c CORPUS dir LINKS ...)       libFuzzer target, and its corpus as a plain test

include_guard()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

option(TLC_WERROR "Treat warnings as errors" OFF)
option(TLC_COVERAGE "Instrument for gcov" OFF)
option(TLC_FUZZ "Build libFuzzer targets (needs clang)" OFF)
set(TLC_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

function(tlc_settings target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE TLC_VERSION="${PROJECT_VERSION}")
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
        -Wmissing-prototypes -Wvla -Wno-format-zero-length -fno-omit-frame-pointer
        -UNDEBUG) # asserts are for our own bugs, and stay in what people run
    if(TLC_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(TLC_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${TLC_SANITIZE} -fno-sanitize-recover=all)
        target_link_options(${target} PRIVATE -fsanitize=${TLC_SANITIZE})
    endif()
    if(TLC_FUZZ)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    if(TLC_COVERAGE)
        target_compile_options(${target} PRIVATE --coverage)
        target_link_options(${target} PRIVATE --coverage)
    endif()
endfunction()

function(tlc_library name)
    cmake_parse_arguments(A "" "" "SOURCES;LINKS" ${ARGN})
    add_library(${name} STATIC ${A_SOURCES})
    tlc_settings(${name})
    target_link_libraries(${name} PUBLIC ${A_LINKS})
endfunction()

function(tlc_embed_sql library folder name)
    set(inc "${CMAKE_CURRENT_BINARY_DIR}/${name}")
    set(script "${PROJECT_SOURCE_DIR}/common/cmake/embed_sql.cmake")
    file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.sql")
    add_custom_command(OUTPUT "${inc}"
        COMMAND ${CMAKE_COMMAND} -DDIR=${CMAKE_CURRENT_SOURCE_DIR}/${folder} -DOUT=${inc} -P "${script}"
        COMMAND ${CMAKE_COMMAND} -E touch "${inc}"
        DEPENDS ${files} "${script}" VERBATIM)
    target_sources(${library} PRIVATE "${inc}")
    target_include_directories(${library} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()

function(tlc_binary name)
    cmake_parse_arguments(A "" "" "LINKS" ${ARGN})
    add_executable(${name} main.c)
    tlc_settings(${name})
    target_link_libraries(${name} PRIVATE ${A_LINKS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endfunction()

function(tlc_test component module)
    cmake_parse_arguments(A "" "LABEL;TIMEOUT" "LINKS;SOURCES" ${ARGN})
    if(NOT A_LABEL)
        set(A_LABEL unit)
    endif()
    if(NOT A_TIMEOUT)
        set(A_TIMEOUT 120)
    endif()
    set(target test_${component}_${module})
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
    add_executable(${target} test_${module}.c ${A_SOURCES})
    tlc_settings(${target})
    target_link_libraries(${target} PRIVATE ${A_LINKS} PkgConfig::CMOCKA)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    add_test(NAME ${component}.${module} COMMAND ${target} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(${component}.${module} PROPERTIES LABELS "${A_LABEL}" TIMEOUT ${A_TIMEOUT}
        SKIP_RETURN_CODE 77)
endfunction()

# Without clang's fuzzer the same entry point is linked with a driver that runs the files it is given.
function(tlc_fuzz name)
    cmake_parse_arguments(A "" "SOURCE;CORPUS" "LINKS" ${ARGN})
    add_executable(fuzz_${name} ${A_SOURCE})
    tlc_settings(fuzz_${name})
    target_link_libraries(fuzz_${name} PRIVATE ${A_LINKS})
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
    if(NOT TARGET fuzz_targets)
        add_custom_target(fuzz_targets)
    endif()
    add_dependencies(fuzz_targets fuzz_${name})
    if(TLC_FUZZ)
        # From the corpus on, for a while; what it finds lies beside the target, never in the corpus.
        set(found "${PROJECT_BINARY_DIR}/fuzz/found_${name}")
        file(MAKE_DIRECTORY "${found}")
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        add_test(NAME fuzz.${name} COMMAND fuzz_${name} "${found}" "${A_CORPUS}" -max_total_time=30 -timeout=20
            "-artifact_prefix=${PROJECT_BINARY_DIR}/fuzz/${name}-" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
        set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 300)
    else()
        target_sources(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/run_corpus.c")
        add_test(NAME fuzz.${name} COMMAND fuzz_${name} "${A_CORPUS}" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
        set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz-regress TIMEOUT 120)
    endif()
endfunction()
