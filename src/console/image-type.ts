const signatures: ReadonlyArray<readonly [type: string, offset: number, bytes: ReadonlyArray<number>]> = [
  ["image/jpeg", 0, [0xff, 0xd8, 0xff]],
  ["image/png", 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/gif", 0, [0x47, 0x49, 0x46, 0x38]],
  // "WEBP", after the size of the RIFF file.
  ["image/webp", 8, [0x57, 0x45, 0x42, 0x50]],
]

/**
 * The content type of an image by its first bytes; undefined for whatever is none. Previews come out of strangers'
 * archives: nothing else may be served as what a browser would show or run, SVG least of all.
 */
export const imageType = (data: Uint8Array): string | undefined =>
  signatures.find(([, offset, bytes]) => bytes.every((byte, index) => data[offset + index] === byte))?.[0]
