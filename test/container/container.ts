/**
 * `npm run container`: builds the image for real and puts it to the proof. With `--stand-in` the base images are made of
 * Debian's and npm's packages, for machines that reach those and no image registry.
 */
import { writeFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { checkImage, type Image } from "./checks.ts"
import { call, cleanUp, type Engine, findEngine, must } from "./engine.ts"

const { values: flags } = parseArgs({
  options: {
    json: { type: "string" },
    "stand-in": { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    storage: { type: "string", default: join(tmpdir(), "dragons-stash-images") },
    help: { type: "boolean", default: false },
  },
})

const HELP = `npm run container -- [--stand-in] [--keep] [--storage FOLDER] [--json FILE]
  Builds the image and checks it: demo inside, health, stop, restart on the same volume, all with a read-only root.
  --stand-in   make the base images out of Debian's and npm's packages (no image registry is asked)
  --keep       leave images and layers in the storage folder: the next build is faster
  --storage    where buildah and podman keep them (default: in the folder for temporary files)
  --json       file for {ok, engine, seconds, build, image, checks, problems}
`

const folder = fileURLToPath(new URL("../..", import.meta.url))
const TAG = "dragons-stash-worker:check"

const write = (text: string) => void process.stdout.write(text)

const makeStandIns = async ({ buildah }: Engine, storage: string): Promise<void> => {
  if (buildah === undefined) return
  const isMade = (await call([...buildah, "images", "--quiet"], 60)).stdout.trim() !== ""
  if (isMade) return write("base images: stand-ins of an earlier run\n")
  write("base images: making stand-ins ...\n")
  const script = fileURLToPath(new URL("stand-in-bases.sh", import.meta.url))
  await must([script, storage, ...buildah], 600)
}

const build = async (engine: Engine): Promise<{ readonly image: Image; readonly seconds: number }> => {
  write(`build, with ${engine.name} ...\n`)
  const began = performance.now()
  await must([...engine.build, "--tag", TAG, folder], 900)
  const seconds = Math.round((performance.now() - began) / 100) / 10
  return { image: { engine, tag: TAG }, seconds }
}

/** Layers are removed by who made them, before their folder is. */
const clear = async (engine: Engine, storage: string): Promise<void> => {
  await cleanUp([...engine.containers, "rmi", "--force", TAG], 120)
  if (engine.buildah === undefined) return
  await cleanUp([...engine.buildah, "rm", "--all"], 120)
  await cleanUp([...engine.buildah, "rmi", "--all", "--force"], 120)
  await rm(storage, { recursive: true, force: true })
}

const main = async (): Promise<boolean> => {
  const began = performance.now()
  const engine = await findEngine(flags.storage, flags["stand-in"])
  try {
    if (flags["stand-in"]) await makeStandIns(engine, flags.storage)
    const { image, seconds: buildSeconds } = await build(engine)
    const { checks, facts } = await checkImage(image, (line) => write(`${line}\n`))
    const problems = checks.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]))
    const ok = problems.length === 0
    const seconds = Math.round((performance.now() - began) / 100) / 10
    const report = {
      ok,
      engine: engine.name,
      seconds,
      build: { seconds: buildSeconds },
      image: facts,
      checks,
      problems,
    }
    if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`)
    write(
      ok ? `The image does what it should (${seconds} s).\n` : `Something is wrong:\n  - ${problems.join("\n  - ")}\n`,
    )
    return ok
  } finally {
    if (!flags.keep) await clear(engine, flags.storage)
  }
}

if (flags.help) write(HELP)
else
  process.exitCode = await main().then(
    (ok) => (ok ? 0 : 1),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      return 1
    },
  )
