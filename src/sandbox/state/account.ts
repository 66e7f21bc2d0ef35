/** A Telegram account. */
export interface Account {
  readonly id: number
  readonly accessHash: bigint
  /** Digits only. */
  readonly phone: string
  readonly firstName: string
  readonly premium: boolean
  /** What the login code is. */
  readonly code: string
}
