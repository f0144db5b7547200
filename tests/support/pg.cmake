# tlc_pg_test(COMPONENT MODULE ...): as tlc_test, with label pg and a private PostgreSQL cluster that starts once for all of them, which have
# it to themselves one after another: roles are the cluster's.
# The test finds it by TLC_TEST_PG, a connection string without dbname.
# tlc_pooled_test(COMPONENT MODULE): the same test once more behind PgBouncer, in its two modes, in a database with unkind defaults and a
# pool whose sessions others have used; TLC_TEST_POOLER is what replaces TLC_TEST_PG.
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
    set_tests_properties(${component}.${module} PROPERTIES FIXTURES_REQUIRED pg RESOURCE_LOCK pg
        ENVIRONMENT "TLC_TEST_PG=host=${TLC_TEST_PG_DIR} user=taxi")
endfunction()

# Few connections where transactions share them, enough for every client where a client keeps its own.
set(TLC_TEST_POOL_transaction 3)
set(TLC_TEST_POOL_session 20)
foreach(mode IN ITEMS transaction session)
    set(TLC_TEST_POOL_DIR_${mode} "/tmp/tlc-pool-${mode}-${tlc_pg_id}" CACHE INTERNAL "")
    set(dir "${TLC_TEST_POOL_DIR_${mode}}")
    set(script "${PROJECT_SOURCE_DIR}/tests/support/pgbouncer.sh")
    add_test(NAME pgbouncer.${mode}.start
        COMMAND "${script}" start "${dir}" "${TLC_TEST_PG_DIR}" ${mode} ${TLC_TEST_POOL_${mode}})
    add_test(NAME pgbouncer.${mode}.stop COMMAND "${script}" stop "${dir}")
    set_tests_properties(pgbouncer.${mode}.start PROPERTIES FIXTURES_SETUP pgbouncer.${mode} FIXTURES_REQUIRED pg)
    set_tests_properties(pgbouncer.${mode}.stop PROPERTIES FIXTURES_CLEANUP pgbouncer.${mode} FIXTURES_REQUIRED pg)
    set_tests_properties(pgbouncer.${mode}.start pgbouncer.${mode}.stop PROPERTIES LABELS pg TIMEOUT 60 SKIP_RETURN_CODE 77)
endforeach()

function(tlc_pooled_test component module)
    foreach(mode IN ITEMS transaction session)
        set(name ${component}.${module}_by_${mode})
        add_test(NAME ${name} COMMAND test_${component}_${module} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
        set_tests_properties(${name} PROPERTIES LABELS pg TIMEOUT 300 SKIP_RETURN_CODE 77 FIXTURES_REQUIRED "pg;pgbouncer.${mode}" RESOURCE_LOCK pg
            ENVIRONMENT "TLC_TEST_PG=host=${TLC_TEST_PG_DIR} user=taxi;TLC_TEST_POOLER=host=${TLC_TEST_POOL_DIR_${mode}} port=6432 user=taxi")
    endforeach()
endfunction()
