import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"
import { until } from "./until.ts"

const phone = "15550001001"

interface Span {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: Readonly<Record<string, unknown>>
}

interface KeyValue {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface TraceData {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: { readonly attributes: ReadonlyArray<KeyValue> }
    readonly scopeSpans: ReadonlyArray<{
      readonly spans: ReadonlyArray<Omit<Span, "attributes" | "service"> & { attributes: ReadonlyArray<KeyValue> }>
    }>
  }>
}

const recordOf = (pairs: ReadonlyArray<KeyValue>) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value.stringValue]))

/** What an OpenTelemetry collector does: takes traces, by OTLP over HTTP in JSON. */
class Collector implements AsyncDisposable {
  readonly spans: Array<Span> = []
  readonly requests: Array<{ readonly path: string; readonly headers: IncomingHttpHeaders }> = []
  readonly #server: Server
  text = ""

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push({ path: request.url ?? "", headers: request.headers })
      let body = ""
      request.setEncoding("utf8").on("data", (more: string) => {
        body += more
      })
      request.on("end", () => {
        this.text += body
        this.#take(JSON.parse(body))
        response.end("{}")
      })
    })
  }

  static async start(): Promise<Collector> {
    const collector = new Collector()
    await new Promise<void>((resolve) => collector.#server.listen(0, "127.0.0.1", resolve))
    return collector
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #take({ resourceSpans }: TraceData): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = recordOf(resource.attributes)["service.name"] ?? ""
      for (const { spans } of scopeSpans)
        for (const span of spans) this.spans.push({ ...span, service, attributes: recordOf(span.attributes) })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

describe("the traces of a worker", () => {
  it("show the way of each archive set, over the processes that it takes, and no secret", async () => {
    await using collector = await Collector.start()
    await using worker = await RunningWorker.prepare(async (folder) => ({
      accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
      channels: [
        {
          name: "source",
          title: "Source",
          kind: "channel",
          members: [phone],
          messages: [
            { file: await makeArchive(folder, "Dragon.zip", 300 * 1024) },
            { file: await makeArchive(folder, "Castle.zip", 200 * 1024) },
          ],
        },
        { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
      ],
    }))
    worker.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc",
    })
    await worker.untilSettled(2)
    const sets = () => collector.spans.filter(({ name }) => name === "ingestSet")
    const jobs = () => collector.spans.filter(({ service }) => service === "stash-supervisor")
    expect(await until(60_000, () => sets().length >= 2 && jobs().length > 0)).toBe(true)
    expect(await worker.stop()).toBe(0)

    expect(new Set(collector.requests.map(({ path }) => path))).toEqual(new Set(["/v1/traces"]))
    expect(collector.requests[0]?.headers.authorization).toBe("Bearer abc")
    const dragon = sets().find(({ attributes }) => attributes["set"] === "Dragon.zip")
    expect(dragon).toMatchObject({ service: "stash-account", attributes: { source: "Source", outcome: "published" } })
    // Every set is a trace of its own, and what was done for it is in it, wherever it was done.
    expect(new Set(sets().map(({ traceId }) => traceId)).size).toBe(sets().length)
    const names = collector.spans.filter(({ traceId }) => traceId === dragon?.traceId).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(["downloadSet", "publishSet", "enrichPackage"]))
    expect(jobs().every(({ traceId }) => sets().some((set) => set.traceId === traceId))).toBe(true)
    // The ends of the account's other work are there as well.
    expect(collector.spans.map(({ name }) => name)).toEqual(expect.arrayContaining(["login", "settle", "runCycle"]))
    expect(collector.text).not.toContain(phone)
  }, 180_000)

  it("cost nothing but themselves when nobody takes them", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => ({
      accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
      channels: [
        {
          name: "source",
          title: "Source",
          kind: "channel",
          members: [phone],
          messages: [{ file: await makeArchive(folder, "Dragon.zip", 300 * 1024) }],
        },
        { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
      ],
    }))
    // Port 9 (discard): nobody listens there.
    worker.start({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" })
    await worker.untilSettled(1)
    expect(await worker.stop()).toBe(0)
  }, 180_000)
})
