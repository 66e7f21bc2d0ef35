import { Effect, Metric } from "effect"

/**
 * Metrics that are looked up when somebody asks, into the registry of that one answer: an account that is gone, or a
 * reason that holds no more, leaves no series behind. What is unknown is left out.
 */
export type Labels = Readonly<Record<string, string>>
export type LookedUp = (value: number | undefined, labels?: Labels) => Effect.Effect<void>

const into =
  (metric: Metric.Metric<number, unknown>): LookedUp =>
  (value, labels = {}) =>
    value === undefined ? Effect.void : Metric.update(Metric.withAttributes(metric, labels), value)

export const gauge = (name: string, description: string): LookedUp => into(Metric.gauge(name, { description }))

/** Something that only grows, as long as the worker runs. */
export const total = (name: string, description: string): LookedUp =>
  into(Metric.counter(name, { description, incremental: true }))
