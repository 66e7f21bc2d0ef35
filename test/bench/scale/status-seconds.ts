import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { SceneWorker } from "../ingest/scene-worker.ts"
import { seconds } from "../measure.ts"

const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url))

/** How long an operator waits for `stash status` of this worker. */
export const statusSeconds = ({ environment, worker }: SceneWorker): Promise<number> =>
  seconds(() =>
    promisify(execFile)(process.execPath, [main, "status", "--json"], {
      env: { PATH: process.env["PATH"], STASH_DATA_DIR: worker.dataFolder, ...environment },
    }),
  )
