# syntax=docker/dockerfile:1
#
#   docker build --tag unspool .
#   docker run --rm --interactive --tty --volume unspool:/data unspool account add --admin
#   docker run --rm --name unspool --volume unspool:/data \
#     --publish 127.0.0.1:1883:1883 --publish 127.0.0.1:8080:8080 unspool
#
# Inside a container the server listens beyond loopback, so it refuses to start without an account.
# The second command asks for the administrator's password; where nobody can be asked, the variable
# UNSPOOL_ADMIN_PASSWORD_FILE names a file with it.

FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY openapi /src/openapi
COPY web ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS server
# The memory allocator's own build.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
# Without a dashboard the build fails, instead of bringing the fallback page along.
ENV UNSPOOL_UI_REQUIRE=1
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin unspool \
    && install -D target/release/unspool /out/unspool

FROM debian:bookworm-slim
# PostgreSQL's server programs, for the database that runs where no UNSPOOL_DATABASE_URL is given;
# its package shall not make and start a cluster of its own. Versions are Debian stable's.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl postgresql-common tini \
    && sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf \
    && apt-get install --yes --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 unspool \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin \
        unspool \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data
COPY --from=server /out/unspool /usr/local/bin/unspool
COPY LICENSE /usr/share/doc/unspool/LICENSE
ENV UNSPOOL_DATA_DIR=/data \
    UNSPOOL_MQTT_LISTEN=0.0.0.0:1883 \
    UNSPOOL_HTTP_LISTEN=0.0.0.0:8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 1883 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s CMD ["unspool", "health"]
# What PostgreSQL leaves behind when it is killed is reaped by tini.
ENTRYPOINT ["tini", "--", "unspool"]
CMD ["serve"]
LABEL org.opencontainers.image.title="Unspool" \
      org.opencontainers.image.description="An MQTT broker that remembers" \
      org.opencontainers.image.licenses="Apache-2.0"
