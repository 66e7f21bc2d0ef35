import { readFileSync } from "node:fs"
import { until } from "./until.ts"

const START_LIMIT_MILLISECONDS = 60_000
const LISTENING = /"event":"console\.listening","url":"([^"]+)"/g

/** Waits until a worker with this log serves its console, which it must have been told to; resolves with the address. */
export const consoleUrl = async (logFile: string): Promise<string> => {
  const find = () => [...readFileSync(logFile, "utf8").matchAll(LISTENING)].at(-1)?.[1]
  if (await until(START_LIMIT_MILLISECONDS, () => find() !== undefined)) return find() ?? ""
  throw new Error(
    `no console within ${START_LIMIT_MILLISECONDS / 1000} s\n${readFileSync(logFile, "utf8").slice(-4000)}`,
  )
}

export type Labels = Readonly<Record<string, string>>

interface Sample {
  readonly name: string
  readonly labels: Labels
  readonly value: number
}

const SAMPLE = /^(?<name>[A-Za-z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g
const COMMENT = /^# (?:HELP [A-Za-z_:][\w:]* .+|TYPE [A-Za-z_:][\w:]* (?:counter|gauge|histogram))$/

/** A scrape, read as Prometheus reads it; throws at a line that is none. */
export class Scrape {
  readonly samples: ReadonlyArray<Sample>

  constructor(text: string) {
    this.samples = text.split("\n").flatMap((line) => {
      if (line === "" || COMMENT.test(line)) return []
      const { labels = "", name = "", value = "" } = SAMPLE.exec(line)?.groups ?? {}
      if (name === "") throw new Error(`no line of the text format: ${line}`)
      const pairs = [...labels.matchAll(LABEL)].map(([, key = "", text = ""]) => [key, text] as const)
      return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
    })
  }

  get names(): ReadonlySet<string> {
    return new Set(this.samples.map(({ name }) => name))
  }

  /** All samples of a metric that have these labels. */
  all(name: string, labels: Labels = {}): ReadonlyArray<Sample> {
    return this.samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
    )
  }

  /** The sum of all samples of a metric that have these labels; throws when there is none. */
  value(name: string, labels: Labels = {}): number {
    const found = this.all(name, labels)
    if (found.length === 0) throw new Error(`no sample of ${name} with ${JSON.stringify(labels)}`)
    return found.reduce((sum, { value }) => sum + value, 0)
  }
}

/** Scrapes a worker's metrics. */
export const scrape = async (consoleUrl: string): Promise<Scrape> => {
  const response = await fetch(new URL("/metrics", consoleUrl))
  if (!response.ok) throw new Error(`/metrics: ${response.status} ${await response.text()}`)
  return new Scrape(await response.text())
}

/** What a health path of a worker answers. */
export const health = async (consoleUrl: string, path: "live" | "ready") => {
  const response = await fetch(new URL(`/health/${path}`, consoleUrl))
  const body = (await response.json()) as { readonly status: string; readonly reasons: ReadonlyArray<string> }
  return { code: response.status, ...body }
}
