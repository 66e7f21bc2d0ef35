import * as Flag from "effect/cli/Flag"

export const SANDBOX_DESCRIPTION =
  "A local Telegram for the real TDLib, on loopback, without credentials. Prints where it is when it is ready."

/** The flags of the sandbox, for its own process and for `stash sandbox`, which starts it. */
export const sandboxFlags = {
  world: Flag.String("world").pipe(
    Flag.optional,
    Flag.withDescription(
      "JSON file with the accounts, channels and messages (its schema: src/sandbox/world.schema.json); " +
        "two accounts and two channels when left out",
    ),
  ),
  port: Flag.Int("port").pipe(
    Flag.withDefault(0),
    Flag.withDescription("Port of the control interface; 0 takes any free one"),
  ),
  telegramPort: Flag.Int("telegram-port").pipe(
    Flag.withDefault(0),
    Flag.withDescription("Port of Telegram itself; 0 takes any free one"),
  ),
  state: Flag.String("state").pipe(
    Flag.optional,
    Flag.withDescription("Directory that keeps everything over restarts"),
  ),
  libraryDir: Flag.String("library-dir").pipe(
    Flag.optional,
    Flag.withDescription("Directory that keeps the patched TDLib and the server's key"),
  ),
  pageLimit: Flag.Int("page-limit").pipe(
    Flag.optional,
    Flag.withDescription("How many messages a history or search answer holds at most"),
  ),
  keepUploads: Flag.Literals("keep-uploads", ["disk", "digest"]).pipe(
    Flag.withDefault("disk" as const),
    Flag.withDescription(
      "What is kept of uploads: all on disk, or only size, SHA-256, beginning and end, for files of any size",
    ),
  ),
  seconds: Flag.Int("seconds").pipe(
    Flag.optional,
    Flag.withDescription("How long it runs; until SIGTERM, SIGINT, or the end of its parent when left out"),
  ),
  json: Flag.String("json").pipe(
    Flag.optional,
    Flag.withDescription("File for the line that says it is ready: {event, url, telegramPort, library, loginCode}"),
  ),
}
