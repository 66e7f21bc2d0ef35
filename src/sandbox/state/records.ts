import * as Schema from "effect/Schema"
import { AccountChanges, AccountRecord } from "./account.ts"
import { ChannelAddedRecord, ChannelRecord } from "./channel-records.ts"
import { DialogFilterRecord } from "./dialog-filters.ts"
import { FileReferencesRecord } from "./file-references.ts"
import { ClientDescription, LoginEnd } from "./login.ts"
import { LoginAttemptRecord } from "./login-attempts.ts"
import { LongText, MessageChangeRecord, PostedRecord, TlBase64 } from "./message-records.ts"

/** Where a file's bytes are. Upload names are relative to the state directory. */
export const FileSource = Schema.Union([
  Schema.Struct({ type: Schema.Literal("path"), path: Schema.String, bytes: Schema.Int }),
  Schema.Struct({
    type: Schema.Literal("generated"),
    bytes: Schema.Int,
    seed: Schema.Union([Schema.String, Schema.Int]),
  }),
  /** A JPEG image that is drawn from a seed. */
  Schema.Struct({
    type: Schema.Literal("picture"),
    width: Schema.Int,
    height: Schema.Int,
    seed: Schema.Union([Schema.String, Schema.Int]),
  }),
  Schema.Struct({
    type: Schema.Literal("upload"),
    /** The upload whose parts became this file. */
    upload: Schema.String,
    bytes: Schema.Int,
    partBytes: Schema.Int,
    /** In hex, where it was computed while the parts came. */
    sha256: Schema.optionalKey(Schema.String),
    /** How many bytes of the beginning and of the end are kept, where the rest is not. */
    kept: Schema.optionalKey(Schema.Struct({ head: Schema.Int, tail: Schema.Int })),
  }),
])
export type FileSource = typeof FileSource.Type

/** A document or photo came into being. */
export const FileRecord = Schema.Struct({
  type: Schema.Literal("file"),
  id: LongText,
  kind: Schema.Literals(["document", "photo"]),
  name: Schema.String,
  mimeType: Schema.String,
  /** Unix seconds */
  date: Schema.Int,
  attributes: TlBase64,
  source: FileSource,
  /** The data centre it is on; the account's own otherwise. */
  dc: Schema.optionalKey(Schema.Int),
  /** A smaller picture that came with it. */
  thumbnail: Schema.optionalKey(FileSource),
})
export type FileRecord = typeof FileRecord.Type

/** Everything that changes the sandbox's Telegram after its world was loaded; the journal's lines. */
export const StateRecord = Schema.Union([
  Schema.Struct({ type: Schema.Literal("created"), world: Schema.String, at: Schema.Int }),
  Schema.Struct({
    type: Schema.Literal("auth-key"),
    /** 256 bytes in base64 */
    key: Schema.String,
    dc: Schema.Int,
    salt: LongText,
    temporary: Schema.Boolean,
    /** Unix seconds; expiresAt for temporary keys alone. */
    createdAt: Schema.optionalKey(Schema.Int),
    expiresAt: Schema.optionalKey(Schema.Int),
  }),
  Schema.Struct({ type: Schema.Literal("auth-key-removed"), id: LongText }),
  Schema.Struct({
    type: Schema.Literal("auth-key-bound"),
    temporary: LongText,
    permanent: LongText,
    /** When the temporary key ends, Unix seconds. */
    expiresAt: Schema.optionalKey(Schema.Int),
  }),
  /** Every server salt changed; the ones before are accepted for so many seconds more. */
  Schema.Struct({ type: Schema.Literal("salts-rotated"), at: Schema.Int, overlap: Schema.Int }),
  Schema.Struct({
    type: Schema.Literal("logged-in"),
    authKey: LongText,
    phone: Schema.String,
    at: Schema.optionalKey(Schema.Int),
    client: Schema.optionalKey(ClientDescription),
    /** The key of the same login in the account's own data centre. */
    importedFrom: Schema.optionalKey(LongText),
  }),
  /** end: what calls of the key are answered with; AUTH_KEY_UNREGISTERED otherwise. */
  Schema.Struct({ type: Schema.Literal("logged-out"), authKey: LongText, end: Schema.optionalKey(LoginEnd) }),
  LoginAttemptRecord,
  AccountRecord,
  Schema.Struct({
    type: Schema.Literal("account-changed"),
    phone: Schema.String,
    /** Unix seconds */
    at: Schema.Int,
    changes: AccountChanges,
  }),
  FileRecord,
  PostedRecord,
  FileReferencesRecord,
  ChannelAddedRecord,
  ChannelRecord,
  DialogFilterRecord,
  MessageChangeRecord,
  Schema.Struct({ type: Schema.Literal("digest"), fileId: LongText, sha256: Schema.String }),
])
export type StateRecord = typeof StateRecord.Type
