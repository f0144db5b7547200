# One image for all our binaries; docker-compose.yml runs each as a service.
# --build-arg EXTRA_CA="$(cat my-proxy-ca.crt)": certificate authorities in PEM, for a network whose proxy signs TLS anew.
FROM debian:bookworm-slim AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        build-essential ca-certificates cmake ninja-build pkg-config npm \
        librdkafka-dev libmicrohttpd-dev libpq-dev libjansson-dev libcurl4-openssl-dev libsqlite3-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
ARG EXTRA_CA=
RUN if [ -n "$EXTRA_CA" ]; then printf '%s\n' "$EXTRA_CA" >/usr/local/share/ca-certificates/extra.crt && update-ca-certificates; fi
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
WORKDIR /src/.deps
# The packages of the lock file, before the sources: a changed source does not load them again.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts
WORKDIR /src
COPY . .
# Without tests: they run outside.
RUN cmake --preset release -DTLC_TESTS= && cmake --build --preset release

FROM debian:bookworm-slim
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates curl jq nodejs unzip \
        librdkafka1 libmicrohttpd12 libpq5 libjansson4 libcurl4 libsqlite3-0 zlib1g \
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
