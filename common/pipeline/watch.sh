# shellcheck shell=bash
# ./pipeline watch: the live page's figures and the ledger in a terminal. Sourced by ./pipeline, whose functions and colours it uses.

# One picture as text, from the dashboard's replies; the last good ones are kept. The names of zones (meta) do not change.
watch_picture() { # dashboard's URL, folder for the replies, words on the connection
    local part
    for part in meta summary status; do
        [ $part != meta ] || [ ! -f "$2/meta" ] || continue
        curl -fsS --max-time 5 "$1/api/$part" >"$2/new" 2>/dev/null || return 1
        mv "$2/new" "$2/$part"
    done
    watch_render "$2" "$3"
}

watch_render() { # folder, words on the connection
    # shellcheck disable=SC2154 # the colours are the pipeline's
    TZ=America/New_York jq -rn --arg connection "$2" --arg bold "$bold" --arg red "$red" --arg green "$green" --arg plain "$plain" \
        --slurpfile summary "$1/summary" --slurpfile status "$1/status" --slurpfile meta "$1/meta" -f common/pipeline/watch.jq
}

# Each line takes the place of the one before it, and what is below is cleared: no flicker. Lines that do not fit are left out.
watch_show() {
    local rows
    rows=$(tput lines 2>/dev/null </dev/tty || printf 24) # by name: attend lets it read from nothing
    printf '\e[H'
    head -n "$((rows - 1))" | sed $'s/$/\e[K/'
    printf '\e[J'
}

# Ctrl-C is its good end.
watch_end() {
    local status=$?
    printf '\e[?7h\e[?25h\e[?1049l' # wrapping, cursor, and the screen as it was before
    rm -rf "$watch_folder"
    [ $status -ne 130 ] || exit 0
}

# A lost dashboard leaves the last picture where it is and says so; it is asked again every second.
watch_frames() { # URL
    local text='' seen=0 since
    while :; do
        if text=$(watch_picture "$1" "$watch_folder" live); then
            seen=1 since=$(date +%T)
        elif [ $seen -eq 1 ]; then
            text=$(watch_render "$watch_folder" "lost, this is from $since")
        else
            text="$1 does not answer yet: asked again every second, Ctrl-C ends"
        fi
        watch_show <<<"$text"
        sleep 1
    done
}

watch_loop() { # URL
    printf '\e[?1049h\e[?25l\e[?7l\e[2J'
    trap watch_end EXIT
    attend watch_frames "$1"
}

cmd_watch() {
    local once=${given[--once]:-} url=${given[--url]:-}
    url=${url%/}
    if [ -z "$url" ]; then
        # shellcheck disable=SC2034,SC2154 # run and here are the pipeline's; a demo has a state of its own
        [ -n "${TLC_RUN:-}" ] || [ -f "$(state_file)" ] || run=$here/.run-demo
        load_state
        url=${DASHBOARD_URL:-}
        [ -n "$url" ] || fail 69 "nothing was started here: ./pipeline up first, or name a dashboard with --url"
    fi
    watch_folder=$(mktemp -d)
    if [ -z "$once" ] && [ -t 1 ]; then
        watch_loop "$url"
    fi
    local text status=0
    text=$(watch_picture "$url" "$watch_folder" live) || status=69
    rm -rf "$watch_folder"
    [ $status -eq 0 ] || fail $status "$url does not answer"
    say "$text"
}
