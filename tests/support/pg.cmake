# tlc_pg_test(COMPONENT MODULE ...): as tlc_test, with label pg and a private PostgreSQL cluster that starts once for all of them.
# The test finds it by TLC_TEST_PG, a connection string without dbname.
include_guard(GLOBAL)

string(MD5 tlc_pg_id "${PROJECT_BINARY_DIR}")
string(SUBSTRING "${tlc_pg_id}" 0 10 tlc_pg_id)
# Short (a socket's name may have 107 bytes), and where the user postgres may go.
set(TLC_TEST_PG_DIR "/tmp/tlc-pg-${tlc_pg_id}" CACHE INTERNAL "")

foreach(verb IN ITEMS start stop)
    add_test(NAME pg.${verb} COMMAND "${PROJECT_SOURCE_DIR}/tests/support/pg_cluster.sh" ${verb} "${TLC_TEST_PG_DIR}")
    set_tests_properties(pg.${verb} PROPERTIES LABELS pg TIMEOUT 120 SKIP_RETURN_CODE 77)
endforeach()
set_tests_properties(pg.start PROPERTIES FIXTURES_SETUP pg)
set_tests_properties(pg.stop PROPERTIES FIXTURES_CLEANUP pg)

function(tlc_pg_test component module)
    tlc_test(${component} ${module} LABEL pg ${ARGN})
    set_tests_properties(${component}.${module} PROPERTIES FIXTURES_REQUIRED pg
        ENVIRONMENT "TLC_TEST_PG=host=${TLC_TEST_PG_DIR} user=taxi")
endfunction()
