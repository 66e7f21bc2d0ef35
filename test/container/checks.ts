import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { call, cleanUp, type Ended, type Engine, must } from "./engine.ts"
import { makeSecrets, postgresScript } from "./pair.ts"

export interface Image {
  readonly engine: Engine
  readonly tag: string
}

export interface Check {
  readonly name: string
  readonly seconds: number
  readonly said: string
  /** Undefined: it holds. */
  readonly problem?: string
}

export interface ImageFacts {
  readonly bytes: number
  readonly user: string
}

/** As compose.yaml runs it: nothing can be written but the volume and a /tmp from which nothing is executed. */
const HARDENED = [
  ...["--read-only", "--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=128m"],
  ...["--cap-drop", "all", "--security-opt", "no-new-privileges"],
]
/** Past this the engine kills it: compose.yaml's stop_grace_period. */
const GRACE_SECONDS = 60
/** The demo's own limit is 240 s. */
const DEMO_SECONDS = 300
const HEALTHY_WITHIN_SECONDS = 120
const SANDBOX_PORT = "8700"

/** What builds or fetches programs, and has no business in an image that only runs one. */
const TOOLS = ["npm", "npx", "yarn", "corepack", "gcc", "cc", "g++", "make", "python3", "git", "curl", "wget"]

interface HealthCommand {
  readonly command: ReadonlyArray<string>
}

interface Rig {
  readonly image: Image
  readonly volume: string
  readonly sandbox: string
  readonly worker: string
  readonly podman: (...parameters: ReadonlyArray<string>) => ReadonlyArray<string>
}

const expect = (holds: boolean, problem: string): void => {
  if (!holds) throw new Error(problem)
}

const inspect = async ({ podman, image }: Rig, format: string): Promise<string> =>
  must(podman("image", "inspect", "--format", format, image.tag), 60)

/** The command of the HEALTHCHECK, as the image has it: run by us, on demand, on every engine alike. */
const healthCommand = async (rig: Rig): Promise<HealthCommand> => {
  const test = JSON.parse(await inspect(rig, "{{json .Config.Healthcheck.Test}}")) as ReadonlyArray<string>
  expect(test[0] === "CMD" && test.length > 1, `the image has no HEALTHCHECK in exec form: ${JSON.stringify(test)}`)
  return { command: test.slice(1) }
}

const within = (rig: Rig, container: string, command: ReadonlyArray<string>): Promise<Ended> =>
  call(rig.podman("exec", container, ...command), 60)

/** Asks until the answer is yes, or the container has ended, or time is up. @returns the seconds it took */
const until = async (rig: Rig, container: string, ask: () => Promise<Ended>): Promise<number> => {
  const began = performance.now()
  for (;;) {
    const { code, stderr, stdout } = await ask()
    const seconds = (performance.now() - began) / 1000
    if (code === 0) return seconds
    const isRunning = (await must(rig.podman("inspect", "--format", "{{.State.Running}}", container), 60)) === "true"
    if (isRunning && seconds < HEALTHY_WITHIN_SECONDS) await sleep(250)
    else throw new Error(`not after ${seconds.toFixed(1)} s: ${stdout}${stderr}\n${await lastWords(rig, container)}`)
  }
}

const lastWords = async (rig: Rig, container: string): Promise<string> => {
  const { stderr, stdout } = await call(rig.podman("logs", "--tail", "20", container), 60)
  return (stdout + stderr).slice(-3000)
}

const startSandbox = async (rig: Rig): Promise<void> => {
  const { image, podman, sandbox, volume } = rig
  const places = ["--world", "src/demo/world.json", "--state", "/data/demo/sandbox"]
  await must(
    podman(
      ...["run", "--detach", "--name", sandbox, ...image.engine.run, ...HARDENED, "--network", "none"],
      ...["--volume", `${volume}:/data`, "--entrypoint", "tini", image.tag, "--", "node", "src/sandbox/main.ts"],
      ...[...places, "--library-dir", "/data/demo/library", "--port", SANDBOX_PORT],
    ),
    60,
  )
  const isUp = `fetch("http://127.0.0.1:${SANDBOX_PORT}/endpoint").then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`
  await until(rig, sandbox, () => within(rig, sandbox, ["node", "-e", isUp]))
}

/** The worker on what the demo has left, on the same loopback as the sandbox. */
const startWorker = ({ image, podman, sandbox, volume, worker }: Rig): Promise<string> =>
  must(
    podman(
      ...["run", "--detach", "--name", worker, ...image.engine.run, ...HARDENED, "--network", `container:${sandbox}`],
      ...["--volume", `${volume}:/data`, "--env", "STASH_DATA_DIR=/data/demo"],
      ...["--env", `STASH_SANDBOX=http://127.0.0.1:${SANDBOX_PORT}`, image.tag],
    ),
    60,
  )

const isReady = `fetch("http://127.0.0.1:8787/health/ready").then(async (answer) => { console.log(await answer.text()); process.exit(answer.ok ? 0 : 1) }, () => process.exit(1))`
const countMessages = `fetch("http://127.0.0.1:${SANDBOX_PORT}/state").then((answer) => answer.json()).then(({ channels }) => console.log(channels.map(({ name, messages }) => name + " " + messages.length).join(", ")))`

const becomeReady = async (rig: Rig): Promise<string> => {
  const { command } = await healthCommand(rig)
  const healthy = await until(rig, rig.worker, () => within(rig, rig.worker, command))
  const ready = await until(rig, rig.worker, () => within(rig, rig.worker, ["node", "-e", isReady]))
  return `healthy after ${healthy.toFixed(1)} s, all accounts ready after ${(healthy + ready).toFixed(1)} s`
}

const stop = async ({ podman, worker }: Rig): Promise<string> => {
  const began = performance.now()
  await must(podman("stop", "--time", String(GRACE_SECONDS), worker), GRACE_SECONDS + 30)
  const seconds = (performance.now() - began) / 1000
  const code = await must(podman("inspect", "--format", "{{.State.ExitCode}}", worker), 60)
  expect(code === "0", `SIGTERM: exit code ${code} after ${seconds.toFixed(1)} s`)
  return `exit code 0 after ${seconds.toFixed(1)} s`
}

const messagesOf = async (rig: Rig): Promise<string> =>
  (await within(rig, rig.sandbox, ["node", "-e", countMessages])).stdout.trim()

/** Every check in its order; the later ones live on what the earlier ones left in the volume. */
const steps: ReadonlyArray<readonly [name: string, run: (rig: Rig) => Promise<string>]> = [
  [
    "an ordinary user, and no tools to build with",
    async ({ image, podman }) => {
      const look = `id -u; for tool in ${TOOLS.join(" ")}; do command -v $tool; done; touch /app/x 2>/dev/null && echo writable; true`
      const plain = ["run", "--rm", ...image.engine.run, "--network", "none", "--entrypoint", "sh"]
      const found = await must(podman(...plain, image.tag, "-c", look), 60)
      expect(found === "1000", `expected uid 1000 alone, found: ${found.split("\n").join(", ")}`)
      return "uid 1000, the code is not its own"
    },
  ],
  [
    "the demo inside, without a network",
    async ({ image, podman, volume }) => {
      const options = [
        "run",
        "--rm",
        ...image.engine.run,
        ...HARDENED,
        "--network",
        "none",
        "--volume",
        `${volume}:/data`,
      ]
      const { code, stdout, stderr } = await call(podman(...options, image.tag, "demo"), DEMO_SECONDS)
      expect(code === 0, `exit code ${code}: ${(stdout + stderr).slice(-3000)}`)
      return /The destination holds.*/.exec(stdout)?.[0] ?? ""
    },
  ],
  [
    "a console open to others is refused without a token",
    async ({ image, podman }) => {
      const options = ["run", "--rm", ...image.engine.run, ...HARDENED, "--network", "none"]
      const { code, stderr } = await call(podman(...options, "--env", "STASH_CONSOLE_HOST=0.0.0.0", image.tag), 60)
      expect(code === 1 && stderr.includes("set STASH_CONSOLE_TOKEN"), `exit code ${code}: ${stderr.slice(-1000)}`)
      return "exit code 1, and says what to set"
    },
  ],
  [
    "compose.yaml's pair: a Postgres beside the worker, secrets in files, a console with a token",
    (rig) => runPair(rig),
  ],
  ["the worker on the demo's volume becomes healthy", (rig) => startWorkerOn(rig).then(() => becomeReady(rig))],
  [
    "stash doctor, in the running container",
    async (rig) => {
      const { code, stdout } = await within(rig, rig.worker, ["stash", "doctor"])
      expect(code === 0, `exit code ${code}: ${stdout}`)
      return `${stdout.match(/^ok /gm)?.length ?? 0} times ok`
    },
  ],
  ["SIGTERM", stop],
  [
    "started again on the same volume",
    async (rig) => {
      const before = await messagesOf(rig)
      await must(rig.podman("start", rig.worker), 60)
      const said = await becomeReady(rig)
      const after = await messagesOf(rig)
      expect(before !== "" && after === before, `the sandbox held ${before}, and then ${after}`)
      return `${said}; the sandbox holds the same messages`
    },
  ],
  [
    "killed, the health check says so; started again, it recovers",
    async (rig) => {
      const { command } = await healthCommand(rig)
      await must(rig.podman("kill", "--signal", "KILL", rig.worker), 60)
      // On the loopback that was the worker's too.
      const { code, stdout } = await within(rig, rig.sandbox, command)
      expect(code === 1, `exit code ${code} of the health check of a worker that is not there: ${stdout}`)
      await must(rig.podman("start", rig.worker), 60)
      return becomeReady(rig)
    },
  ],
  ["SIGTERM once more", stop],
  [
    "a backup, restored into an empty folder",
    async (rig) => {
      const file = "/data/backup.tar.gz"
      const made = await must(command(rig, "/data/demo", "backup", file), 120)
      await must(command(rig, "/data/restored", "restore", file, "--yes"), 120)
      return made.replace(/\. It holds[\s\S]*/, "")
    },
  ],
]

const asked = (url: string, token: string | undefined) =>
  `fetch("http://127.0.0.1:8787${url}", { headers: ${JSON.stringify(token === undefined ? {} : { authorization: `Bearer ${token}` })} }).then(async (answer) => console.log(answer.status, await answer.text()))`

/** The two containers that compose.yaml starts when nothing is named; nothing of them is left afterwards. */
const runPair = async (rig: Rig): Promise<string> => {
  const { image, podman, volume } = rig
  const secrets = await makeSecrets()
  const [postgres, worker] = [`${rig.worker}-postgres`, `${rig.worker}-pair`]
  const common = ["run", "--detach", ...image.engine.run, ...HARDENED, "--volume", `${secrets.folder}:/run/secrets:ro`]
  const settings = {
    DATABASE_URL_FILE: "/run/secrets/database_url",
    TELEGRAM_API_HASH_FILE: "/run/secrets/telegram_api_hash",
    STASH_CONSOLE_TOKEN_FILE: "/run/secrets/console_token",
    STASH_CONSOLE_HOST: "0.0.0.0",
  }
  /** Without an account nobody asks Telegram for anything. */
  const start = (more: Readonly<Record<string, string>>) =>
    must(
      podman(
        ...[...common, "--name", worker, "--network", `container:${postgres}`, "--volume", `${volume}-pair:/data`],
        ...Object.entries({ ...settings, ...more }).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
        image.tag,
      ),
      60,
    )
  const ask = async (url: string, token: string | undefined) =>
    (await within(rig, worker, ["node", "-e", asked(url, token)])).stdout.trim()
  try {
    await must(
      podman(
        ...[...common, "--name", postgres, "--network", "none", "--volume", `${volume}-postgres:/data`],
        ...["--entrypoint", "sh", image.tag, "-c", postgresScript],
      ),
      60,
    )
    const { command } = await healthCommand(rig)
    await start({})
    await until(rig, worker, () => within(rig, worker, command))
    const waiting = await ask("/api/setup", secrets.token)
    expect(waiting === '200 {"missing":["TELEGRAM_API_ID"]}', `without an API id: ${waiting}`)
    await must(podman("rm", "--force", worker), 60)

    await start({ TELEGRAM_API_ID: "1" })
    const seconds = await until(rig, worker, () => within(rig, worker, command))
    const ready = async () => {
      const said = await ask("/health/ready", secrets.token)
      return { code: said.startsWith("200 ") ? 0 : 1, stdout: said, stderr: "" }
    }
    await until(rig, worker, ready)
    const refused = await ask("/api/overview", undefined)
    expect(refused.startsWith("401 "), `without the token: ${refused}`)
    const overview = await ask("/api/overview", secrets.token)
    expect(overview.includes('"accounts":0'), `with the token: ${overview}`)
    const { stdout: settingsSeen } = await within(rig, worker, ["stash", "config"])
    expect((settingsSeen.match(/set \(file\)/g) ?? []).length === 3, `stash config: ${settingsSeen}`)
    return `healthy after ${seconds.toFixed(1)} s, on its database; the console answers to the token alone`
  } finally {
    for (const container of [worker, postgres]) await cleanUp(podman("rm", "--force", container), 120)
    for (const name of ["pair", "postgres"]) await cleanUp(podman("volume", "rm", "--force", `${volume}-${name}`), 60)
    await secrets.remove()
  }
}

/** A command of stash on the stopped worker's volume. */
const command = ({ image, podman, volume }: Rig, data: string, ...stash: ReadonlyArray<string>) =>
  podman(
    ...["run", "--rm", ...image.engine.run, ...HARDENED, "--network", "none", "--volume", `${volume}:/data`],
    ...["--env", `STASH_DATA_DIR=${data}`, image.tag, ...stash],
  )

const startWorkerOn = async (rig: Rig): Promise<void> => {
  await startSandbox(rig)
  await startWorker(rig)
}

const timed = async (name: string, run: () => Promise<string>): Promise<Check> => {
  const began = performance.now()
  const seconds = () => Math.round((performance.now() - began) / 100) / 10
  try {
    const said = await run()
    return { name, seconds: seconds(), said }
  } catch (error) {
    return { name, seconds: seconds(), said: "", problem: error instanceof Error ? error.message : String(error) }
  }
}

/** Runs every check; one that does not hold ends the row, as the next ones build on it. */
export const checkImage = async (
  image: Image,
  tell: (line: string) => void,
): Promise<{ readonly facts: ImageFacts; readonly checks: ReadonlyArray<Check> }> => {
  const id = randomUUID().slice(0, 8)
  const rig: Rig = {
    image,
    volume: `stash-check-${id}`,
    sandbox: `stash-check-${id}-sandbox`,
    worker: `stash-check-${id}-worker`,
    podman: (...parameters) => [...image.engine.containers, ...parameters],
  }
  const checks: Array<Check> = []
  try {
    const facts = { bytes: Number(await inspect(rig, "{{.Size}}")), user: await inspect(rig, "{{.Config.User}}") }
    tell(`image: ${Math.round(facts.bytes / 1e6)} MB`)
    for (const [name, run] of steps) {
      const check = await timed(name, () => run(rig))
      checks.push(check)
      tell(
        `${check.problem === undefined ? "holds " : "FAILED"} ${name} (${check.seconds} s): ${check.problem ?? check.said}`,
      )
      if (check.problem !== undefined) break
    }
    return { facts, checks }
  } finally {
    for (const container of [rig.worker, rig.sandbox]) await cleanUp(rig.podman("rm", "--force", container), 120)
    await cleanUp(rig.podman("volume", "rm", "--force", rig.volume), 60)
  }
}
