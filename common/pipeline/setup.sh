# Part of ./pipeline: what the machine must have, and the build. Wants deps and here to be set.

apt_packages=(build-essential cmake ninja-build pkg-config git curl jq unzip procps util-linux
    librdkafka-dev libmicrohttpd-dev libpq-dev libjansson-dev libcurl4-openssl-dev libsqlite3-dev
    libcmocka-dev zlib1g-dev python3 python3-venv postgresql postgresql-client default-jre-headless maven
    clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev shellcheck chromium)

missing_packages() {
    local package
    for package in "${apt_packages[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
    done
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        printf 'nodejs\nnpm\n'
    fi
}

setup_apt() {
    local missing
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    step "missing packages: ${missing[*]}"
    command -v apt-get >/dev/null ||
        fail 69 "no apt-get here: install the equivalents of: ${missing[*]}, then run ./pipeline setup again"
    if [ "$(id -u)" -ne 0 ]; then
        fail 69 "not root: run this, then ./pipeline setup again:
    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Something in .deps is current when the file it was made from is the same as then.
is_current() { cmp -s "$1" "$deps/made-from/$2"; }
mark_current() { mkdir -p "$deps/made-from" && cp "$1" "$deps/made-from/$2"; }

setup_kafka() {
    is_current pom.xml pom.xml && return 0
    step "Kafka's jars by Maven into .deps/kafka"
    rm -rf "$deps/kafka"
    mkdir -p "$deps"
    mvn -q -B -f pom.xml dependency:copy-dependencies -DoutputDirectory="$deps/kafka" >"$deps/maven.log" 2>&1 ||
        fail 69 "Maven could not load the jars: see $deps/maven.log"
    mark_current pom.xml pom.xml
}

setup_npm() {
    is_current package-lock.json package-lock.json && return 0
    step "front-end libraries and libduckdb by npm into .deps/node_modules"
    mkdir -p "$deps"
    cp package.json package-lock.json "$deps/"
    (cd "$deps" && npm ci --no-audit --no-fund --ignore-scripts) >"$deps/npm.log" 2>&1 ||
        fail 69 "npm could not load the packages: see $deps/npm.log"
    mark_current package-lock.json package-lock.json
}

setup_python() {
    is_current tests/requirements.txt requirements.txt && return 0
    step "schemathesis by pip into .deps/python"
    rm -rf "$deps/python"
    mkdir -p "$deps"
    { python3 -m venv "$deps/python" && "$deps/python/bin/pip" install --disable-pip-version-check --no-deps -r tests/requirements.txt; } \
        >"$deps/pip.log" 2>&1 || fail 69 "pip could not load the packages: see $deps/pip.log"
    mark_current tests/requirements.txt requirements.txt
}

cmd_setup() {
    setup_apt
    setup_kafka
    setup_npm
    setup_python
    say "set up: everything that the pipeline needs is here"
}

cmd_build() {
    step "building into build/bin"
    mkdir -p build
    { cmake --preset release && cmake --build --preset release; } >build/build.log 2>&1 || {
        tail -n 30 build/build.log >&2
        fail 70 "the build failed: see build/build.log"
    }
}
