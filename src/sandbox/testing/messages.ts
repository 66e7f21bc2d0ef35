import type { $Function, Update } from "tdlib-types"

export interface TdlibSettings {
  /** The patched library. */
  readonly library: string
  /** The sandbox's SOCKS5 port on 127.0.0.1. */
  readonly port: number
  /** Holds TDLib's database and files. */
  readonly directory: string
  /** Boolean options to set before TDLib connects, such as use_pfs. */
  readonly options?: Readonly<Record<string, boolean>>
  /** How long an answer or update may take before a test fails: milliseconds; 30,000 otherwise. */
  readonly patience?: number
}

/** From the parent to the process with TDLib. */
export type ParentMessage =
  | { readonly type: "open"; readonly settings: TdlibSettings }
  | { readonly type: "invoke"; readonly id: number; readonly request: $Function }
  | { readonly type: "close" }

/** From the process with TDLib to its parent. */
export type ChildMessage =
  | { readonly type: "update"; readonly update: Update }
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | { readonly type: "error"; readonly id: number; readonly error: string }
  | { readonly type: "failed"; readonly error: string }
