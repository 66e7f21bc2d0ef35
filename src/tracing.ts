import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import * as Tracer from "effect/Tracer"
import type { TraceTarget } from "./channel/trace-target.ts"

/**
 * What is traced, each as a trace of its own: the work that has a beginning and an end. What holds it (a cycle, the life of
 * an account) may last for months, and is linked to instead.
 */
export const tracedWork: ReadonlySet<string> = new Set([
  "ingestSet",
  "login",
  "runCycle",
  "settle",
  "sweepDestination",
  "verifyLibrary",
])

/** Spans that are no such work, nor within one, are not sampled. */
const byWork = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    ...tracer,
    span: (options) => {
      const parent = Option.getOrUndefined(options.parent)
      if (!tracedWork.has(options.name)) return tracer.span({ ...options, sampled: parent?.sampled === true })
      const links = parent?.sampled === true ? [{ span: parent, attributes: {} }] : []
      return tracer.span({
        ...options,
        parent: Option.none(),
        root: true,
        sampled: true,
        links: [...options.links, ...links],
      })
    },
  })

/**
 * Sends traces to `target` and nowhere else: redirections are not followed. A target that cannot be reached is tried
 * again after a minute; what was to be sent is dropped, and nothing waits for it.
 * @param account whose cell this is; null: the supervisor
 */
export const layerTraces = ({ headers, url }: TraceTarget, account: string | null) =>
  Layer.effect(
    Tracer.Tracer,
    Effect.map(
      OtlpTracer.make({
        url,
        headers,
        resource: {
          serviceName: account === null ? "stash-supervisor" : "stash-account",
          attributes: account === null ? {} : { account },
        },
        shutdownTimeout: "2 seconds",
      }),
      byWork,
    ),
  ).pipe(
    Layer.provide(OtlpExporter.layerFlusher),
    Layer.provide(OtlpSerialization.layerJson),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "error" })),
  )
