#!/usr/bin/env bash
# Loads one file over http(s):// or file://, whole or not at all. Sourced by fetch-month and fetch-zones.
#
# For: fetch URL FILE CHECK. The file comes into FILE.part, resumes there after any interruption, and gets its name only when its
# length is the one announced and CHECK (a function: file -> 0, or a reason on stdout) takes it. Two at once: the second waits.
# Settings: fetch_tries (4), fetch_pause_s (1, doubled each time; TLC_FETCH_PAUSE_S). Exit codes as sysexits names them.
# Not for: unpacking, or guessing addresses.

fetch_tries=4
fetch_pause_s=${TLC_FETCH_PAUSE_S:-1}

note() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { # exit code, words
    local code=$1
    shift
    note "$*"
    exit "$code"
}

size_of() { stat -c %s "$1" 2>/dev/null || printf 0; }
first_bytes() { od -An -tx1 -N "$2" "$1" 2>/dev/null | tr -d ' \n'; }

# What came instead of data, for a message; fails when it does not look like a page.
is_page() { head -c 512 "$1" | grep -qiE '<(!doctype|html|head|\?xml|error)'; }

# HEAD: sets head_status, head_length and head_stamp (what changes when the file does); empty where the server does not say. Returns
# curl's status.
ask_head() { # url
    local headers
    head_status='' head_length='' head_stamp=''
    headers=$(curl -sIL --connect-timeout 10 --max-time 30 -w 'error: %{errormsg}' "$1" | tr -d '\r') || {
        local status=$?
        fetch_error=${headers##*error: }
        return $status
    }
    # After redirects the last block of headers counts.
    head_status=$(awk '/^HTTP\// {s = $2} END {print s}' <<<"$headers")
    head_length=$(awk 'tolower($1) == "content-length:" {n = $2} /^HTTP\// {n = ""} END {print n}' <<<"$headers")
    head_stamp=$head_length$(awk 'tolower($1) ~ /^(etag|last-modified):$/ {$1 = ""; s = s $0} /^HTTP\// {s = ""} END {print s}' <<<"$headers")
}

# What curl's status (and, for 22, the HTTP status) means: 0 well, 1 worth another try, 2 no server, 3 no such file, 4 refused,
# 5 no such address, 6 cannot write.
retry_class() {
    case $1 in
    0) return 0 ;;
    6 | 7) return 2 ;;
    37) return 3 ;; # file://
    1 | 3) return 5 ;;
    23) return 6 ;;
    22) ;;
    *) return 1 ;;
    esac
    case $2 in
    403 | 404 | 410) return 3 ;;
    408 | 416 | 429) return 1 ;;
    4*) return 4 ;;
    *) return 1 ;;
    esac
}

# One attempt into the part, told as retry_class tells it; sets fetch_error.
fetch_once() { # url, part
    local url=$1 part=$2 have status=0 code progress=(-s)
    ask_head "$url" || status=$?
    [ $status -eq 0 ] || { retry_class $status 0 || return; }
    case $head_status in
    403 | 404 | 410) return 3 ;;
    2* | '') ;;
    *) head_length='' head_stamp='' ;; # of an error's page; whether there is a file, GET will tell
    esac
    have=$(size_of "$part")
    # Bytes of another edition of the file are no beginning of this one.
    if [ "$have" -gt 0 ] && { [ "$(cat "$part.stamp" 2>/dev/null)" != "$head_stamp" ] || [ -z "$head_stamp" ] ||
        { [ -n "$head_length" ] && [ "$have" -gt "$head_length" ]; }; }; then
        : >"$part"
        have=0
    fi
    printf '%s' "$head_stamp" >"$part.stamp"
    [ -z "$head_length" ] || [ "$have" -eq 0 ] || [ "$have" -ne "$head_length" ] || return 0
    [ "$have" -eq 0 ] || note "resuming after $have bytes"
    [ ! -t 2 ] || progress=(--progress-bar)
    fetch_error=$(curl -fL "${progress[@]}" --connect-timeout 10 --speed-limit 1000 --speed-time 30 -C - -o "$part" \
        -w '%{http_code} %{errormsg}' "$url") || status=$?
    code=${fetch_error%% *} fetch_error=${fetch_error#* }
    if [ $status -eq 33 ] || [ "$code" = 416 ]; then # cannot resume here: the next try begins at the start
        : >"$part"
    fi
    retry_class $status "$code" || return
    have=$(size_of "$part")
    [ -z "$head_length" ] || [ "$have" -eq "$head_length" ] || {
        fetch_error="$have bytes came, $head_length were announced"
        return 1
    }
}

# 0: FILE is there. 3: the server has no such file. Everything else ends the program with the remedy.
fetch() { # url, file, check
    local url=$1 file=$2 check=$3 part=$2.part try status reason
    # The part itself is the lock: a second run waits here, and finds the first one's file.
    while :; do
        { exec 9>>"$part"; } 2>/dev/null || die 74 "${file%/*}: cannot be written: choose another folder with --to"
        flock 9
        [ ! "$part" -ef /proc/self/fd/9 ] || break # else the first run has renamed or removed it meanwhile
    done
    if [ -e "$file" ] && [ "${fetch_again:-0}" = 0 ]; then
        [ -s "$part" ] || rm -f "$part"
        return 0
    fi
    for ((try = 1; ; try++)); do
        status=0
        fetch_once "$url" "$part" || status=$?
        case $status in
        0) break ;;
        3) rm -f "$part" "$part.stamp" && return 3 ;;
        4) rm -f "$part" "$part.stamp" && die 69 "$url: $fetch_error" ;;
        5) rm -f "$part" "$part.stamp" && die 64 "$url: $fetch_error: an address begins with https://, http:// or file://" ;;
        6) die 74 "$part: cannot be written: is the disk full? Run it again then: it resumes" ;;
        esac
        # Where nobody answers at all, waiting long only delays the bad news.
        if [ "$try" -ge "$fetch_tries" ] || { [ $status -eq 2 ] && [ "$try" -ge 2 ]; }; then
            [ -s "$part" ] || rm -f "$part" "$part.stamp"
            [ $status -ne 2 ] || die 69 "$url: no connection ($fetch_error): is there a network, or a proxy to set (https_proxy)?"
            die 69 "$url: $fetch_error, after $try tries. Run it again: it resumes where it stopped"
        fi
        note "$fetch_error; next try in $((fetch_pause_s << (try - 1))) s"
        sleep $((fetch_pause_s << (try - 1)))
    done
    if ! reason=$("$check" "$part"); then
        ! is_page "$part" || reason="a web page, not data: the address is wrong, or something on the way answers in its place"
        rm -f "$part" "$part.stamp"
        die 65 "$url: $reason"
    fi
    mv -f "$part" "$file" || die 74 "$file: cannot be written"
    rm -f "$part.stamp"
}

# An address as curl takes it: a folder or file of this machine becomes file://; no slash at the end.
as_url() {
    local text=${1%/}
    if [[ $text != *://* ]]; then
        [ -e "$text" ] || die 66 "$text: no such folder or file (an address begins with https://, http:// or file://)"
        text=file://$(realpath "$text")
    fi
    printf '%s' "$text"
}
