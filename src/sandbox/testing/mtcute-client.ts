import { createCipheriv, createDecipheriv, createHash, createHmac, pbkdf2, randomFillSync } from "node:crypto"
import { promisify } from "node:util"
import { deflateSync, unzipSync } from "node:zlib"
import { connectTcp } from "@fuman/node"
import { IntermediatePacketCodec, MemoryStorage, type TelegramTransport } from "@mtcute/core"
import { TelegramClient } from "@mtcute/core/client.js"
import { addPublicKey, BaseCryptoProvider, type ICryptoProvider } from "@mtcute/core/utils.js"
import { __tlReaderMap } from "@mtcute/tl/binary/reader.js"
import { __tlWriterMap } from "@mtcute/tl/binary/writer.js"
import { decryptIge, encryptIge } from "../protocol/crypto.ts"
import { LAYER } from "../protocol/tl-schema.ts"
import type { Endpoint } from "../sandbox.ts"

/** The data centre that the sandbox keeps its files on. */
const DATA_CENTRE = 1

/** What @mtcute/core needs of cryptography, from Node itself. */
class NodeCryptography extends BaseCryptoProvider implements ICryptoProvider {
  sha1(data: Uint8Array): Uint8Array {
    return createHash("sha1").update(data).digest()
  }

  sha256(data: Uint8Array): Uint8Array {
    return createHash("sha256").update(data).digest()
  }

  pbkdf2(
    password: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    length = 64,
    algorithm = "sha512",
  ): Promise<Uint8Array> {
    return promisify(pbkdf2)(password, salt, iterations, length, algorithm)
  }

  hmacSha256(data: Uint8Array, key: Uint8Array): Uint8Array {
    return createHmac("sha256", key).update(data).digest()
  }

  createAesCtr(key: Uint8Array, iv: Uint8Array, encrypt: boolean) {
    const cipher = (encrypt ? createCipheriv : createDecipheriv)("aes-256-ctr", key, iv)
    return { process: (data: Uint8Array) => cipher.update(data) }
  }

  createAesIge(key: Uint8Array, iv: Uint8Array) {
    return {
      encrypt: (data: Uint8Array) => encryptIge(data, { key, iv }),
      decrypt: (data: Uint8Array) => decryptIge(data, { key, iv }),
    }
  }

  gzip(data: Uint8Array, maxSize: number): Uint8Array | null {
    const packed = deflateSync(data)
    return packed.length <= maxSize ? packed : null
  }

  gunzip(data: Uint8Array): Uint8Array {
    return unzipSync(data)
  }

  randomFill(buffer: Uint8Array): void {
    randomFillSync(buffer)
  }
}

/**
 * A client of another library, @mtcute/core, in front of the sandbox: TCP to the sandbox whatever the address, the
 * sandbox's public key in its key table, and the schema of the sandbox's layer instead of its own newer one. It keeps its
 * state in memory; the packages of @mtcute/node with their native database are not needed.
 */
export const mtcuteClient = (endpoint: Endpoint, { usePfs }: { readonly usePfs: boolean }): TelegramClient => {
  const crypto = new NodeCryptography()
  addPublicKey(crypto, endpoint.publicKey)
  const transport: TelegramTransport = {
    connect: () => connectTcp({ address: endpoint.host, port: endpoint.port }),
    packetCodec: () => new IntermediatePacketCodec(),
  }
  const dataCentre = { id: DATA_CENTRE, ipAddress: endpoint.host, port: endpoint.port }
  return new TelegramClient({
    apiId: 1,
    apiHash: "sandbox",
    crypto,
    transport,
    storage: new MemoryStorage(),
    platform: {
      beforeExit: () => () => undefined,
      log: () => undefined,
      getDefaultLogLevel: () => null,
      getDeviceModel: () => "sandbox test",
    },
    defaultDcs: { main: dataCentre, media: dataCentre },
    overrideLayer: LAYER,
    readerMap: __tlReaderMap,
    writerMap: __tlWriterMap,
    network: { usePfs },
    updates: false,
  })
}
