import { randomBytes } from "node:crypto"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { type AuthKey, authKeyId } from "../protocol/auth-key.ts"
import { SALT_OVERLAP, ServerSalts } from "../protocol/server-salts.ts"
import { TlReader } from "../protocol/tl-reader.ts"
import type { TlObject } from "../protocol/tl-types.ts"
import { encode } from "../protocol/tl-writer.ts"
import { type Account, type AccountChanges, type AccountRecord, changeAccount, openAccount } from "./account.ts"
import { applyChannelRecord } from "./apply-channel-record.ts"
import { buildChannel } from "./build.ts"
import type { Channel } from "./channel.ts"
import { type Content, fileContent, generatedContent, pagedContent, uploadedContent } from "./content.ts"
import { HOME_DATA_CENTRE } from "./data-centres.ts"
import { DialogFilters } from "./dialog-filters.ts"
import { FileReferences } from "./file-references.ts"
import { type ClientDescription, type Login, type LoginEnd, loginHash } from "./login.ts"
import { LoginAttempts } from "./login-attempts.ts"
import type { Forward, Message } from "./message.ts"
import type { MessageChangeRecord, PostedRecord } from "./message-records.ts"
import type { FileRecord, FileSource, StateRecord } from "./records.ts"
import { OpenedFile, type StoredFile } from "./stored-file.ts"
import { pictureContent, thumbnailsOf } from "./thumbnails.ts"
import type { FinishedUpload, Uploads } from "./uploads.ts"
import { withUrlEntities } from "./url-entities.ts"

/** The id of the world's first account; the others follow. */
export const FIRST_USER_ID = 1_000_001

const toBase64 = (objects: readonly TlObject[]): readonly string[] =>
  objects.map((object) => encode(object).toString("base64"))

const NONE: readonly TlObject[] = []

const fromBase64 = (texts: readonly string[]): readonly TlObject[] =>
  texts.length === 0 ? NONE : texts.map((text) => new TlReader(Buffer.from(text, "base64")).object())

const recordOfForward = ({ channel, messageId, author, date }: Forward) => ({
  channel: channel.properties.name,
  messageId,
  author: author?.phone ?? null,
  date,
})

/** A message that is about to be posted. */
export interface Draft {
  readonly text: string
  readonly date?: number
  readonly from?: Account
  readonly randomId?: bigint
  readonly albumId?: bigint
  readonly file?: StoredFile
  readonly entities?: readonly TlObject[]
  /** What a service message tells. */
  readonly action?: TlObject
  /** The topic of a forum; General without one. */
  readonly topicId?: number
  /** The message of the same channel that this one answers. */
  readonly replyToId?: number
  readonly forward?: Forward
  /** What the control interface may call it. */
  readonly label?: string
}

/** What an edit changes; what is not named stays. */
export interface Edit {
  readonly text?: string
  /** Of the new text; none otherwise. */
  readonly entities?: readonly TlObject[]
  readonly file?: StoredFile
}

/** What is needed to make a file of a finished upload. */
export interface UploadedFile {
  readonly kind: "document" | "photo"
  readonly name: string
  readonly mimeType: string
  readonly attributes: readonly TlObject[]
  /** A smaller picture that the client uploaded as well. */
  readonly thumbnail?: FinishedUpload | undefined
}

const sourceOfUpload = ({ name, bytes, partBytes, sha256, kept }: FinishedUpload): FileSource => ({
  type: "upload",
  upload: name,
  bytes,
  partBytes,
  ...(sha256 === undefined ? {} : { sha256 }),
  ...(kept === undefined ? {} : { kept }),
})

/** A message and the channel it was posted to. */
export interface Posted {
  readonly channel: Channel
  readonly message: Message
}

/**
 * Everything that the sandbox's Telegram knows. It changes through records alone: a change is journalled first and
 * applied then, so that applying the journal to the same world gives the same state again.
 */
export class Telegram {
  readonly accounts = new Map<string, Account>()
  readonly channels = new Map<string, Channel>()
  readonly uploads: Uploads
  /** The server salts of all keys. */
  readonly salts = new ServerSalts()
  readonly loginAttempts = new LoginAttempts()
  readonly #directory: string
  readonly #journal: (record: StateRecord) => void
  readonly #listeners: (() => void)[] = []
  readonly #now: () => number
  readonly #channelsById = new Map<number, Channel>()
  readonly #files = new Map<bigint, StoredFile>()
  readonly #filesOfUploads = new Map<string, StoredFile>()
  readonly #authKeys = new Map<bigint, AuthKey>()
  /** Temporary key to permanent key. */
  readonly #boundKeys = new Map<bigint, bigint>()
  /** By permanent key. */
  readonly #logins = new Map<bigint, Login>()
  /** Permanent keys whose login the server has ended otherwise than by forgetting it. */
  readonly #endedLogins = new Map<bigint, LoginEnd>()
  readonly #fileReferences: FileReferences
  #version = 0
  readonly #dialogFilters = new Map<Account, DialogFilters>()
  readonly #sent = new Map<string, { readonly channel: Channel; readonly messageId: number }>()

  /** directory: for files; journal: keeps a record before it takes effect; now: Unix seconds. */
  constructor(directory: string, uploads: Uploads, journal: (record: StateRecord) => void, now: () => number) {
    this.#directory = directory
    this.#journal = journal
    this.#now = now
    this.#fileReferences = new FileReferences(now)
    this.uploads = uploads
    mkdirSync(join(directory, "files"), { recursive: true, mode: 0o700 })
  }

  /** The present: Unix seconds. */
  now(): number {
    return this.#now()
  }

  addAccount(record: Omit<AccountRecord, "type" | "id">): Account {
    const id = Math.max(FIRST_USER_ID - 1, ...[...this.accounts.values()].map((account) => account.id)) + 1
    this.commit({ type: "account", id, ...record })
    return this.#knownAccount(record.phone)
  }

  changeAccount(account: Account, changes: AccountChanges): void {
    this.commit({ type: "account-changed", phone: account.phone, at: this.#now(), changes })
  }

  addChannel(channel: Channel): void {
    this.channels.set(channel.properties.name, channel)
    this.#channelsById.set(channel.properties.id, channel)
  }

  channelById(id: number): Channel | undefined {
    return this.#channelsById.get(id)
  }

  /** Another number after every change. */
  get version(): number {
    return this.#version
  }

  /** The channel with this username, in any letter case. */
  channelByUsername(username: string): Channel | undefined {
    const wanted = username.toLowerCase()
    return [...this.channels.values()].find(
      ({ properties }) => !properties.isDeleted && properties.username?.toLowerCase() === wanted,
    )
  }

  /** The channel that an invite link leads to. */
  channelByInvite(hash: string): Channel | undefined {
    return [...this.channels.values()].find(
      (channel) => !channel.properties.isDeleted && channel.invites.get(hash) !== undefined,
    )
  }

  /** The chat folders of an account. */
  dialogFilters(account: Account): DialogFilters {
    const filters = this.#dialogFilters.get(account) ?? new DialogFilters()
    this.#dialogFilters.set(account, filters)
    return filters
  }

  /**
   * The channels that an account is or was in and that changed since a time (Unix seconds), or its place in them did.
   */
  changedChannelsOf(account: Account, since: number): readonly Channel[] {
    return [...this.channels.values()].filter(
      ({ members, changed }) => members.get(account) !== undefined && changed >= since,
    )
  }

  /** The channels that this account is in. */
  channelsOf(account: Account): readonly Channel[] {
    return [...this.channels.values()].filter((channel) => channel.isChatOf(account))
  }

  file(id: bigint): StoredFile | undefined {
    return this.#files.get(id)
  }

  /** The file that was last made of the upload with this name. */
  fileOfUpload(name: string): StoredFile | undefined {
    return this.#filesOfUploads.get(name)
  }

  /** The key with this id. A temporary key that has expired is forgotten. */
  authKey(id: bigint): AuthKey | undefined {
    const authKey = this.#authKeys.get(id)
    if (authKey?.expiresAt === undefined || authKey.expiresAt > this.#now()) return authKey
    this.removeAuthKey(authKey)
    return undefined
  }

  /** The permanent key that this key is or is bound to. */
  permanentKeyId(authKey: AuthKey): bigint | undefined {
    return authKey.temporary ? this.#boundKeys.get(authKey.id) : authKey.id
  }

  /** Who is logged in with this key. */
  accountOf(authKey: AuthKey): Account | undefined {
    const id = this.permanentKeyId(authKey)
    return id === undefined ? undefined : this.#logins.get(id)?.account
  }

  /** The clients that this account is logged in on, the first first. */
  loginsOf(account: Account): readonly Login[] {
    return [...this.#logins.values()].filter((login) => login.account === account && login.importedFrom === undefined)
  }

  /** The login with this permanent key. */
  loginOf(permanentKeyId: bigint): Login | undefined {
    return this.#logins.get(permanentKeyId)
  }

  /** How the login of this key was ended, if the server did that and says so. */
  endOfLogin(authKey: AuthKey): LoginEnd | undefined {
    const id = this.permanentKeyId(authKey)
    return id === undefined ? undefined : this.#endedLogins.get(id)
  }

  /** What an account has already sent with this random id. */
  sentWith(account: Account, randomId: bigint): Posted | undefined {
    const sent = this.#sent.get(`${account.phone}:${randomId}`)
    const message = sent?.channel.message(sent.messageId)
    return sent === undefined || message === undefined ? undefined : { channel: sent.channel, message }
  }

  addAuthKey(authKey: AuthKey): void {
    const { bytes, dc, salt, temporary, createdAt, expiresAt } = authKey
    this.commit({
      type: "auth-key",
      key: bytes.toString("base64"),
      dc,
      salt: String(salt),
      temporary,
      createdAt,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    })
  }

  removeAuthKey(authKey: AuthKey): void {
    this.commit({ type: "auth-key-removed", id: String(authKey.id) })
  }

  /** expiresAt: when the temporary key ends, Unix seconds. */
  bindAuthKey(temporary: AuthKey, permanentId: bigint, expiresAt: number): void {
    this.commit({ type: "auth-key-bound", temporary: String(temporary.id), permanent: String(permanentId), expiresAt })
  }

  /** Changes every server salt now; the ones before are accepted for so many seconds more. */
  rotateSalts(overlap = SALT_OVERLAP): void {
    this.commit({ type: "salts-rotated", at: this.#now(), overlap })
  }

  /** importedFrom: the key of the login that is taken over from another data centre. */
  logIn(permanentKeyId: bigint, account: Account, client?: ClientDescription, importedFrom?: bigint): void {
    this.commit({
      type: "logged-in",
      authKey: String(permanentKeyId),
      phone: account.phone,
      at: this.#now(),
      ...(client === undefined ? {} : { client }),
      ...(importedFrom === undefined ? {} : { importedFrom: String(importedFrom) }),
    })
  }

  /** end: what further calls of the key are answered with. */
  logOut(permanentKeyId: bigint, end: LoginEnd = "AUTH_KEY_UNREGISTERED"): void {
    this.commit({ type: "logged-out", authKey: String(permanentKeyId), end })
  }

  /** Makes a file of an upload; its parts are then no longer an upload. */
  addUploadedFile(upload: FinishedUpload, file: UploadedFile): StoredFile {
    const { thumbnail } = file
    return this.addFile({
      id: String(randomBytes(8).readBigInt64LE()),
      kind: file.kind,
      name: file.name,
      mimeType: file.mimeType,
      attributes: toBase64(file.attributes),
      source: sourceOfUpload(upload),
      ...(thumbnail === undefined ? {} : { thumbnail: sourceOfUpload(thumbnail) }),
    })
  }

  addFile(record: Omit<FileRecord, "type" | "date">): StoredFile {
    this.commit({ type: "file", date: this.#now(), ...record })
    const file = this.#files.get(BigInt(record.id))
    if (file === undefined) throw new Error(`file ${record.id} was not added`)
    return file
  }

  /** Posts messages together; they get consecutive ids. */
  post(channel: Channel, drafts: readonly Draft[]): readonly Message[] {
    const before = channel.messages.length
    const at = this.#now()
    this.commit({
      type: "posted",
      channel: channel.properties.name,
      at,
      messages: drafts.map((draft) => ({
        date: draft.date ?? at,
        text: draft.text,
        from: draft.from?.phone ?? null,
        randomId: draft.randomId === undefined ? null : String(draft.randomId),
        albumId: draft.albumId === undefined ? null : String(draft.albumId),
        fileId: draft.file === undefined ? null : String(draft.file.id),
        entities: toBase64(withUrlEntities(draft.text, draft.entities ?? [])),
        ...(draft.action === undefined ? {} : { action: toBase64([draft.action]) }),
        ...(draft.topicId === undefined ? {} : { topicId: draft.topicId }),
        ...(draft.replyToId === undefined ? {} : { replyToId: draft.replyToId }),
        ...(draft.forward === undefined ? {} : { forward: recordOfForward(draft.forward) }),
        ...(draft.label === undefined ? {} : { label: draft.label }),
      })),
    })
    return channel.messages.slice(before)
  }

  /** Deletes messages; returns the ids that were there. */
  delete(channel: Channel, messageIds: readonly number[]): readonly number[] {
    const present = messageIds.filter((id) => {
      const message = channel.message(id)
      return message !== undefined && !message.isDeleted && !message.isCreation
    })
    if (present.length > 0) {
      this.commit({ type: "deleted", channel: channel.properties.name, at: this.#now(), messageIds: present })
    }
    return present
  }

  /** Edits a message that is there; returns false, and does nothing, when that would change nothing. */
  edit(channel: Channel, messageId: number, { text, entities = [], file }: Edit): boolean {
    const before = channel.message(messageId)
    const entitiesAfter = text === undefined ? undefined : toBase64(withUrlEntities(text, entities))
    const isSame =
      (text === undefined || text === before?.text) &&
      (entitiesAfter === undefined || isDeepStrictEqual(entitiesAfter, toBase64(before?.entities ?? []))) &&
      (file === undefined || file === before?.file)
    if (isSame || before === undefined || before.isDeleted) return false
    this.commit({
      type: "edited",
      channel: channel.properties.name,
      at: this.#now(),
      messageId,
      ...(text === undefined ? {} : { text }),
      ...(entitiesAfter === undefined ? {} : { entities: entitiesAfter }),
      ...(file === undefined ? {} : { fileId: String(file.id) }),
    })
    return true
  }

  /** Pins messages or takes them off; returns the ids of those for which it was otherwise before. */
  pin(channel: Channel, messageIds: readonly number[], isPinned: boolean): readonly number[] {
    const changed = messageIds.filter((id) => {
      const message = channel.message(id)
      return message !== undefined && !message.isDeleted && (message.isPinned === true) !== isPinned
    })
    if (changed.length > 0) {
      const { name } = channel.properties
      this.commit({ type: "pinned", channel: name, at: this.#now(), messageIds: changed, isPinned })
    }
    return changed
  }

  setDigest(file: StoredFile, sha256: string): void {
    this.commit({ type: "digest", fileId: String(file.id), sha256 })
  }

  commit(record: StateRecord): void {
    this.#journal(record)
    this.apply(record)
    for (const listener of this.#listeners) listener()
  }

  /** Calls this after every change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Lets a record take effect without journalling it: for the world itself and for what the journal already holds. */
  apply(record: StateRecord): void {
    this.#version++
    switch (record.type) {
      case "created":
        return
      case "auth-key": {
        const bytes = Buffer.from(record.key, "base64")
        const { dc, temporary, createdAt = 0, expiresAt } = record
        const id = authKeyId(bytes)
        this.#authKeys.set(id, { id, bytes, dc, temporary, salt: BigInt(record.salt), createdAt, expiresAt })
        return
      }
      case "auth-key-removed":
        this.#authKeys.delete(BigInt(record.id))
        this.#logins.delete(BigInt(record.id))
        this.#boundKeys.delete(BigInt(record.id))
        this.#endedLogins.delete(BigInt(record.id))
        this.loginAttempts.forgetKey(BigInt(record.id))
        return
      case "auth-key-bound": {
        const temporary = this.#authKeys.get(BigInt(record.temporary))
        if (temporary === undefined) return
        this.#boundKeys.set(temporary.id, BigInt(record.permanent))
        const { expiresAt = temporary.expiresAt } = record
        this.#authKeys.set(temporary.id, { ...temporary, expiresAt })
        return
      }
      case "salts-rotated":
        this.salts.rotate(record)
        return
      case "logged-in": {
        const account = this.#knownAccount(record.phone)
        const authKey = BigInt(record.authKey)
        const { at: created = 0, client } = record
        const importedFrom = record.importedFrom === undefined ? undefined : BigInt(record.importedFrom)
        this.#logins.set(authKey, { account, authKey, hash: loginHash(authKey), created, client, importedFrom })
        this.#endedLogins.delete(authKey)
        this.loginAttempts.forgetKey(authKey)
        return
      }
      case "logged-out":
        for (const { authKey, importedFrom } of [...this.#logins.values()]) {
          if (authKey !== BigInt(record.authKey) && importedFrom !== BigInt(record.authKey)) continue
          this.#logins.delete(authKey)
          if (record.end === "SESSION_REVOKED") this.#endedLogins.set(authKey, record.end)
        }
        return
      case "account":
        this.accounts.set(record.phone, openAccount(record))
        return
      case "account-changed":
        changeAccount(this.#knownAccount(record.phone), record.changes, record.at)
        return
      case "file":
        this.#applyFile(record)
        return
      case "file-references":
        this.#fileReferences.apply(record)
        return
      case "posted":
        this.#applyPosted(record)
        return
      case "edited":
      case "pinned":
      case "deleted":
        this.#applyMessageChange(this.#knownChannel(record.channel), record)
        return
      case "digest": {
        const file = this.#files.get(BigInt(record.fileId))
        if (file !== undefined) file.sha256 = record.sha256
        return
      }
      case "channel-added":
        buildChannel(this, record.channel, "/", record.at).changed = record.at
        return
      case "channel-changed":
      case "member":
      case "invite":
      case "invite-removed":
      case "join-request":
      case "join-request-settled":
      case "archived":
      case "topic-changed":
      case "topics-pinned":
        applyChannelRecord(this.#knownChannel(record.channel), record, (phone) => this.accounts.get(phone))
        return
      case "dialog-filter": {
        const filters = this.dialogFilters(this.#knownAccount(record.phone))
        const [filter] = fromBase64(record.filter === null ? [] : [record.filter])
        if (filter === undefined) filters.remove(record.id)
        else filters.set(record.id, filter)
        return
      }
      case "dialog-filter-order":
        this.dialogFilters(this.#knownAccount(record.phone)).reorder(record.order)
        return
      default:
        this.loginAttempts.apply(record)
    }
  }

  #knownAccount(phone: string): Account {
    const account = this.accounts.get(phone)
    if (account === undefined) throw new Error(`no account has the phone ${phone}`)
    return account
  }

  #knownChannel(name: string): Channel {
    const channel = this.channels.get(name)
    if (channel === undefined) throw new Error(`no channel is called ${name}`)
    return channel
  }

  #applyPosted(record: PostedRecord): void {
    const channel = this.#knownChannel(record.channel)
    channel.changed = Math.max(channel.changed, record.at)
    for (const posted of record.messages) {
      const from = posted.from === null ? undefined : this.accounts.get(posted.from)
      const randomId = posted.randomId === null ? undefined : BigInt(posted.randomId)
      const message = channel.append({
        date: posted.date,
        text: posted.text,
        from,
        randomId,
        albumId: posted.albumId === null ? undefined : BigInt(posted.albumId),
        file: posted.fileId === null ? undefined : this.#files.get(BigInt(posted.fileId)),
        entities: fromBase64(posted.entities),
        action: fromBase64(posted.action ?? [])[0],
        topicId: posted.topicId,
        replyToId: posted.replyToId,
        forward: this.#forwardOf(posted.forward),
        isCreation: false,
      })
      if (posted.label !== undefined) channel.labels.set(posted.label, message.id)
      if (from !== undefined && randomId !== undefined) {
        this.#sent.set(`${from.phone}:${randomId}`, { channel, messageId: message.id })
      }
    }
  }

  #forwardOf(record: PostedRecord["messages"][number]["forward"]): Forward | undefined {
    if (record === undefined) return undefined
    const author = record.author === null ? undefined : this.accounts.get(record.author)
    return { channel: this.#knownChannel(record.channel), messageId: record.messageId, author, date: record.date }
  }

  #applyMessageChange(channel: Channel, record: MessageChangeRecord): void {
    channel.changed = record.at
    switch (record.type) {
      case "deleted":
        channel.delete(record.messageIds)
        return
      case "pinned":
        channel.pin(record.messageIds, record.isPinned)
        return
      case "edited": {
        const { text, entities, fileId } = record
        const content = {
          ...(text === undefined ? {} : { text }),
          ...(entities === undefined ? {} : { entities: fromBase64(entities) }),
          ...(fileId === undefined ? {} : { file: this.#files.get(BigInt(fileId)) }),
        }
        channel.edit(record.messageId, content, record.at)
      }
    }
  }

  #applyFile(record: FileRecord): void {
    const file = this.#openFile(record)
    this.#files.set(file.id, file)
    if (record.source.type !== "upload") return
    this.#filesOfUploads.set(record.source.upload, file)
    file.sha256 = record.source.sha256
  }

  #openFile(record: FileRecord): StoredFile {
    const thumbnail = record.thumbnail && {
      source: record.thumbnail,
      content: this.#openContent(`${record.id}-thumbnail`, record.thumbnail),
    }
    const facts = {
      id: BigInt(record.id),
      kind: record.kind,
      name: record.name,
      mimeType: record.mimeType,
      date: record.date,
      dc: record.dc ?? HOME_DATA_CENTRE,
      attributes: fromBase64(record.attributes),
      content: this.#openContent(record.id, record.source),
      thumbnails: thumbnailsOf(record.kind, record.source, thumbnail),
    }
    return new OpenedFile(facts, this.#fileReferences)
  }

  #openContent(fileId: string, source: FileSource): Content {
    switch (source.type) {
      case "path":
        return fileContent(source.path, source.bytes)
      case "generated":
        return generatedContent(source.bytes, source.seed)
      case "picture":
        return pictureContent(source)
      case "upload": {
        const path = join(this.#directory, "files", fileId)
        this.uploads.giveAway(source.upload, path)
        return source.kept === undefined
          ? uploadedContent(path, source.bytes, source.partBytes)
          : pagedContent(path, source.bytes, source.kept)
      }
    }
  }
}
