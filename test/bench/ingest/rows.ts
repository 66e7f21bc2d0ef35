/** `npm run bench -- --only ingest`: how long it takes from the sources into the library, against bounds and other ways. */
import type { Row } from "../measure.ts"
import { archiveCost } from "./archive-cost.ts"
import { large } from "./large.ts"
import { linear } from "./linear.ts"
import { load } from "./load.ts"
import { rescan } from "./rescan.ts"
import { throttled } from "./throttled.ts"
import { unthrottled } from "./unthrottled.ts"

export const ingestRows: Readonly<Record<string, Row>> = {
  throttled,
  unthrottled,
  linear,
  rescan,
  archiveCost,
  load,
  large,
}
