import jsqr from "jsqr"
import type { Browser, Locator } from "playwright-core"

/** What a picture is made of, in a page that nothing is forbidden. */
const PIXELS = `async (png) => {
  const picture = new Image()
  picture.src = "data:image/png;base64," + png
  await picture.decode()
  const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height })
  const drawing = canvas.getContext("2d")
  drawing.drawImage(picture, 0, 0)
  return { width: canvas.width, height: canvas.height, data: [...drawing.getImageData(0, 0, canvas.width, canvas.height).data] }
}`

interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: ReadonlyArray<number>
}

/** What a phone reads that is held before a QR code on the screen; undefined: there is none, or it cannot be read. */
export const scannedCode = async (browser: Browser, shown: Locator): Promise<string | undefined> => {
  const png = (await shown.screenshot()).toString("base64")
  const camera = await browser.newPage()
  try {
    const { data, height, width } = (await camera.evaluate(`(${PIXELS})("${png}")`)) as Pixels
    // Its types say that it has a default export; it is one.
    const read = jsqr as unknown as typeof jsqr.default
    return read(Uint8ClampedArray.from(data), width, height)?.data
  } finally {
    await camera.close()
  }
}
