# shellcheck shell=bash
# The commands of ./pipeline: one table, from which come the list (./pipeline help), every command's --help, the reading of what was
# given, and the refusal of what is not known. Sourced by ./pipeline and by the scripts that some commands are; the working folder is
# the repository's.
#
# What may be given is said by kinds, in capitals: "NAME" one word, "NAME?" one or none, "NAME..." any number; "--speed=FACTOR" an
# option with a value, "--once" one without; "+producer-client" lets that program's own options through.

command_names=()
declare -gA command_arguments=() command_options=() command_words=() command_more=()
command_row() { # name, arguments, options, one line, further text
    command_names+=("$1")
    command_arguments[$1]=$2 command_options[$1]=$3 command_words[$1]=$4 command_more[$1]=${5:-}
}

command_row demo 'MONTH...' '--once --speed=FACTOR --yes' 'everything: set up, build, start, replay, watch' \
    "Replays green 2024-01 at --speed 22000 unless told otherwise, and leaves the page up until Ctrl-C; with --once it ends after the replay,
with the ledger and an exit status. Its state is .run-demo, begun anew each time. In a TLC_RUN that holds something else it first
asks as reset does; --yes answers."
command_row setup 'STAGE?' '' 'install what is missing' \
    "Stages: run (build, start, replay), test (and its tools), fuzz (and clang)."
command_row build '' '' 'set up, then build into build/bin'
command_row up 'NAME...' '--brokers=1-9 --instances=1-9' 'start all (several brokers, instances of each part), or some'
command_row down 'NAME...' '' 'stop all, or some'
command_row status '' '' 'what runs, where it is, and the ledger'
command_row reset '' '--yes' 'stop everything and forget all replayed data' \
    "Names what it will delete, with sizes, and asks. Where no terminal is there to ask on, nothing is deleted without --yes."
command_row env '' '' "addresses for programs by hand: eval \"\$(./pipeline env)\""
# How files are read that do not tell: preprocess' options, by the same names.
reading_options=(--dataset --month --date-order --zoned-times --first-row)
command_row replay 'MONTH...' '--dataset=DATASET --month=YYYY-MM --date-order=ORDER --zoned-times=READING --first-row=N +producer-client' \
    "play a month into the server: --speed 600, --speed max" \
    "Without a month: green 2024-01. Without --speed: in real time. Files of one month are pieces of it. --dataset, --month, --date-order,
--zoned-times and --first-row say how files are read: build/bin/preprocess --help."
command_row settle 'SECONDS?' '' 'wait until all has arrived (at most 120 s)'
command_row audit '' '--json --outside=COUNT --diff' 'prove it by the ledger and every id' \
    "--outside COUNT  messages that were put into the topic past the server, on purpose
--diff           instead of the ledger: every place where windows and days differ
Exit status: 0 when the ledger balances, 1 when it does not."
command_row batch '' '+batch-process' 'days, weeks and months from the stored rows'
command_row watch '' '--once --url=URL' 'figures and ledger in the terminal, as the page has them'
command_row logs 'LOG' '' "follow a program's log"
command_row test 'LABEL...' '' 'build and run the tests; slow, ingest, fuzz, compose and ground only when named'
command_row drill 'DRILL...' '--seed=N --rows=ROWS --short' 'faults on real servers, each ended by the ledger' \
    "Without a name, or with all: one after another. --short: fewer rows, a quicker replay, one fault where there are several."
command_row bench 'ROWS?' '' 'measure every stage; ROWS of a yellow month, 2000000'
command_row 'bench ingest' 'SECONDS? ROUNDS?' '' 'producer-server under wrk, beside a plain Go server; 10 s, 3 rounds'
command_row 'bench month' 'ROWS?' '' 'the largest month: memory, and going on after kill -9; 24000000' \
    "Takes some three minutes and 13 GB of temporary space for the 24 million trips."
command_row 'bench batch' 'ROWS?' '' "batch-process over a month, and the History page's questions; 3000000"
command_row help 'COMMAND...' '' 'this list, or one command of it'

# ---------------------------------------------------------------- kinds

kind_pattern() { # kind: what a value looks like, when that is all there is to it
    case $1 in
    N | ROWS | SECONDS | ROUNDS) printf '[1-9][0-9]{0,8}' ;;
    COUNT) printf '0|[1-9][0-9]{0,14}' ;;
    1-9) printf '[1-9]' ;;
    DATASET) printf 'yellow|green|fhv|fhvhv|other' ;;
    YYYY-MM) printf '20[0-6][0-9]-(0[1-9]|1[0-2])' ;;
    ORDER) printf 'mdy|dmy' ;;
    READING) printf 'instant|wall' ;;
    URL) printf 'https?://[^/[:space:]]+.*' ;;
    FACTOR) printf 'max|[0-9]+(\\.[0-9]+)?([eE][0-9]+)?x?|\\.[0-9]+x?' ;;
    *) printf '.+' ;; # of a list, or for the command to know
    esac
}
kind_wanted() {
    case $1 in
    N | ROWS | SECONDS | ROUNDS) printf 'a whole number above 0' ;;
    COUNT) printf 'a whole number' ;;
    1-9) printf 'a number from 1 to 9' ;;
    DATASET | ORDER | READING) printf 'one of: %s' "$(kind_pattern "$1" | tr '|' ' ')" ;;
    YYYY-MM) printf 'a month such as 2024-01' ;;
    URL) printf 'an address such as http://127.0.0.1:8090' ;;
    FACTOR) printf 'a number such as 600, or max' ;;
    STAGE | LABEL | DRILL | COMMAND) printf 'one of: %s' "$(kind_list "$1" | paste -sd' ')" ;;
    *) printf 'a name' ;;
    esac
}
kind_list() { # kind: its values, a line each, where they can be listed
    case $1 in
    STAGE) printf '%s\n' run 'test' fuzz ;;
    # A test's label stands where the test does.
    LABEL) find tests common/cmake '(' -name CMakeLists.txt -o -name '*.cmake' ')' -exec grep -ohE '^[^#]*\<LABELS? [a-z][a-z0-9-]*' {} + | sed 's/.* //' | sort -u ;;
    # A drill is a function of that name.
    DRILL) printf 'all\n' && sed -n 's/^drill_\([a-z_]*\)() {.*/\1/p' tests/drill/run | tr _ - ;;
    COMMAND) printf '%s\n' "${command_names[@]}" | tr ' ' '\n' | sort -u ;;
    esac
}
kind_shown() {
    case $1 in
    MONTH) printf 'DATASET YYYY-MM | FILE' ;;
    LOG) printf 'NAME' ;;
    1-9) printf 'N' ;;
    *) printf '%s' "$1" ;;
    esac
}
kind_fits() { # kind, value
    local list
    list=$(kind_list "$1")
    if [ -n "$list" ]; then
        [[ $2 != *$'\n'* ]] && grep -qxF -e "$2" <<<"$list"
        return
    fi
    [[ $2 =~ ^($(kind_pattern "$1"))$ ]] || return 1
    # The client's bounds, known before there is a client.
    [ "$1" != FACTOR ] || [ "$2" = max ] || awk -v factor="${2%x}" 'BEGIN {exit !(factor >= 0.001 && factor <= 1e7)}'
}

# ---------------------------------------------------------------- help

command_synopsis() { # name
    local spec kind text='' options arguments
    read -ra options <<<"${command_options[$1]}"
    read -ra arguments <<<"${command_arguments[$1]}"
    for spec in "${options[@]}"; do
        case $spec in
        +*) text+=" [${spec#+}'s options]" ;;
        *=*) text+=" [${spec%%=*} $(kind_shown "${spec#*=}")]" ;;
        *) text+=" [$spec]" ;;
        esac
    done
    for spec in "${arguments[@]}"; do
        kind=$(kind_shown "${spec%%[.?]*}")
        case $spec in
        *...) text+=" [$kind...]" ;;
        *\?) text+=" [$kind]" ;;
        *) text+=" $kind" ;;
        esac
    done
    printf './pipeline %s%s' "$1" "$text"
}

command_help() { # name
    local spec kind arguments
    read -ra arguments <<<"${command_arguments[$1]}"
    printf '%s\n\n  %s\n' "${command_words[$1]^}" "$(command_synopsis "$1")"
    [ -z "${command_more[$1]}" ] || printf '\n%s\n' "${command_more[$1]}"
    for spec in "${arguments[@]}"; do
        kind=${spec%%[.?]*}
        case $kind in
        MONTH) printf '\nDATASET is yellow, green, fhv or fhvhv; FILE is a TLC file (.parquet, .csv, .csv.gz), or what another tool made of one.\n' ;;
        NAME | LOG) printf '\nNAME is one of: %s; further instances are called producer-server-2 and so on.\n' "${parts[*]:-}" ;;
        LABEL | DRILL) printf '\n%s is one of: %s\n' "$kind" "$(kind_list "$kind" | paste -sd' ' | fold -sw 110)" ;;
        esac
    done
    if [[ ${command_options[$1]} =~ \+([a-z-]+) ]]; then
        printf '\n'
        "${bin:-build/bin}/${BASH_REMATCH[1]}" --help 2>/dev/null || printf "%s's options: when it is built\n" "${BASH_REMATCH[1]}"
    fi
    for spec in "${command_names[@]}"; do
        [[ $spec != "$1 "* ]] || printf '\nAlso: %s\n      %s\n' "$(command_synopsis "$spec")" "${command_words[$spec]}"
    done
}

usage() {
    local name line
    printf 'The NYC taxi pipeline: a month of trips, live.\n\n'
    for name in "${command_names[@]}"; do
        line=$(command_synopsis "$name")
        [ ${#line} -le 54 ] || line+=$'\n'"$(printf '%58s' '')"
        printf '  %-54s  %s\n' "$line" "${command_words[$name]}"
    done
    cat <<'END'

Every command explains itself: ./pipeline COMMAND --help. DATASET is yellow, green, fhv or fhvhv; FILE is a TLC file (.parquet, .csv, .csv.gz).
Environment: SERVER_PORT STORE_PORT PROCESS_PORT BATCH_PORT DASHBOARD_PORT KAFKA_PORT (ports); KAFKA_BROKERS, DATABASE_URL (servers of yours
instead of private ones); KAFKA_VERSION (of the broker that setup gets), PG_BIN (folder of PostgreSQL's initdb and postgres),
KAFKA_PROPERTIES (librdkafka's, of all programs: "group.protocol=consumer ..."); TLC_RUN (where state and logs are: .run); TLC_BASE_URL
(where months come from, also file://).
END
    printf 'Needs, at least: %s.\n' "$(minimums | awk '{printf "%s%s %s", s, $1, $2; s = ", "}')"
}

# ---------------------------------------------------------------- reading what was given

refuse() { # command, words
    printf '%spipeline %s:%s %s\n' "${red:-}" "$1" "${plain:-}" "$2" >&2
    exit 64
}

command_known() { # its options, as text
    local spec known='' options
    read -ra options <<<"${command_options[$1]}"
    for spec in "${options[@]}"; do
        case $spec in
        +*) known+=" and ${spec#+}'s," ;;
        *) known+=" ${spec%%=*}," ;;
        esac
    done
    known+=' --help'
    printf '%s' "${known# }"
}

# Whether an option of that program has its value in the next argument.
option_of_program_wants_value() { # program, --name
    "${bin:-build/bin}/$1" --help-markdown 2>/dev/null | grep -qE "^\\| \`$2 "
}

# Reads what was given to a command: args has its arguments, given[--option] the values of its options (1 for those without), passed
# what goes to the program behind it. Prints the help and ends where that is asked for; refuses (64) whatever is not in the table.
args=() passed=()
declare -gA given=()
take() { # command, its arguments...
    local command=$1 arg
    shift
    for arg in "$@"; do
        if [ "$arg" = --help ] || [ "$arg" = -h ]; then command_help "$command" && exit 0; fi
    done
    args=() passed=() given=()
    while [ $# -gt 0 ]; do
        case $1 in
        -?*)
            take_option "$command" "$@"
            shift "$taken_n"
            ;;
        *)
            args+=("$1")
            shift
            ;;
        esac
    done
    [[ ! ${command_options[$command]} =~ \+([a-z-]+) ]] || passed_fit "$command" "${BASH_REMATCH[1]}"
    check_words "$command"
}

take_option() { # command, --name or --name=value, what follows...: sets taken_n, how many of them it took
    local command=$1 name=${2%%=*} spec kind value options
    read -ra options <<<"${command_options[$command]}"
    taken_n=1
    for spec in "${options[@]}"; do
        case $spec in
        +*)
            shift
            take_for_program "$command" "${spec#+}" "$@"
            return
            ;;
        "$name")
            [ "$2" = "$name" ] || refuse "$command" "$name takes no value"
            given[$name]=1
            return
            ;;
        "$name"=*)
            kind=${spec#*=}
            if [ "$2" != "$name" ]; then
                value=${2#*=}
            else
                value=${3-} taken_n=2
            fi
            [ $# -gt "$taken_n" ] && [[ $value != --* ]] || refuse "$command" "$name wants $(kind_wanted "$kind")"
            kind_fits "$kind" "$value" || refuse "$command" "$name: \"$value\" is not $(kind_wanted "$kind")"
            given[$name]=$value
            return
            ;;
        esac
    done
    refuse "$command" "no option ${2} (knows: $(command_known "$command"))"
}

# Whether it knows the option is for the program to say: see passed_fit.
take_for_program() { # command, program, --name..., what follows
    case ${3%%=*} in
    --version | --print-config | --help-markdown) refuse "$1" "no option $3 (that is for $2 itself)" ;;
    esac
    passed+=("$3")
    if [[ $3 != *=* ]] && option_of_program_wants_value "$2" "$3"; then
        [ $# -ge 4 ] || refuse "$1" "$3 wants a value"
        passed+=("$4")
        taken_n=2
    fi
}

# What the program says to the options that it is to get, before anything is done.
passed_fit() { # command, program
    local said placeholder=()
    [ "$2" != producer-client ] || placeholder=(-) # it wants a file
    [ -x "${bin:-build/bin}/$2" ] || { printf 'pipeline %s: %s is not built: run ./pipeline build\n' "$1" "$2" >&2 && exit 69; }
    said=$("${bin:-build/bin}/$2" "${passed[@]}" "${placeholder[@]}" --print-config 2>&1 >/dev/null) || refuse "$1" "$said"
}

check_words() { # command
    local kinds spec='' i=0 word kind
    read -ra kinds <<<"${command_arguments[$1]}"
    if [ "${kinds[0]:-}" = MONTH... ]; then
        check_months "$1"
        return
    fi
    for word in "${args[@]}"; do
        [[ $spec == *... ]] || spec=${kinds[i]:-}
        [ -n "$spec" ] || refuse "$1" "\"$word\" is too much (the command is: $(command_synopsis "$1"))"
        kind=${spec%%[.?]*}
        kind_fits "$kind" "$word" || refuse "$1" "\"$word\" is not $(kind_wanted "$kind")"
        i=$((i + 1))
    done
    if [ $i -lt ${#kinds[@]} ] && [[ ${kinds[i]} != *[.?] ]]; then
        refuse "$1" "wants $(kind_shown "${kinds[i]}") (the command is: $(command_synopsis "$1"))"
    fi
}

# Datasets with their month, and files that are there.
check_months() { # command
    local i=0
    while [ $i -lt ${#args[@]} ]; do
        case ${args[i]} in
        yellow | green | fhv | fhvhv)
            [[ ${args[i + 1]:-} =~ ^[0-9]{4}-(0[1-9]|1[0-2])$ ]] || refuse "$1" "${args[i]} wants a month: ./pipeline $1 ${args[i]} 2024-01"
            i=$((i + 1))
            ;;
        *)
            [ -e "${args[i]}" ] && [ ! -d "${args[i]}" ] || {
                printf '%s\n' "pipeline $1: no file ${args[i]} (and no dataset of that name: yellow, green, fhv, fhvhv)" >&2
                exit 66
            }
            ;;
        esac
        i=$((i + 1))
    done
}
