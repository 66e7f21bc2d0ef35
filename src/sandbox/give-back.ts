/** Less is not worth the trouble: bytes. */
const SMALL = 4096

/**
 * Frees the memory of bytes that nobody will read any more, now instead of when V8 happens to look: it lets 64 MB and more of
 * what has passed pile up. Bytes that share their memory with others are left alone.
 */
export const giveBack = ({ buffer, byteLength }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && byteLength >= SMALL) buffer.transfer(0)
}
