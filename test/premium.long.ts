/** `npm run test:long`: two gibibytes and more that are downloaded, refused, and sent in two parts, which takes minutes. */
import { expect, it } from "vitest"
import { LIBRARY, RunningWorker } from "./running-worker.ts"
import { until } from "./until.ts"

const MEBIBYTE = 1024 * 1024
const phone = "15550001001"

it("Premium that ends while a part of more than 4,000 pieces is on its way has the set split for free accounts", async () => {
  await using worker = await RunningWorker.prepare(async () => ({
    accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
    channels: [
      {
        name: "source",
        title: "Source",
        kind: "channel",
        members: [phone],
        messages: [{ generate: { bytes: 2050 * MEBIBYTE, seed: "big" }, name: "Big.stl" }],
      },
      { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
    ],
  }))
  worker.start()
  const has = async (query: string) => (await worker.query(query)).length > 0
  expect(await until(300_000, () => has(`select 1 from stash_publications`))).toBe(true)
  await worker.post(`/accounts/${phone}`, { premium: false })
  expect(await until(600_000, () => has(`select 1 from stash_claims where "state" = 'published'`))).toBe(true)
  expect(worker.library.map(({ name }) => name)).toEqual(["Big.stl.001", "Big.stl.002"])
  const refused = worker.log.filter(({ event }) => event === "set.deferred").map(({ reason }) => reason)
  expect(refused).toEqual([expect.stringContaining("FILE_PARTS_INVALID")])
  const packages = await worker.query(`select "partCount" as parts, "fileSize"::float8 as bytes from packages`)
  expect(packages).toEqual([{ parts: 2, bytes: 2050 * MEBIBYTE }])
}, 1_000_000)
