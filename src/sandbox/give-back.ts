/**
 * Frees the memory of bytes that nobody will read any more, now instead of when V8 happens to look: it lets 64 MB and more of
 * what passed pile up. Only what has come to the end of memory of its own is freed, so pieces of it must be given back in
 * their order; small bytes lie in memory that Node.js shares out.
 */
export const giveBack = ({ buffer, byteOffset, byteLength }: Uint8Array): void => {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength <= Buffer.poolSize) return
  if (byteOffset + byteLength === buffer.byteLength) buffer.transfer(0)
}
