import type { mtp, tl } from "@mtcute/tl"

/**
 * A type of the published schema as this codec reads and writes it: 64-bit integers are bigints (their type in the
 * schema is a class of two 32-bit halves), and an optional field may be present with the value undefined.
 */
export type Wire<T> = T extends { readonly low: number; readonly high: number; readonly unsigned: boolean }
  ? bigint
  : T extends Uint8Array
    ? Uint8Array
    : T extends readonly (infer Item)[]
      ? Wire<Item>[]
      : T extends object
        ? { [Key in keyof T]: Wire<T[Key]> | (undefined extends T[Key] ? undefined : never) }
        : T

/** Any constructor or method of the schema; the name decides which other fields there are. */
export interface TlObject {
  readonly _: string
}

/** What a method may answer with: an object, a Bool, or a vector of either objects or numbers. */
export type TlAnswer = TlObject | boolean | number | bigint | string | Uint8Array | readonly TlAnswer[]

/** A message of the MTProto layer itself (handshake, acknowledgements, salts). */
export type ProtocolMessage = Wire<mtp.TlObject>

/** The name of a Telegram method, such as "messages.search". */
export type MethodName = keyof tl.RpcCallReturn

/** The request of one method. */
export type Request<Name extends MethodName> = Wire<tl.FindByName<tl.RpcMethod, Name>>

/** The answer of one method. */
export type Answer<Name extends MethodName> = Wire<tl.RpcCallReturn[Name]>
