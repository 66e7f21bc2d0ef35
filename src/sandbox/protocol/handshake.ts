import { constants, type KeyObject, privateDecrypt, randomBytes } from "node:crypto"
import { type AuthKey, authKeyId } from "./auth-key.ts"
import { decryptIge, encryptIge, type IgeKey, sha1, sha256 } from "./crypto.ts"
import { DH_GENERATOR, DH_PRIME, type KeyAgreement, startKeyAgreement } from "./diffie-hellman.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import { TlReader } from "./tl-reader.ts"
import type { ProtocolMessage } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"

/** 0x17ED48941A08F981 = 1229739323 * 1402015859, the worked example of core.telegram.org/mtproto/samples-auth_key. */
const PQ = Buffer.from("17ed48941a08f981", "hex")
const PQ_FACTORS = { p: Buffer.from("494c553b", "hex"), q: Buffer.from("53911073", "hex") }

type Step =
  | { readonly at: "start" }
  | { readonly at: "pq"; readonly nonce: Buffer; readonly serverNonce: Buffer }
  | {
      readonly at: "dh"
      readonly nonce: Buffer
      readonly serverNonce: Buffer
      readonly newNonce: Buffer
      readonly dc: number
      /** Seconds that a temporary key lives; undefined for a permanent one. */
      readonly expiresIn: number | undefined
      readonly igeKey: IgeKey
      readonly agreement: KeyAgreement
    }

export interface HandshakeReply {
  readonly message: ProtocolMessage
  /** Present with the last reply: the key both sides have from now on. */
  readonly authKey?: AuthKey
}

export interface ServerIdentity {
  readonly privateKey: KeyObject
  readonly fingerprint: bigint
}

const readMessage = (data: Buffer): ProtocolMessage => new TlReader(data).object() as ProtocolMessage

/**
 * The server's side of creating an auth key on one connection (core.telegram.org/mtproto/auth_key):
 * req_pq_multi, req_DH_params, set_client_DH_params. Throws ProtocolViolation on anything else.
 */
export class Handshake {
  readonly #identity: ServerIdentity
  #step: Step = { at: "start" }

  constructor(identity: ServerIdentity) {
    this.#identity = identity
  }

  /** body: one unencrypted message; now: Unix seconds. */
  answer(body: Buffer, now: number): HandshakeReply {
    const request = readMessage(body)
    switch (request._) {
      case "mt_req_pq_multi":
        return this.#answerPq(Buffer.from(request.nonce))
      case "mt_req_DH_params":
        this.#checkNonces(request)
        return this.#answerParameters(request.encryptedData, now)
      case "mt_set_client_DH_params":
        this.#checkNonces(request)
        return this.#answerClientParameters(request.encryptedData, now)
      default:
        throw new ProtocolViolation("handshake", `${request._} does not belong to the handshake`)
    }
  }

  #checkNonces({ nonce, serverNonce }: { readonly nonce: Uint8Array; readonly serverNonce: Uint8Array }): void {
    const step = this.#step
    if (step.at === "start" || (step.nonce.equals(nonce) && step.serverNonce.equals(serverNonce))) return
    throw new ProtocolViolation("handshake", "the nonces are not those of this handshake")
  }

  #answerPq(nonce: Buffer): HandshakeReply {
    const serverNonce = randomBytes(16)
    this.#step = { at: "pq", nonce, serverNonce }
    return {
      message: {
        _: "mt_resPQ",
        nonce,
        serverNonce,
        pq: PQ,
        serverPublicKeyFingerprints: [this.#identity.fingerprint],
      },
    }
  }

  #answerParameters(encrypted: Uint8Array, now: number): HandshakeReply {
    const step = this.#step
    if (step.at !== "pq") throw new ProtocolViolation("handshake", "req_DH_params comes before req_pq_multi")
    const { nonce, serverNonce } = step
    const inner = this.#openRsaPad(encrypted)
    if (inner._ !== "mt_p_q_inner_data_dc" && inner._ !== "mt_p_q_inner_data_temp_dc") {
      throw new ProtocolViolation("handshake", `${inner._} is not the inner data of req_DH_params`)
    }
    this.#checkNonces(inner)
    if (!PQ.equals(inner.pq) || !PQ_FACTORS.p.equals(inner.p) || !PQ_FACTORS.q.equals(inner.q)) {
      throw new ProtocolViolation("handshake", "pq is not what was sent, or not factorised")
    }
    const newNonce = Buffer.from(inner.newNonce)
    const agreement = startKeyAgreement()
    const newThenServer = sha1(newNonce, serverNonce)
    const serverThenNew = sha1(serverNonce, newNonce)
    const igeKey = {
      key: Buffer.concat([newThenServer, serverThenNew.subarray(0, 12)]),
      iv: Buffer.concat([serverThenNew.subarray(12, 20), sha1(newNonce, newNonce), newNonce.subarray(0, 4)]),
    }
    const expiresIn = inner._ === "mt_p_q_inner_data_temp_dc" ? inner.expiresIn : undefined
    this.#step = { at: "dh", nonce, serverNonce, newNonce, dc: inner.dc, expiresIn, igeKey, agreement }
    const inside: ProtocolMessage = {
      _: "mt_server_DH_inner_data",
      nonce,
      serverNonce,
      g: DH_GENERATOR,
      dhPrime: DH_PRIME,
      gA: agreement.publicValue,
      serverTime: now,
    }
    const answer = encode(inside)
    const padding = randomBytes((16 - ((20 + answer.length) % 16)) % 16)
    const encryptedAnswer = encryptIge(Buffer.concat([sha1(answer), answer, padding]), igeKey)
    return { message: { _: "mt_server_DH_params_ok", nonce, serverNonce, encryptedAnswer } }
  }

  #answerClientParameters(encrypted: Uint8Array, now: number): HandshakeReply {
    const step = this.#step
    if (step.at !== "dh") throw new ProtocolViolation("handshake", "set_client_DH_params comes before req_DH_params")
    if (encrypted.length === 0 || encrypted.length % 16 !== 0) {
      throw new ProtocolViolation("handshake", "the data of set_client_DH_params is not whole AES blocks")
    }
    const opened = decryptIge(encrypted, step.igeKey)
    const reader = new TlReader(opened, 20)
    const inner = reader.object() as ProtocolMessage
    if (!sha1(opened.subarray(20, opened.length - reader.remaining)).equals(opened.subarray(0, 20))) {
      throw new ProtocolViolation("handshake", "the hash of set_client_DH_params is wrong")
    }
    if (inner._ !== "mt_client_DH_inner_data") {
      throw new ProtocolViolation("handshake", `${inner._} is not the inner data of set_client_DH_params`)
    }
    this.#checkNonces(inner)
    const bytes = step.agreement.sharedKey(inner.gB)
    if (bytes === undefined) throw new ProtocolViolation("handshake", "g_b is outside the safe range")
    this.#step = { at: "start" }
    const { nonce, serverNonce, newNonce } = step
    const auxiliaryHash = sha1(bytes).subarray(0, 8)
    return {
      message: {
        _: "mt_dh_gen_ok",
        nonce,
        serverNonce,
        newNonceHash1: sha1(newNonce, Buffer.of(1), auxiliaryHash).subarray(4, 20),
      },
      authKey: {
        id: authKeyId(bytes),
        bytes,
        dc: step.dc,
        createdAt: now,
        temporary: step.expiresIn !== undefined,
        expiresAt: step.expiresIn === undefined ? undefined : now + step.expiresIn,
        salt: newNonce.readBigInt64LE(0) ^ serverNonce.readBigInt64LE(0),
      },
    }
  }

  /** RSA_PAD: AES key XOR SHA-256 of the ciphertext, then data and its hash in reverse order under AES-IGE with a zero IV. */
  #openRsaPad(encrypted: Uint8Array): ProtocolMessage {
    if (encrypted.length !== 256) throw new ProtocolViolation("handshake", "RSA encrypted data is not 256 bytes")
    let opened: Buffer
    try {
      opened = privateDecrypt({ key: this.#identity.privateKey, padding: constants.RSA_NO_PADDING }, encrypted)
    } catch (cause) {
      throw new ProtocolViolation("handshake", "RSA encrypted data is not below the modulus", { cause })
    }
    const ciphertext = opened.subarray(32)
    const mask = sha256(ciphertext)
    const key = Buffer.from(opened.subarray(0, 32).map((byte, index) => byte ^ (mask[index] ?? 0)))
    const plain = decryptIge(ciphertext, { key, iv: Buffer.alloc(32) })
    const data = Buffer.from(plain.subarray(0, 192)).reverse()
    if (!sha256(key, data).equals(plain.subarray(192, 224))) {
      throw new ProtocolViolation("handshake", "the hash of the RSA encrypted data is wrong")
    }
    return readMessage(data)
  }
}
