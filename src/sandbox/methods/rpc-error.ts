/** An error that a method answers with, such as 400 CHANNEL_INVALID or 420 FLOOD_WAIT_30. */
export class RpcError extends Error {
  override readonly name = "RpcError"
  /** The HTTP-like code. TDLib repeats a call that got 500 or a negative code for a minute. */
  readonly code: number

  /** text: Telegram's error text in capitals. */
  constructor(code: number, text: string, options?: ErrorOptions) {
    super(text, options)
    this.code = code
  }
}
