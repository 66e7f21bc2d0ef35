import { createHash } from "node:crypto"

/** A colour as JPEG images have it: brightness and two colour differences, each 0 to 255. */
export interface Color {
  readonly y: number
  readonly cb: number
  readonly cr: number
}

/** A picture without a size: the colour at a place, from 0, 0 at the left top to 1, 1 at the right bottom. */
export type Picture = (x: number, y: number) => Color

/** A picture of coloured waves that depends on the seed alone. */
export const pictureOf = (seed: string | number): Picture => {
  const bytes = createHash("sha256").update(`picture ${seed}`).digest()
  const part = (index: number): number => bytes.readUInt8(index) / 255
  const wave = (at: number) => {
    const [right, down, shift, depth] = [part(at) * 8, part(at + 1) * 8, part(at + 2) * 6, 40 + part(at + 3) * 80]
    return (x: number, y: number): number => 128 + depth * Math.sin(right * x + down * y + shift)
  }
  const [brightness, blueness, redness] = [wave(0), wave(4), wave(8)]
  return (x, y) => ({ y: brightness(x, y), cb: blueness(x, y), cr: redness(x, y) })
}
