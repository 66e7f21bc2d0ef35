import { bytesInWords } from "../bytes-in-words.ts"
import type { Status } from "./status-look.ts"
import { printable } from "./table.ts"

const BAR_WIDTH = 24

/** How much of it is done; a total of 0 is done. */
const bar = (done: number, total: number): string => {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const filled = Math.round(share * BAR_WIDTH)
  return `[${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`
}

const timeLeft = (seconds: number): string => {
  if (seconds < 60) return `${seconds} s left`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min left`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min left`
}

type Run = NonNullable<Status["accounts"][number]["run"]>

const progress = ({ bytesPerSecond, doneBytes, secondsLeft, totalBytes }: Run): string => {
  if (doneBytes === null || totalBytes === null) return ""
  const rate = bytesPerSecond === null ? "" : `  ${bytesInWords(bytesPerSecond)}/s`
  const left = secondsLeft === null ? "" : `  ${timeLeft(secondsLeft)}`
  return `  ${bar(doneBytes, totalBytes)}  ${bytesInWords(doneBytes)} of ${bytesInWords(totalBytes)}${rate}${left}`
}

const runLines = (run: Run): ReadonlyArray<string> => [
  ...(run.step === null && run.file === null ? [] : [`  ${run.step ?? ""} ${run.file ?? run.channel ?? ""}`.trimEnd()]),
  ...(progress(run) === "" ? [] : [progress(run)]),
  `  this cycle: ${run.messagesScanned} messages seen, ${run.setsFound} sets found, ${run.published} published, ${run.duplicates} duplicates`,
]

/** An ISO time to the second. */
const shortTime = (time: string): string => time.slice(0, 19).replace("T", " ")

const accountLines = (account: Status["accounts"][number]): ReadonlyArray<string> => {
  const { isPremium, lastRestart, login, name, phone, reason, restarts, run, since, state } = account
  const facts = [
    isPremium ? "premium" : "",
    login !== null && login !== "ready" ? `login: ${login}` : "",
    since === null ? "" : `since ${shortTime(since)}`,
    restarts === 0 ? "" : `${restarts} restarts`,
  ].filter((fact) => fact !== "")
  return [
    `${name ?? account.id}  ${phone}  ${state}${facts.length === 0 ? "" : `  (${facts.join(", ")})`}`,
    ...(reason === "" ? [] : [`  ${reason}`]),
    ...(lastRestart === null ? [] : [`  last restart ${shortTime(lastRestart.at)}: ${lastRestart.reason}`]),
    ...(run === null ? [] : runLines(run)),
  ]
}

const worker = (workers: number): string =>
  workers === 0
    ? "no worker is running (npm start)"
    : workers === 1
      ? "the worker is running"
      : `${workers} workers run`

/** The status as lines for people. */
export const statusLines = ({ accounts, disk, library, sets, time, workers }: Status): ReadonlyArray<string> =>
  [
    `${shortTime(time)} UTC  ${worker(workers)}`,
    `library: ${library.packages} packages, ${bytesInWords(library.bytes)}${
      library.missing === 0 ? "" : `, ${library.missing} of them missing (stash package missing)`
    }`,
    `sets: ${sets.claimed} under way, ${sets.deferred} put off, ${sets.waiting} wait for more of them, ${sets.skipped} skipped (stash skipped list)`,
    ...(disk.freeBytes === null ? [] : [`disk: ${bytesInWords(disk.freeBytes)} free for downloads`]),
    "",
    ...(accounts.length === 0 ? ["There is no account yet: stash account add"] : accounts.flatMap(accountLines)),
  ].map(printable)
