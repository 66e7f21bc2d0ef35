/**
 * What was found of an installation that another worker began.
 * - `step`: adopting it changes this.
 * - `blocker`: it is not adopted before an operator has acted.
 * - `warning`: it can be adopted, and something of it will not work before an operator has acted.
 * - `note`: good to know.
 */
export interface Finding {
  readonly kind: "step" | "blocker" | "warning" | "note"
  readonly about: "settings" | "database" | "accounts" | "sources" | "library"
  readonly what: string
  /** What an operator can do about it. */
  readonly remedy?: string
}

export const isBlocker = ({ kind }: Finding): boolean => kind === "blocker"

/** The finding, or none, as one wants it in a list. */
export const when = (condition: boolean, finding: Finding): ReadonlyArray<Finding> => (condition ? [finding] : [])

/** `1 package`, `2 packages`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
